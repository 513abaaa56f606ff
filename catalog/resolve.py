"""From an operation to the IAM actions that authorise it: named rules in order, the first that answers wins.

An API operation is not an IAM action. Nothing here guesses: what no rule maps is `Unresolved`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from catalog.model import (
    AccessLevel,
    Catalog,
    NoPermission,
    Operation,
    Resolution,
    Resolved,
    Unresolved,
)

Key = tuple[str, str]
"""(IAM prefix or boto3 client, operation in lower case)."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """What CloudTrail's event source stands for: an IAM prefix and the boto3 clients it may record."""

    prefix: str
    clients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """A curated answer. With `some`, the request decides which of the actions were needed."""

    actions: tuple[str, ...]
    conditional: tuple[str, ...]
    some: bool
    reason: str


@dataclass(frozen=True, slots=True)
class WithoutPermission:
    """Why no policy decides: `kind` is a word for programs, `reason` a sentence."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class MappedOperation:
    """A row of AWS's operation map."""

    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolePassed:
    """An operation that may pass a role, and to which services, if known."""

    passed_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """The tables that the rules read. `sources` is by event source without `.amazonaws.com`."""

    sources: Mapping[str, EventSource]
    overrides: Mapping[Key, Override]
    without_permission: Mapping[Key, WithoutPermission]
    operations: Mapping[Key, MappedOperation]
    roles_passed: Mapping[Key, RolePassed]
    methods: Mapping[Key, str]


@dataclass(frozen=True, slots=True)
class _Question:
    """An operation with everything that the rules ask of it."""

    operation: Operation
    label: str
    prefix: str
    clients: tuple[str, ...]
    name: str
    event_type: str = "AwsApiCall"
    denied_action: str = ""

    @property
    def key(self) -> Key:
        return self.prefix, self.name.lower()

    @property
    def client_keys(self) -> tuple[Key, ...]:
        return tuple((client, self.name.lower()) for client in self.clients)


# "AwsApiCall - An API was called." "AwsVpceEvent - ... network activity event."
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventType)
REQUEST_TYPES = frozenset({"AwsApiCall", "AwsVpceEvent"})

# The ways in which an event name or an operation differs from the name of its action, tried in this order. The
# result counts only if another rule knows it. Never singular for plural: `ListBuckets` is not `s3:ListBucket`.
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html (CreateFunction20150331)
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/logging_using_cloudtrail.html
SPELLINGS: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("strip-date", re.compile(r"(?P<rest>.*[a-z])_?(?:19|20)\d{2}_?\d{2}_?\d{2}(?:v\d+)?", re.IGNORECASE), r"\g<rest>"),
    ("strip-batch-suffix", re.compile(r"(?P<rest>[A-Z][a-z]+.*)Batch"), r"\g<rest>"),
    ("strip-batch", re.compile(r"Batch(?P<rest>[A-Z].*)"), r"\g<rest>"),
    ("strip-version", re.compile(r"(?P<rest>.*[a-z])V2"), r"\g<rest>"),
)
_MOST_SPELLINGS = 2

TAG_ACTION = re.compile(r":(?:Tag|AddTags?|CreateTags|CreateOrUpdateTags|AddTagsTo|Untag|RemoveTags)", re.IGNORECASE)
PASS_ROLE = "iam:PassRole"


class Resolver:
    """Answers which actions authorise an operation. `overrides` are the user's; an empty tuple means none needed."""

    def __init__(
        self,
        catalog: Catalog,
        facts: OperationFacts,
        overrides: Mapping[Operation, tuple[str, ...]] | None = None,
    ) -> None:
        self._catalog = catalog
        self._facts = facts
        self._overrides = {(_label(op.source), op.name.lower()): given for op, given in (overrides or {}).items()}

    def resolve(self, operation: Operation, event_type: str = "AwsApiCall", denied_action: str = "") -> Resolution:
        """The actions of an operation. `denied_action` is the one that an access-denied message names, if any."""
        label = _label(operation.source)
        source = self._source(label)
        question = _Question(
            operation, label, source.prefix, source.clients, operation.name, event_type, denied_action
        )
        answers = (rule(self, question) for rule in RULES)
        return next((answer for answer in answers if answer is not None), self._unresolved(question))

    def prefix_of(self, event_source: str) -> str | None:
        """The IAM prefix of an event source (`monitoring.amazonaws.com` is `cloudwatch`), or None."""
        return self._source(_label(event_source)).prefix or None

    def _source(self, label: str) -> EventSource:
        known = self._facts.sources.get(label)
        if known is not None:
            return known
        return EventSource(label if label in self._catalog.prefixes() else "", ())

    def _unresolved(self, question: _Question) -> Unresolved:
        if not question.prefix:
            return Unresolved(f"no service is known for the event source `{question.operation.source}`")
        return Unresolved(f"no rule maps `{question.name}` of `{question.prefix}` to an action")

    # rules, each in the order of RULES

    def _event_type(self, question: _Question) -> Resolution | None:
        if question.event_type in REQUEST_TYPES:
            return None
        return NoPermission(f"a record of type `{question.event_type}` is not a request", "no-permission:event-type")

    def _user_override(self, question: _Question) -> Resolution | None:
        given = self._overrides.get((question.label, question.name.lower()))
        if given is None:
            return None
        return Resolved(_sorted(given), "user-override") if given else NoPermission("the override file says so", "no-permission:user-override")

    def _override(self, question: _Question) -> Resolution | None:
        found = self._facts.overrides.get(question.key)
        if found is None:
            return None
        answer = Resolved(
            actions=_sorted(found.actions),
            rule="override",
            conditional=_sorted({*found.conditional, *self._dependent(found.actions)} - {*found.actions}),
            notes=(found.reason,),
            alternatives=_sorted(found.actions) if found.some else (),
        )
        return self._with_roles(answer, question)

    def _denied_message(self, question: _Question) -> Resolution | None:
        action = self._catalog.action(question.denied_action) if question.denied_action else None
        return Resolved((action.full_name,), "denied-message") if action else None

    def _no_permission(self, question: _Question) -> Resolution | None:
        found = self._facts.without_permission.get(question.key)
        return NoPermission(found.reason, f"no-permission:{found.kind}") if found else None

    def _operation_map(self, question: _Question) -> Resolution | None:
        listed = {action for key in question.client_keys for action in self._listed(key)}
        if not listed:
            return None
        identity = self._identity_of(question)
        own = {identity} if identity in listed else {action for action in listed if self._is_own(action, question)}
        notes: tuple[str, ...] = ()
        if identity is not None and identity not in listed:
            own |= {identity}
            notes = (f"AWS's operation map does not list `{identity}`, which is an action of the same name",)
        if not own:
            return None
        answer = Resolved(
            actions=_sorted(own),
            rule="operation-map",
            conditional=_sorted({*listed, *self._dependent(own)} - own),
            notes=notes,
        )
        return self._with_roles(answer, question)

    def _api_gateway_method(self, question: _Question) -> Resolution | None:
        methods = {self._facts.methods[key] for key in question.client_keys if key in self._facts.methods}
        if not methods:
            return None
        # "apigateway:HTTP-verb" https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
        actions = _sorted(f"{question.prefix}:{method}" for method in methods)
        several = actions if len(actions) > 1 else ()
        return Resolved(actions, "api-gateway-method", alternatives=several)

    def _identity(self, question: _Question) -> Resolution | None:
        identity = self._identity_of(question)
        if identity is None:
            return None
        action = self._catalog.action(identity)
        rule = "event-name" if action is not None and action.permission_only else "identity"
        answer = Resolved((identity,), rule, conditional=_sorted(self._dependent((identity,))))
        return self._with_roles(answer, question)

    def _spelling(self, question: _Question) -> Resolution | None:
        for spelled, name in _spelled(question.name):
            again = replace(question, name=name)
            answers = (rule(self, again) for rule in NAME_RULES)
            answer = next((answer for answer in answers if answer is not None), None)
            if isinstance(answer, Resolved):
                return replace(answer, rule=f"spelling:{spelled}")
        return None

    # what the rules share

    def _listed(self, key: Key) -> tuple[str, ...]:
        found = self._facts.operations.get(key)
        return found.actions if found else ()

    def _identity_of(self, question: _Question) -> str | None:
        action = self._catalog.action(f"{question.prefix}:{question.name}") if question.prefix else None
        return action.full_name if action else None

    def _is_own(self, action: str, question: _Question) -> bool:
        """Whether an action that the map lists authorises the call by itself, whatever the request carries."""
        if not action.startswith(f"{question.prefix}:") or TAG_ACTION.search(action):
            return False
        known = self._catalog.action(action)
        return known is not None and known.access_level is not AccessLevel.TAGGING

    def _dependent(self, actions: Iterable[str]) -> set[str]:
        known = (self._catalog.action(action) for action in actions)
        return {needed for action in known if action for needed in action.dependent_actions} - {*actions}

    def _with_roles(self, answer: Resolved, question: _Question) -> Resolved:
        """The answer, with `iam:PassRole` where a role may be in the request."""
        found = [self._facts.roles_passed[key] for key in question.client_keys if key in self._facts.roles_passed]
        if not found:
            return answer
        services = _sorted({service for each in found for service in each.passed_to})
        conditional = _sorted({*answer.conditional, PASS_ROLE})
        return replace(answer, conditional=conditional, passes_role_to=services)


Rule = Callable[[Resolver, _Question], Resolution | None]

# What asks only for the name of the operation; spelling rules try these again with another name.
NAME_RULES: tuple[Rule, ...] = (
    Resolver._override,
    Resolver._operation_map,
    Resolver._api_gateway_method,
    Resolver._identity,
)

# What needs no permission comes before the map and the identity rule: `sts:GetCallerIdentity` is an action too.
RULES: tuple[Rule, ...] = (
    Resolver._event_type,
    Resolver._user_override,
    Resolver._override,
    Resolver._denied_message,
    Resolver._no_permission,
    *NAME_RULES[1:],
    Resolver._spelling,
)


def _spelled(name: str) -> Iterator[tuple[str, str]]:
    """Other spellings of a name, by one rule and then by two."""
    first = [(rule, pattern.sub(to, name)) for rule, pattern, to in SPELLINGS if pattern.fullmatch(name)]
    yield from first
    for rule, again in first:
        for second, pattern, to in SPELLINGS:
            if pattern.fullmatch(again):
                yield f"{rule}+{second}", pattern.sub(to, again)


# `amazonaws.com.cn` in the China partition: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
_DOMAIN = re.compile(r"\.amazonaws\.com(?:\.cn)?$")


def _label(event_source: str) -> str:
    return _DOMAIN.sub("", event_source.strip().lower())


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
