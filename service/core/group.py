"""One policy for several principals: who needs what of it, what each would gain, and where they contradict another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.model import AccessLevel
from service.core.actions import Need
from service.core.covering import literal_start
from service.core.current import Current, layer_of
from service.core.fit.model import Fit
from service.core.granted import literal
from service.core.iam.arn import matches
from service.core.iam.evaluate import Access, Request
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Verdict
from service.core.observed import UNKNOWN_KEYS, ObservedRequest
from service.core.principals import Principal
from service.core.replay import Replay, replayed
from service.core.synthesis import Grant, NamedPolicy
from service.core.within import Formats, within_current


@dataclass(frozen=True, slots=True)
class Member:
    """One principal of a group: what it needs, its requests, and what it is granted now, where that is known."""

    principal: Principal
    needs: tuple[Need, ...]
    requests: tuple[ObservedRequest, ...]
    current: Current | None = None

    @property
    def grants(self) -> frozenset[Grant]:
        """What a policy has to hold for it."""
        return frozenset(Grant(need.action, each, need.conditions) for need in self.needs for each in need.patterns)


@dataclass(frozen=True, slots=True)
class Share:
    """One member and the policy of the group. `needs` are the pairs of action and resource that it needs of it, `own`
    those that nobody else needs; `gains` are the pairs that it does not need, by access level.

    `contradictions` say what of the group's policy its own policies deny.
    """

    principal: Principal
    needs: int
    own: int
    gains: Mapping[str, int]
    replay: Replay
    no_new_access: Verdict | None
    contradictions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SharedPermission:
    """A grant of the group's policy, and the labels of the members that need it; none where it is there for the policy
    to fit, and no request can meet it.
    """

    grant: Grant
    access_level: AccessLevel
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The policies for a job function; `notes` are about the group as a whole."""

    name: str
    policies: tuple[NamedPolicy, ...]
    fit: Fit
    permissions: tuple[SharedPermission, ...]
    shares: tuple[Share, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what."""

    label: str
    grants: frozenset[Grant]


def needed_together(members: Iterable[Asked]) -> dict[Grant, tuple[str, ...]]:
    """What all members need, each with the labels of those that need it.

    What another grant of the same action holds anyway is taken into that: the same without conditions, or a pattern
    that the resource matches.
    """
    asked: dict[Grant, set[str]] = defaultdict(set)
    for each in members:
        for grant in each.grants:
            asked[grant].add(each.label)
    near = _Near(asked)
    found: dict[Grant, set[str]] = defaultdict(set)
    for grant, whom in asked.items():
        found[_holder(grant, near.of(grant))] |= whom
    return {grant: tuple(sorted(found[grant])) for grant in sorted(found)}


class _Near:
    """Grants by action and by how their resources begin, so that few have to be looked at to find what holds one."""

    def __init__(self, grants: Iterable[Grant]) -> None:
        self._by_start: dict[tuple[str, str], list[Grant]] = defaultdict(list)
        self._same: dict[tuple[str, str], list[Grant]] = defaultdict(list)
        lengths: set[int] = set()
        for grant in sorted(grants):
            self._same[grant.action, grant.resource].append(grant)
            if set("*?") & set(grant.resource):
                start = "" if grant.resource == "*" else literal_start(grant.resource)
                self._by_start[grant.action, start].append(grant)
                lengths.add(len(start))
        self._lengths = sorted(lengths)

    def of(self, grant: Grant) -> list[Grant]:
        """Those that may hold the grant, among them itself."""
        starts = dict.fromkeys(grant.resource[:length] for length in self._lengths)
        near = (each for start in starts for each in self._by_start.get((grant.action, start), ()))
        return list(dict.fromkeys([*near, *self._same[grant.action, grant.resource]]))


def _holder(grant: Grant, others: Sequence[Grant]) -> Grant:
    """The widest of the grants that hold this one; the first of several."""
    holding = [other for other in others if _holds(other, grant)]
    widest = [one for one in holding if not any(_holds(other, one) and not _holds(one, other) for other in holding)]
    return min(widest, default=grant)


def _holds(wider: Grant, narrower: Grant) -> bool:
    if wider.conditions and wider.conditions != narrower.conditions:
        return False
    if wider.resource in ("*", narrower.resource):
        return True
    plain = not set("*?$") & set(narrower.resource)
    return plain and matches(wider.resource, narrower.resource)


def shares(
    members: Sequence[Member],
    together: Mapping[Grant, tuple[str, ...]],
    policies: Sequence[NamedPolicy],
    levels: Mapping[str, AccessLevel],
    formats: Formats,
) -> Iterator[Share]:
    """What the policies of the group are to each member. `together` has every grant of the policies."""
    layer = layer_of((each.name, each.policy) for each in policies)
    documents = [each.policy for each in policies]
    for member in members:
        label = member.principal.label
        mine = [grant for grant, whom in together.items() if label in whom]
        rest = [grant for grant, whom in together.items() if label not in whom]
        yield Share(
            principal=member.principal,
            needs=len(mine),
            own=sum(together[grant] == (label,) for grant in mine),
            gains=dict(sorted(Counter(levels[grant.action].value for grant in rest).items())),
            replay=replayed((each for each in member.requests if each.was_seen), [layer]),
            no_new_access=None
            if member.current is None
            else within_current(documents, member.current, formats, {grant.action for grant in together}),
            contradictions=tuple(_contradictions(member, together)),
        )


CONTRADICTIONS = 20
"""How many of a member's are told."""


def _contradictions(member: Member, together: Mapping[Grant, tuple[str, ...]]) -> Iterator[str]:
    """Grants of the group that the member's policies deny whatever else is known of a request."""
    if member.current is None:
        return
    limits = [member.current.limit] if member.current.limit else []
    layers = [("policies deny", PolicyIndex(member.current.identity)), ("boundary denies", PolicyIndex(limits))]
    told = 0
    for grant, whom in together.items():
        request = Request(grant.action, literal(grant.resource), unknown_keys=UNKNOWN_KEYS)
        denying = [what for what, index in layers if index.authorize(request).access is Access.EXPLICITLY_DENIED]
        if denying:
            told += 1
            if told <= CONTRADICTIONS:
                yield f"its {denying[0]} {grant.action} on {grant.resource}, {_wanted(member, whom)}"
    if told > CONTRADICTIONS:
        yield f"and {told - CONTRADICTIONS} more"


def _wanted(member: Member, whom: Sequence[str]) -> str:
    """Who needs what is denied to a member."""
    others = [each for each in whom if each != member.principal.label]
    if member.principal.label in whom:
        return "though it was seen using it"
    return f"which {', '.join(others)} {'needs' if len(others) == 1 else 'need'}" if others else "which nobody needs"
