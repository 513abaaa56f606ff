"""Usage and catalog to permissions: what each thing that a principal did needs, and why.

Nothing that was seen is lost: every call ends as needs, or as unresolved, denied, undetermined or exempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from catalog.model import AccessLevel, ActionDefinition, Catalog, NoPermission, Operation, Resolved, Unresolved
from catalog.resolve import Resolver
from service.core.iam.pattern import escape
from service.core.iam.policy import Condition, unexpressible
from service.core.known import NOTHING_KNOWN, Known
from service.core.outcome import Outcome
from service.core.request_keys import RequestKeys
from service.core.resources import CannotName, Finder, Target
from service.core.secondary import PASS_ROLE, SecondaryActions, Wanted
from service.core.usage import COLLAPSED, Call, Context, Evidence, Usage, total


class ReasonKind(StrEnum):
    """Why a permission is in the policy."""

    OBSERVED = "observed"
    DERIVED = "derived"
    FORWARDED = "forwarded"
    LAST_ACCESSED = "last accessed"
    KEEP_LIST = "keep list"
    UNOBSERVABLE = "unobservable"
    MERGED = "merged to fit"
    WILDCARD = "wildcard to fit"


EXTRA = frozenset(
    {ReasonKind.LAST_ACCESSED, ReasonKind.KEEP_LIST, ReasonKind.UNOBSERVABLE, ReasonKind.MERGED, ReasonKind.WILDCARD}
)
"""Reasons of what no call shows: it is kept of what is granted now, or was added for the policies to fit."""

NO_OPERATION = Operation("", "")
"""The operation of such a reason."""


@dataclass(frozen=True, slots=True, order=True)
class Reason:
    """Why one thing is needed.

    `operation` is the call that shows it and `rule` what maps it; `detail` says what a derived need was seen
    in, or why one that no call shows is kept; `via` is the service that called with the principal's permissions (a
    forward access session).
    """

    kind: ReasonKind
    operation: Operation
    rule: str
    detail: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """One action on one resource, as it was requested (`request`) and as a policy writes it (`patterns`).

    `names` says for about how many different names a wildcard stands that were too many to be kept; 0 where none were.
    `siblings` says of how many resources the pattern was learned; 0 where it was not.
    """

    action: str
    access_level: AccessLevel
    request: str
    patterns: tuple[str, ...]
    exact: bool
    conditions: tuple[Condition, ...]
    reason: Reason
    names: int = 0
    siblings: int = 0

    @property
    def is_extra(self) -> bool:
        """Whether no call shows it: it stands for no request."""
        return self.reason.kind in EXTRA


class Fate(StrEnum):
    """What became of a call that brings no permission."""

    UNRESOLVED = "unresolved"
    DENIED = "denied"
    UNDETERMINED = "undetermined"
    EXEMPT = "exempt"


@dataclass(frozen=True, slots=True, order=True)
class Leftover:
    """A call, or a part of one, that brings no permission, and why.

    `actions` are those that it would need (empty where no rule maps it); `resource` is the one that a denial
    names; `detail` is the resolver's reason, the error code or the denying policy type.
    """

    fate: Fate
    operation: Operation
    detail: str
    actions: tuple[str, ...] = ()
    resource: str = ""
    policy_type: str = ""
    explicit: bool = False


NETWORK_ACTIVITY = "AwsVpceEvent"
"""The type of records that a VPC endpoint makes. One without an error says only that the endpoint let the call pass.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html
"""
_AT_THE_ENDPOINT = "a VPC endpoint let it pass; whether the service did is in the record of the call itself"

STAR_STANDS = "so `*` stands for"
"""What the notes have that are about a resource of which a part is not shown; they begin with the action."""

GRANTED = "granted"
"""What became of an event that brought at least one permission."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that usage says. Each finding keeps the calls that show it, as places in `evidence`; an extra need has
    none.

    `notes` are sentences about what was read into the records; `events` counts the events by what became of them.
    """

    needs: Mapping[Need, frozenset[int]]
    leftovers: Mapping[Leftover, frozenset[int]]
    notes: Mapping[str, frozenset[int]]
    events: Mapping[str, int]
    evidence: Sequence[Evidence]

    def evidence_of(self, calls: Iterable[int]) -> Evidence:
        """The evidence of some calls, each taken once."""
        return total(self.evidence[call] for call in sorted(set(calls)))


@dataclass(frozen=True, slots=True)
class _Wanting:
    """A call whose operation has actions, what the trail knows of its names, and for how many calls it stands."""

    call: Call
    resolved: Resolved
    known: Known
    behind: int


_NONE: Mapping[Call, int] = MappingProxyType({})

Mapped = dict[Call, tuple["Need | Leftover | str", ...]]
"""What calls mean: what was found of each."""


class Mapper:
    """Maps calls to what they need."""

    def __init__(
        self,
        catalog: Catalog,
        resolver: Resolver,
        finder: Finder,
        secondary: SecondaryActions,
        request_keys: RequestKeys,
    ) -> None:
        self._catalog = catalog
        self._request_keys = request_keys
        self._resolver = resolver
        self._finder = finder
        self._secondary = secondary
        self._services: dict[Operation, frozenset[str]] = {}

    def member_names(self, operation: Operation) -> frozenset[str]:
        """Names of the request members that matter to an operation's permissions, as `usage.normalised` writes them."""
        resolution = self._resolver.resolve(operation)
        if not isinstance(resolution, Resolved):
            return frozenset()
        actions = self._all_actions(operation, resolution)
        names = self._secondary.member_names(operation, resolution)
        for action in self._definitions(actions):
            names |= self._finder.member_names(action, operation)
        return names | self._request_keys.member_names(operation, actions)

    def shown(self, action: str, resource: str, call: Call) -> Context:
        """The condition keys that a call's request shows for an action on a resource."""
        return self._request_keys.shown(action, resource, call)

    def crowded(self, action: str, resource: str, call: Call) -> frozenset[str]:
        """The condition keys that requests like a call's carried with too many values for any to be kept."""
        return self._request_keys.crowded(action, resource, call)

    def findings(
        self,
        usage: Usage,
        known: Known = NOTHING_KNOWN,
        behind: Mapping[Call, int] = _NONE,
        mapped: Mapped | None = None,
    ) -> Findings:
        """What all the usage of one principal needs, and what brings no permission.

        `known` is what the rest of the trail says of the names in it; `behind` how many calls a collapsed one was.
        `mapped` keeps what each call means, for parts of the same trail that are asked about one after the other.
        """
        mapped = {} if mapped is None else mapped
        needs: dict[Need, set[int]] = {}
        leftovers: dict[Leftover, set[int]] = {}
        notes: dict[str, set[int]] = {}
        events: Counter[str] = Counter()
        for place, (call, evidence) in enumerate(usage.items()):
            fates = set()
            if call not in mapped:
                mapped[call] = tuple(self._of(call, known, behind.get(call, 0)))
            for found in mapped[call]:
                match found:
                    case Need():
                        needs.setdefault(found, set()).add(place)
                        fates.add(GRANTED)
                    case Leftover():
                        leftovers.setdefault(found, set()).add(place)
                        fates.add(found.fate.value)
                    case str():
                        notes.setdefault(found, set()).add(place)
            events[GRANTED if GRANTED in fates else min(fates)] += evidence.count
        return Findings(_frozen(needs), _frozen(leftovers), _frozen(notes), events, tuple(usage.values()))

    def needs_of(self, call: Call, known: Known = NOTHING_KNOWN) -> Iterator[Need]:
        """The needs of a call alone, without how often and when."""
        yield from (found for found in self._of(call, known, 0) if isinstance(found, Need))

    def services_of(self, operation: Operation) -> frozenset[str]:
        """The services of the resources that an operation's actions may be about, as ARNs name them."""
        if operation not in self._services:
            resolved = self._resolver.resolve(operation)
            names = self._all_actions(operation, resolved) if isinstance(resolved, Resolved) else ()
            self._services[operation] = frozenset(self._arn_services(self._definitions(names)))
        return self._services[operation]

    def _arn_services(self, actions: Iterable[ActionDefinition]) -> Iterator[str]:
        for action in actions:
            service = self._catalog.service(action.full_name.split(":", 1)[0])
            types = service.resource_types if service else {}
            for each in action.resources:
                yield from (text.split(":", 3)[2] for text in types[each.type].arn_formats)

    def _of(self, call: Call, known: Known, behind: int) -> Iterator[Need | Leftover | str]:
        resolution = self._resolver.resolve(call.operation, call.event_type, call.denial.action)
        match resolution:
            case Unresolved(reason=reason):
                yield Leftover(Fate.UNRESOLVED, call.operation, reason)
            case NoPermission(reason=reason):
                yield Leftover(Fate.EXEMPT, call.operation, reason)
            case Resolved():
                yield from self._of_resolved(_Wanting(call, resolution, known, behind))

    def _of_resolved(self, mapped: _Wanting) -> Iterator[Need | Leftover | str]:
        call, resolved = mapped.call, mapped.resolved
        match call.outcome:
            case Outcome.DENIED:
                yield self._denied(call, resolved)
            case Outcome.INDETERMINATE:
                yield Leftover(Fate.UNDETERMINED, call.operation, call.error_code, resolved.actions)
            case Outcome.ALLOWED if call.event_type == NETWORK_ACTIVITY:
                yield Leftover(Fate.EXEMPT, call.operation, _AT_THE_ENDPOINT, resolved.actions)
            case Outcome.ALLOWED:
                yield from self._allowed(mapped)

    def _denied(self, call: Call, resolved: Resolved) -> Leftover:
        """What was wanted: as the message says it, else as the catalog and the request do."""
        denial = call.denial
        named = self._definitions((denial.action,)) if denial.action else []
        actions = tuple(action.full_name for action in named) or (
            (denial.action,) if denial.action else resolved.actions
        )
        return Leftover(
            Fate.DENIED,
            call.operation,
            call.error_code or "no error code",
            actions,
            (denial.resource or self._only_target(call, actions)).replace(COLLAPSED, "*"),
            denial.policy_type,
            denial.explicit,
        )

    def _only_target(self, call: Call, actions: tuple[str, ...]) -> str:
        found = [self._finder.targets(action, call) for action in self._definitions(actions)]
        targets = {target.request for each in found if not isinstance(each, CannotName) for target in each}
        return targets.pop() if len(targets) == 1 else ""

    def _allowed(self, mapped: _Wanting) -> Iterator[Need | Leftover | str]:
        call, resolved = mapped.call, mapped.resolved
        own: list[Target] = []
        own_actions = self._secondary.own_actions(resolved, call)
        for name in own_actions:
            if self._catalog.action(name) is None:
                yield Leftover(Fate.UNRESOLVED, call.operation, f"the catalog has no action `{name}`", (name,))
        for action in self._definitions(own_actions):
            found = self._finder.targets(action, call)
            own += () if isinstance(found, CannotName) else found
            yield from self._needs(mapped, Wanted(action, found))
        yield from (f"{call.operation.name}: {note}" for note in resolved.notes)
        for more in self._secondary.of(resolved, call, own):
            yield from self._needs(mapped, more)

    def _needs(self, mapped: _Wanting, wanted: Wanted) -> Iterator[Need | Leftover | str]:
        action, call = wanted.action, mapped.call
        if isinstance(wanted.found, CannotName):
            yield Leftover(Fate.UNRESOLVED, call.operation, wanted.found.reason, (action.full_name,))
            return
        reason = _reason(call, mapped.resolved, wanted.why)
        if action.full_name == PASS_ROLE and not wanted.conditions:
            yield f"{PASS_ROLE}: to which service {call.operation.name} hands the role is not known: it may be any"
        for shown in map(mapped.known.spelled_out, wanted.found):
            target = _opened(shown)
            if (problem := _unwritable(target)) is not None:
                yield Leftover(Fate.UNRESOLVED, call.operation, problem, (action.full_name,))
                continue
            if target is not shown:
                yield _collapsed(action, mapped)
            elif not target.exact:
                yield _partly_shown(action, call)
            yield Need(
                action.full_name,
                action.access_level,
                target.request,
                target.patterns,
                target.exact and _is_named(target),
                wanted.conditions,
                reason,
                mapped.behind if target is not shown else 0,
            )

    def _definitions(self, names: Iterable[str]) -> list[ActionDefinition]:
        found = (self._catalog.action(name) for name in names)
        return [action for action in found if action is not None]

    def _all_actions(self, operation: Operation, resolved: Resolved) -> tuple[str, ...]:
        return (*resolved.actions, *resolved.conditional, *self._secondary.action_names(operation))


def _reason(call: Call, resolved: Resolved, why: str) -> Reason:
    via = call.invoked_by if call.invoked_by not in _NOT_FORWARDED else ""
    kind = ReasonKind.DERIVED if why else ReasonKind.FORWARDED if via else ReasonKind.OBSERVED
    return Reason(kind, call.operation, resolved.rule, why, via)


def _partly_shown(action: ActionDefinition, call: Call) -> str:
    record = f"the record of {call.operation.name} does not show the whole resource"
    return f"{action.full_name}: {record}, {STAR_STANDS} the rest"


def _is_named(target: Target) -> bool:
    """Whether no wildcard stands for a part of the name, as one does for the six random characters of a secret's ARN.

    Some ARNs end in `:*` themselves. Where there are several patterns, the resource is that of one of them.
    """
    if len(target.patterns) > 1 or target.request == "*":
        return True
    whole = escape(target.request)
    return target.patterns[0] in (whole, f"{whole.removesuffix('${*}')}*" if whole.endswith(":${*}") else whole)


def _opened(target: Target) -> Target:
    """The target as policies write it, where only the beginning of a name was kept; else itself."""
    if COLLAPSED not in target.request:
        return target
    patterns = tuple(pattern.replace(COLLAPSED, "*") for pattern in target.patterns)
    return replace(target, request=target.request.replace(COLLAPSED, "*"), patterns=patterns, exact=False)


def _collapsed(action: ActionDefinition, mapped: _Wanting) -> str:
    names = f"about {mapped.behind} different names" if mapped.behind else "too many different names"
    return f"{action.full_name}: {names} were seen in {mapped.call.operation.name}, {STAR_STANDS} them"


F = TypeVar("F")


def _frozen(found: Mapping[F, set[int]]) -> dict[F, frozenset[int]]:
    return {each: frozenset(calls) for each, calls in found.items()}


# `invokedBy` of a human at the sign-in page: nobody else called for them.
_NOT_FORWARDED = frozenset({"", "signin.amazonaws.com"})


def _unwritable(target: Target) -> str | None:
    """Why a policy document cannot hold the resource, or None."""
    problems = [problem for pattern in target.patterns if (problem := unexpressible(pattern)) is not None]
    return f"a policy cannot hold the resource's name: {problems[0]}" if problems else None
