"""The excess ledger: what policies allow beyond what was observed, by cause and access level.

It counts pairs of action and resource pattern. That a pair may be used in other contexts too (from another address,
at another hour) is true of every pair without a condition, and is not counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from catalog.model import AccessLevel
from service.core.actions import Need, ReasonKind
from service.core.iam.pattern import escape
from service.core.synthesis import Grant


class ExcessCause(StrEnum):
    """Why a policy allows more than was seen; the least first."""

    DERIVED = "derived"
    ALTERNATIVES = "alternatives of an IAM path"
    ONLY_STAR = "the action takes only *"
    UNSHOWN = "wildcard for a part that is not shown"


@dataclass(frozen=True, slots=True, order=True)
class Excess:
    """One pair of the policies that is more than was observed."""

    cause: ExcessCause
    access_level: AccessLevel
    action: str
    pattern: str


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


def excess(needs: Iterable[Need]) -> ExcessLedger:
    """The ledger of policies that hold just these needs.

    A pair that several needs ask for has the least of their causes: seen exactly once is seen.
    """
    least: dict[Grant, tuple[int, Need]] = {}
    for need in sorted(needs):
        for pattern in need.patterns:
            grant, rank = Grant(need.action, pattern, need.conditions), _rank(need, pattern)
            if grant not in least or rank < least[grant][0]:
                least[grant] = rank, need
    entries = {
        Excess(_CAUSES[rank - 1], need.access_level, grant.action, grant.resource)
        for grant, (rank, need) in least.items()
        if rank
    }
    return ExcessLedger(len(least), tuple(sorted(entries, key=_order)))


_CAUSES = tuple(ExcessCause)


def _rank(need: Need, pattern: str) -> int:
    """0 for what was seen as it is, else the place of its cause, counted from 1."""
    tests = (
        need.reason.kind is ReasonKind.DERIVED,
        len(need.patterns) > 1 and pattern != escape(need.request),
        pattern == "*",
        not need.exact,
    )
    return max((place for place, test in enumerate(tests, 1) if test), default=0)


def _order(entry: Excess) -> tuple[int, str, str, str]:
    return -_CAUSES.index(entry.cause), entry.access_level.value, entry.action, entry.pattern
