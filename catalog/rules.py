"""The rules from an operation to its actions. Each answers or passes; `catalog.resolve` asks them in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from catalog.model import AccessLevel, Catalog, NoPermission, Resolution, Resolved
from catalog.operations import EventSource, Key, OperationFacts, UserOverride

API_CALL = "AwsApiCall"
_ROLE_ACTION = "iam:PassRole"


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to look things up in. `overrides` are the user's, by (event source, operation in lower case)."""

    catalog: Catalog
    facts: OperationFacts
    overrides: Mapping[Key, UserOverride]

    def named(self, prefix: str, name: str) -> str | None:
        """The action of a service with this name, in AWS's spelling."""
        action = self.catalog.action(f"{prefix}:{name}") if prefix else None
        return action.full_name if action else None

    def dependent(self, actions: Iterable[str]) -> frozenset[str]:
        """The actions that AWS says these may need besides."""
        found = (self.catalog.action(action) for action in actions)
        return frozenset(needed for action in found if action for needed in action.dependent_actions)


@dataclass(frozen=True, slots=True)
class Question:
    """An operation, its event source taken apart, and what else the event says."""

    label: str
    name: str
    source: EventSource
    event_type: str = API_CALL
    denied_action: str = ""

    @property
    def prefix(self) -> str:
        return self.source.prefix

    @property
    def key(self) -> Key:
        return self.prefix, self.name.lower()

    @property
    def spoken(self) -> str:
        """The call, for a reader."""
        return f"`{self.name}` of `{self.prefix or self.label}`"

    @property
    def spoken_clients(self) -> str:
        """The clients whose calls the event source may record, for a reader."""
        return "/".join(self.source.clients) or "a client that it knows"

    @property
    def client_keys(self) -> tuple[Key, ...]:
        return tuple((client, self.name.lower()) for client in self.source.clients)


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule has no answer, for this reason."""

    reason: str


Rule = Callable[[Known, Question], Resolution | Passed]

# "AwsApiCall – An API was called." "AwsVpceEvent – ... network activity events." Everything else is no request.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventType)
REQUEST_TYPES = frozenset({API_CALL, "AwsVpceEvent"})


def event_type(_: Known, question: Question) -> Resolution | Passed:
    """Records of other types are not requests, even where an action has the same name."""
    if question.event_type in REQUEST_TYPES:
        return Passed(f"a record of type `{question.event_type}` is a request")
    return NoPermission(f"a record of type `{question.event_type}` is not a request", "no-permission:event-type")


def user_override(known: Known, question: Question) -> Resolution | Passed:
    """What the user's override file says; an empty list means that no permission is needed."""
    given = known.overrides.get((question.label, question.name.lower()))
    if given is None:
        return Passed("your overrides do not name the call" if known.overrides else "there are no overrides of yours")
    reason = f": {given.reason}" if given.reason else ""
    if not given.actions:
        return NoPermission(f"your overrides say that none is needed{reason}", "no-permission:user-override")
    notes = (f"your overrides say so{reason}",) if reason else ()
    answer = Resolved(_sorted(given.actions), "user-override", notes=notes)
    return _with_conditional(known, question, answer)


def override(known: Known, question: Question) -> Resolution | Passed:
    """What AWS documents for this operation, where no other rule would get it right."""
    found = known.facts.overrides.get(question.key)
    if found is None:
        return Passed(f"no curated row is about {question.spoken}")
    alternatives = _sorted(found.actions) if found.some else ()
    unlisted = _unlisted(known, question)
    notes = (found.reason, *([_not_listed(unlisted)] if unlisted in found.actions else ()))
    answer = Resolved(_sorted(found.actions), "override", found.conditional, notes, alternatives)
    return _with_conditional(known, question, answer)


def denied_message(known: Known, question: Question) -> Resolution | Passed:
    """The action that AWS says it checked. A name that the catalog lacks is a placeholder, not an action."""
    action = known.catalog.action(question.denied_action) if question.denied_action else None
    if action is None:
        named = question.denied_action
        return Passed(f"the catalog has no action `{named}`" if named else "no access-denied message names an action")
    return Resolved((action.full_name,), "denied-message")


def no_permission(known: Known, question: Question) -> Resolution | Passed:
    """Calls that no policy of the caller decides about."""
    found = known.facts.without_permission.get(question.key)
    if found is None:
        return Passed(f"nothing says that {question.spoken} goes without permission")
    return NoPermission(found.reason, f"no-permission:{found.kind}")


def operation_map(known: Known, question: Question) -> Resolution | Passed:
    """AWS's map. The action of the operation's name authorises the call; the others depend on the request."""
    listed = _listed(known, question)
    if not listed:
        return Passed(f"AWS's map has no `{question.name}` of {question.spoken_clients}")
    same_name = known.named(question.prefix, question.name)
    own = {same_name} if same_name in listed else {action for action in listed if _is_own(known, question, action)}
    rule, notes = "operation-map", list[str]()
    if (unlisted := _unlisted(known, question)) is not None:
        rule, notes = "operation-map+name", [_not_listed(unlisted)]
        own.add(unlisted)
    if not own:
        return Passed(f"AWS's map lists only actions that depend on the request: {', '.join(_sorted(listed))}")
    answer = Resolved(_sorted(own), rule, tuple(listed - own), tuple(notes))
    return _with_conditional(known, question, answer)


def api_gateway_method(known: Known, question: Question) -> Resolution | Passed:
    """API Gateway's actions are HTTP methods, but for operations that have an action of their own.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-examples.html
    """
    methods = {known.facts.methods[key] for key in question.client_keys if key in known.facts.methods}
    if not methods:
        return Passed("it is no operation of API Gateway")
    if (own := known.named(question.prefix, question.name)) is not None:
        return Passed(f"`{own}` is an action of its own")
    actions = _sorted(f"{question.prefix}:{method}" for method in methods)
    alternatives = actions if len(actions) > 1 else ()
    return _with_conditional(known, question, Resolved(actions, "api-gateway-method", alternatives=alternatives))


def identity(known: Known, question: Question) -> Resolution | Passed:
    """The action of the operation's name."""
    return _same_name(known, question, "identity", is_operation=True)


def event_name(known: Known, question: Question) -> Resolution | Passed:
    """An action of the event's name, of which there is no operation: S3 logs `GetLifecycleConfiguration`."""
    return _same_name(known, question, "event-name", is_operation=False)


# The ways in which an event name or an operation differs from the name of its action, tried in this order. The
# result counts only if a rule knows it. Never singular for plural: `ListBuckets` is not `s3:ListBucket`.
# https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html (`CreateFunction20150331`)
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/logging_using_cloudtrail.html (`..._2020_05_31`)
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
SPELLINGS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("strip-date", re.compile(r"(.*[A-Za-z])_?(?:19|20)\d{2}_?\d{2}_?\d{2}(?:v\d+)?")),
    ("strip-batch-suffix", re.compile(r"(.+)Batch")),
    ("strip-batch-prefix", re.compile(r"Batch(.+)")),
    ("strip-v2", re.compile(r"(.*[a-z])V2")),
)


def spelling(known: Known, question: Question) -> Resolution | Passed:
    """Another spelling of the name, if a rule that goes by the name knows it."""
    for spelled, name in _spellings(question.name):
        answer = first(NAME_RULES, known, replace(question, name=name))
        if isinstance(answer, Resolved):
            return replace(answer, rule=f"spelling:{spelled}")
    tried = ", ".join(f"`{name}`" for _, name in _spellings(question.name))
    return Passed(f"no rule knows {tried}" if tried else "no rule of spelling applies to the name")


def first(rules: Iterable[Rule], known: Known, question: Question) -> Resolution | None:
    """The answer of the first rule that has one."""
    answers = (rule(known, question) for rule in rules)
    return next((answer for answer in answers if not isinstance(answer, Passed)), None)


NAME_RULES: tuple[Rule, ...] = (override, operation_map, api_gateway_method, identity, event_name)
"""What goes by nothing but the name of the operation."""


def _same_name(known: Known, question: Question, rule: str, *, is_operation: bool) -> Resolved | Passed:
    name = known.named(question.prefix, question.name)
    action = known.catalog.action(name) if name else None
    if action is None:
        return Passed(f"the catalog has no action `{question.prefix or question.label}:{question.name}`")
    if action.is_operation is not is_operation:
        kind = "an operation" if action.is_operation else "no operation"
        return Passed(f"{kind} of the SDKs has the name of the action `{action.full_name}`")
    return _with_conditional(known, question, Resolved((action.full_name,), rule))


def _listed(known: Known, question: Question) -> frozenset[str]:
    """What AWS's map lists for the operation, of all the clients that may have called."""
    return frozenset(action for key in question.client_keys for action in known.facts.operations.get(key, ()))


def _unlisted(known: Known, question: Question) -> str | None:
    """The action of the operation's name, where AWS's map knows the operation but does not list it."""
    listed, same_name = _listed(known, question), known.named(question.prefix, question.name)
    return same_name if listed and same_name not in listed else None


def _not_listed(action: str) -> str:
    return f"`{action}` has the operation's name, but AWS's operation map does not list it; it is kept"


def _is_own(known: Known, question: Question, action: str) -> bool:
    """Whether a listed action authorises the call whatever the request carries: of this service, and no tagging."""
    definition = known.catalog.action(action)
    if definition is None or definition.prefix != question.prefix:
        return False
    return definition.access_level is not AccessLevel.TAGGING


def _with_conditional(known: Known, question: Question, answer: Resolved) -> Resolved:
    """The answer, with the dependent actions and the role that may be in the request."""
    passed = [known.facts.roles_passed[key] for key in question.client_keys if key in known.facts.roles_passed]
    conditional = {*answer.conditional, *known.dependent(answer.actions), *([_ROLE_ACTION] if passed else [])}
    services = {service for each in passed for service in each}
    return replace(answer, conditional=_sorted(conditional - {*answer.actions}), passes_role_to=_sorted(services))


def _spellings(name: str) -> Iterator[tuple[str, str]]:
    """The name after one rule of spelling, then after two (`BatchGetDataQualityResultV2`)."""
    once = [(spelled, found[1]) for spelled, pattern in SPELLINGS if (found := pattern.fullmatch(name))]
    yield from once
    for spelled, shorter in once:
        for again, pattern in SPELLINGS:
            if found := pattern.fullmatch(shorter):
                yield f"{spelled}+{again}", found[1]


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))
