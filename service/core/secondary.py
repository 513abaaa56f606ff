"""Actions that a call needs beside its own, each only on evidence in the request.

PassRole on the role that the request hands over, tagging when it carries tags, the read of a copy's source, the
version's action when it names a version. PassRole itself is never logged.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from catalog.model import AccessLevel, ActionDefinition, Catalog, Operation, Resolved
from service.core.iam.pattern import escape
from service.core.iam.policy import Condition
from service.core.references import reference, texts_of
from service.core.resources import CannotName, Finder, Found, Target, has_a_place
from service.core.usage import TAG_MEMBERS, Call, normalised

PASS_ROLE = "iam:PassRole"  # noqa: S105  # an action, not a password
PASSED_TO = "iam:PassedToService"
CREATE_ACTION = "CreateAction"
"""Behind a service's prefix, the key that says which operation creates what is tagged."""
SAME = "same"
"""The `resource` of a row whose action is about what the call is about."""
ANY = "any"
"""The kind of `resource` of a row whose action is about whatever the call creates of a type: `any:volume`."""

_TAGGED_TYPE = "resourcetype"


class Effect(StrEnum):
    """What a row does to the operation's own actions: joins them, stands instead of them, or picks one of them."""

    ADD = "add"
    REPLACE = "replace"
    CHOOSE = "choose"


@dataclass(frozen=True, slots=True)
class RequestRule:
    """A row of catalog/data/request_actions.tsv: `kind` and `wanted` are its `when`, `word` the text it asks for.

    `passed_to` is the service that takes the role, where it is not that of the operation.
    """

    kind: str
    wanted: str
    word: str
    effect: Effect
    action: str
    resource: str
    passed_to: tuple[str, ...] = ()

    @classmethod
    def of_row(cls, row: Mapping[str, str]) -> RequestRule:
        """Read a row of the table. Raises ValueError for an effect that there is not."""
        kind, _, rest = row["when"].partition(":")
        wanted, _, word = rest.partition("=")
        resource, _, service = row["resource"].partition("@")
        return cls(kind, wanted, word, Effect(row["effect"]), row["action"], resource, (service,) if service else ())

    def applies(self, call: Call) -> bool:
        """Whether the call carries what the row asks for."""
        match self.kind:
            case "error":
                return call.error_code == self.wanted
            case "text":
                return any(text.lstrip().lower().startswith(self.word) for text in texts_of(call, self.wanted))
            case "always":
                return True
            case _:
                return self.wanted in _leaves(call)

    @property
    def is_reference(self) -> bool:
        """Whether the row finds its resources in its own way."""
        return self.resource != SAME and not self.resource.startswith(f"{ANY}:")

    @property
    def evidence(self) -> str:
        """What the row looks at, for a reader."""
        match self.kind:
            case "error":
                return f"error {self.wanted}"
            case "always":
                return "the operation asks for it"
            case _:
                return f"{self.wanted} in the request"


class RequestRules:
    """The table of request-dependent actions, by operation."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._rules: dict[Operation, list[RequestRule]] = {}
        for row in rows:
            operation = Operation(row["source"], row["operation"])
            self._rules.setdefault(operation, []).append(RequestRule.of_row(row))

    def of(self, operation: Operation) -> Sequence[RequestRule]:
        """The rows of an operation."""
        return self._rules.get(operation, ())

    def member_names(self, operation: Operation) -> frozenset[str]:
        """Names of request members that the rows of an operation look at."""
        wanted = frozenset(rule.wanted for rule in self.of(operation) if rule.kind not in ("error", "always"))
        references = [reference(rule.resource).members for rule in self.of(operation) if rule.is_reference]
        return wanted.union(*references)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An action that a call needs, on what, under which conditions.

    `why` are the words that say what shows it; empty for the operation's own actions.
    """

    action: ActionDefinition
    found: Found
    conditions: tuple[Condition, ...] = ()
    why: str = ""


class SecondaryActions:
    """Finds what a call needs beside its own actions."""

    def __init__(self, catalog: Catalog, finder: Finder, rules: RequestRules) -> None:
        self._catalog = catalog
        self._finder = finder
        self._rules = rules

    def member_names(self, operation: Operation, resolved: Resolved) -> frozenset[str]:
        """Names of request members that can be evidence for this operation."""
        names = set(self._rules.member_names(operation))
        if any(self._is_tagging(action) for action in self._conditional(resolved)):
            names |= {*TAG_MEMBERS, _TAGGED_TYPE}
        return frozenset(names)

    def action_names(self, operation: Operation) -> tuple[str, ...]:
        """Actions that the table can add to an operation."""
        return tuple(sorted({rule.action for rule in self._rules.of(operation)}))

    def own_actions(self, resolved: Resolved, call: Call) -> tuple[str, ...]:
        """The operation's own actions, as far as the request does not say otherwise."""
        applying = self._applying(call)
        if any(rule.effect is Effect.REPLACE for rule in applying):
            return ()
        chosen = {rule.action for rule in applying if rule.effect is Effect.CHOOSE}
        dropped = set(resolved.alternatives) - chosen if chosen else set()
        return tuple(action for action in resolved.actions if action not in dropped)

    def of(self, resolved: Resolved, call: Call, own: Sequence[Target]) -> Iterator[Wanted]:
        """Every further action with its resources. `own` are the targets of the operation's own actions."""
        seen: set[tuple[str, Found, tuple[Condition, ...]]] = set()
        for each in self._all(resolved, call, own):
            if (known := (each.action.full_name, each.found, each.conditions)) not in seen:
                seen.add(known)
                yield each

    def _all(self, resolved: Resolved, call: Call, own: Sequence[Target]) -> Iterator[Wanted]:
        yield from self._by_rules(resolved, call)
        for action in self._conditional(resolved):
            if action.full_name == PASS_ROLE:
                yield from self._pass_role(action, resolved, call)
            elif self._is_tagging(action):
                yield from self._tagging(action, call, own)

    def _applying(self, call: Call) -> list[RequestRule]:
        return [rule for rule in self._rules.of(call.operation) if rule.applies(call)]

    def _by_rules(self, resolved: Resolved, call: Call) -> Iterator[Wanted]:
        for rule in self._applying(call):
            action = self._catalog.action(rule.action)
            if action is None or rule.effect is Effect.CHOOSE:
                continue
            found = self._found(rule, action, call)
            if found:
                conditions = _passed_to(rule.passed_to or resolved.passes_role_to) if rule.action == PASS_ROLE else ()
                yield Wanted(action, found, conditions, rule.evidence)

    def _found(self, rule: RequestRule, action: ActionDefinition, call: Call) -> Found:
        """The resources of a row's action."""
        if rule.resource == SAME:
            return self._finder.targets(action, call)
        kind, _, argument = rule.resource.partition(":")
        return (
            self._finder.of_type(action, call, (argument,)) if kind == ANY else reference(rule.resource).targets(call)
        )

    def _pass_role(self, action: ActionDefinition, resolved: Resolved, call: Call) -> Iterator[Wanted]:
        roles = [(path, text) for path, text in call.parameters if _is_role(text)]
        for path, text in roles:
            target = Target("role", text, (escape(text),))
            yield Wanted(
                action, (target,), _passed_to(resolved.passes_role_to), f"the request hands over a role in `{path}`"
            )
        found = () if roles else self._finder.targets(action, call)
        if not isinstance(found, CannotName) and found and all(target.exact for target in found):
            yield Wanted(action, found, _passed_to(resolved.passes_role_to), "the request names a role")

    def _tagging(self, action: ActionDefinition, call: Call, own: Sequence[Target]) -> Iterator[Wanted]:
        if not any(_is_tag(path, text) for path, text in call.parameters):
            return
        said = {text for path, text in call.parameters if _is_tagged_type(path)}
        accepted = {each.type.lower() for each in action.resources}
        created = tuple(sorted({target for target in own if target.type in accepted}))
        found = self._finder.of_type(action, call, said) if said else created
        if found:
            yield Wanted(action, found, self._creating(action, call), "the request carries tags")

    def _creating(self, action: ActionDefinition, call: Call) -> tuple[Condition, ...]:
        """`ec2:CreateAction` holds tagging to the call that creates.

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
        """
        keys = {key for each in action.resources for key in each.condition_keys} | set(action.condition_keys)
        key = f"{action.prefix}:{CREATE_ACTION}"
        return (Condition("StringEquals", key, (call.operation.name,)),) if key in keys else ()

    def _conditional(self, resolved: Resolved) -> list[ActionDefinition]:
        found = (self._catalog.action(name) for name in resolved.conditional)
        return [action for action in found if action is not None]

    def _is_tagging(self, action: ActionDefinition) -> bool:
        return action.access_level is AccessLevel.TAGGING


def is_of_the_action(key: str) -> bool:
    """Whether a needed action is held to its request by a condition on this key, whose value the mapping knows."""
    return key.lower() == PASSED_TO.lower() or key.lower().endswith(f":{CREATE_ACTION}".lower())


def _is_role(text: str) -> bool:
    """Whether the text is the ARN of a role, written out."""
    return has_a_place(text) and text.split(":")[2] == "iam" and text.split(":", 5)[5].startswith("role/")


def _is_tag(path: str, text: str) -> bool:
    """Whether a member carries tags. EC2 counts the items of its lists in members that are called `tag`, too."""
    return normalised(path.rsplit(".", 1)[-1]) in TAG_MEMBERS and not text.isdigit()


def _is_tagged_type(path: str) -> bool:
    """Whether a member says what its tags are for; flow logs, too, have a resource type."""
    *above, name = map(normalised, path.split("."))
    return name == _TAGGED_TYPE and any(part.startswith("tagspecification") for part in above)


def _leaves(call: Call) -> frozenset[str]:
    return frozenset(normalised(path.rsplit(".", 1)[-1]) for path, _ in call.parameters)


def _passed_to(services: Sequence[str]) -> tuple[Condition, ...]:
    return (Condition("StringEquals", PASSED_TO, tuple(sorted(services))),) if services else ()
