"""The excess ledger: what policies allow beyond what was observed, by cause and access level.

It counts pairs of action and resource pattern. That a pair may be used in other contexts too (from another address,
at another hour) is true of every pair without a condition, and is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from catalog.model import AccessLevel
from service.core.iam.pattern import escape
from service.core.observed import Basis, ObservedRequest
from service.core.synthesis import Grant


class ExcessCause(StrEnum):
    """Why a policy allows more than was seen; the least first."""

    DERIVED = "derived"
    ALTERNATIVES = "alternatives of an IAM path"
    ONLY_STAR = "the action takes only *"
    UNSHOWN = "wildcard for a part that is not shown"
    GENERALISED = "pattern learned of names"
    COLLAPSED = "wildcard for names that are too many"
    LAST_ACCESSED = "accessed, though not in the trail"
    KEEP_LIST = "on the keep list"
    UNOBSERVABLE = "kept because unobservable"
    MERGED = "merged to fit, no request can meet it"
    WILDCARD = "wildcard of the current policies, to fit"


@dataclass(frozen=True, slots=True, order=True)
class Excess:
    """One pair of the policies that is more than was observed. `names` says for about how many names it stands, where
    these were too many to be kept, or of how many resources it was learned; else it is 0.
    """

    cause: ExcessCause
    access_level: AccessLevel
    action: str
    pattern: str
    names: int = 0


@dataclass(frozen=True, slots=True)
class ExcessLedger:
    """`granted` counts the pairs of the policies; those that are not in `entries` are exactly what was observed."""

    granted: int
    entries: tuple[Excess, ...]

    def counts(self) -> dict[str, dict[str, int]]:
        """How many entries there are, by cause and access level."""
        causes = {each.cause: Counter[str]() for each in self.entries}
        for each in self.entries:
            causes[each.cause][each.access_level.value] += 1
        return {cause.value: dict(sorted(levels.items())) for cause, levels in causes.items()}


def excess(
    requests: Iterable[ObservedRequest], levels: Mapping[str, AccessLevel], formats: Callable[[str], Iterable[str]]
) -> ExcessLedger:
    """The ledger of policies that hold just what these requests need; `levels` and `formats` are those of the actions.

    A pair that several requests ask for has the least of their causes: seen exactly once is seen.
    """
    least: dict[Grant, int] = {}
    names: dict[Grant, int] = {}
    for request in requests:
        own = own_pattern(request.resource, formats(request.action))
        for grant in request.grants:
            rank = _rank(request, grant.resource, own)
            least[grant] = min(rank, least.get(grant, rank))
            names[grant] = max(request.names, request.siblings, names.get(grant, 0))
    entries = {
        Excess(_CAUSES[rank - 1], levels[grant.action], grant.action, grant.resource, names[grant])
        for grant, rank in least.items()
        if rank
    }
    return ExcessLedger(len(least), tuple(sorted(entries, key=_order)))


_CAUSES = tuple(ExcessCause)
_UNSEEN = {
    Basis.LAST_ACCESSED: ExcessCause.LAST_ACCESSED,
    Basis.KEEP_LIST: ExcessCause.KEEP_LIST,
    Basis.UNOBSERVABLE: ExcessCause.UNOBSERVABLE,
    Basis.MERGED: ExcessCause.MERGED,
    Basis.WILDCARD: ExcessCause.WILDCARD,
}


def own_pattern(resource: str, formats: Iterable[str] = ()) -> str:
    """The pattern that means just this resource. Some ARNs end in `:*` themselves, as their formats say."""
    whole = escape(resource)
    if not resource.endswith(":*"):
        return whole
    ends = any(each.endswith(":*") and each.count(":") == resource.count(":") for each in formats)
    return f"{whole.removesuffix('${*}')}*" if ends else whole


def _rank(request: ObservedRequest, pattern: str, own: str) -> int:
    """0 for what was seen as it is, else the place of its cause, counted from 1."""
    if (cause := _UNSEEN.get(request.basis)) is not None:
        return _CAUSES.index(cause) + 1
    several, other = len({each.resource for each in request.grants}) > 1, pattern != own
    tests = (
        request.basis is Basis.DERIVED,
        several and other,
        pattern == "*",
        not request.exact or (not several and other and pattern != "*"),
        request.siblings > 0 and other,
        request.names > 0,
    )
    return max((place for place, test in enumerate(tests, 1) if test), default=0)


def _order(entry: Excess) -> tuple[int, str, str, str]:
    return -_CAUSES.index(entry.cause), entry.access_level.value, entry.action, entry.pattern
