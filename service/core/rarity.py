"""How rare what was seen is: the days on which each permission was used, and the chance that the next brings another.

The estimate is Good's, for days in the place of draws: the expected number of permissions that the next day shows and
no day before did is the number of those that were seen on one day only, divided by the number of days (I. J. Good, "The
population frequencies of species and the estimation of population parameters", Biometrika 40, 1953).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import exp

from service.core.actions import Findings
from service.core.activity.activity import ByDay
from service.core.synthesis import Grant


@dataclass(frozen=True, slots=True, order=True)
class Rare:
    """One permission of the policies: on how many days it was used, and when.

    `silence` is the longest time without it in days: between two days of use, or from the last to the window's end.
    `period` says that it comes `weekly`, `monthly` or `quarterly`, where at least three periods were seen and none was
    missed, or at least four gaps of which one in five may be several periods long; else empty.
    """

    action: str
    resource: str
    days: int
    first: str
    last: str
    silence: int
    period: str = ""

    @property
    def seen_once(self) -> bool:
        """Whether it was used on one day only."""
        return self.days == 1


@dataclass(frozen=True, slots=True)
class Discovery:
    """One day that brought permissions which no day before it did, and how many there were then."""

    day: str
    new: int
    known: int


@dataclass(frozen=True, slots=True)
class Rarity:
    """The permissions that were seen, those used on the fewest days first. `days` counts those of the window from the
    trail's first event in it to the last, whoever made them.
    """

    days: int
    permissions: tuple[Rare, ...]
    discovery: tuple[Discovery, ...]

    @property
    def seen_once(self) -> int:
        """How many were used on one day only."""
        return sum(each.seen_once for each in self.permissions)

    @property
    def expected_tomorrow(self) -> float | None:
        """How many permissions the next day is expected to bring that are not among these; None without days."""
        return round(self.seen_once / self.days, 6) if self.days else None

    @property
    def chance_tomorrow(self) -> float | None:
        """The chance that it brings any, were they independent of each other."""
        return round(1 - exp(-self.seen_once / self.days), 6) if self.days else None


NOTHING_SEEN = Rarity(0, (), ())
"""Of a window without any event."""


def rarity_of(findings: Findings, made: ByDay, days: Sequence[str]) -> Rarity:
    """Of the needs in `findings`, whose calls are those of `made` in their order. `days` is the window, day by day."""
    by_call = [frozenset(day for found in contexts.values() for day in found if day) for contexts in made.values()]
    used: dict[Grant, set[str]] = {}
    for need, places in findings.needs.items():
        for pattern in need.patterns if places else ():
            found = used.setdefault(Grant(need.action, pattern, need.conditions), set())
            found.update(*(by_call[place] for place in places))
    dated = {grant: sorted(found) for grant, found in used.items() if found}
    permissions = sorted((_rare(grant, found, days[-1]) for grant, found in dated.items()), key=_rarest_first)
    return Rarity(len(days), tuple(permissions), tuple(_discovery(found[0] for found in dated.values())))


def _rarest_first(each: Rare) -> tuple[int, Rare]:
    return each.days, each


def _rare(grant: Grant, found: Sequence[str], end: str) -> Rare:
    days = [date.fromisoformat(day) for day in found]
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    since = (date.fromisoformat(end) - days[-1]).days
    return Rare(grant.action, grant.resource, len(found), found[0], found[-1], max([*gaps, since]), _period(days))


def _discovery(firsts: Iterable[str]) -> Iterable[Discovery]:
    counts: dict[str, int] = {}
    for day in sorted(firsts):
        counts[day] = counts.get(day, 0) + 1
    known = 0
    for day, new in counts.items():
        known += new
        yield Discovery(day, new, known)


MIN_PERIODS = 3
"""From this many periods on, all of them kept, a use is called periodic."""

MIN_GAPS = 4
MIN_KEPT = 0.8
"""From so many gaps on a few may be several periods long, where something was missed, if this share is one."""

_PERIODS: Mapping[str, tuple[float, float]] = {"weekly": (7, 1), "monthly": (30.4, 3.4), "quarterly": (91.3, 5.3)}
"""Days between two uses, and how many more or less they may be: for weekends and the lengths of months."""


def _period(days: Sequence[date]) -> str:
    uses = _uses(days)
    gaps = [(later - earlier).days for earlier, later in pairwise(uses)]
    return next((name for name, (length, room) in _PERIODS.items() if _is_periodic(gaps, length, room)), "")


def _is_periodic(gaps: Sequence[int], length: float, room: float) -> bool:
    counts = [round(gap / length) for gap in gaps]
    if not all(count and abs(gap - count * length) <= room for gap, count in zip(gaps, counts, strict=True)):
        return False
    kept = counts.count(1)
    return kept >= MIN_PERIODS if kept == len(gaps) else len(gaps) >= MIN_GAPS and kept >= MIN_KEPT * len(gaps)


def _uses(days: Iterable[date]) -> list[date]:
    """The days on which a use began: one that goes on over midnight is on two."""
    found: list[date] = []
    joined = date.min
    for day in days:
        if found and joined != found[-1] and (day - found[-1]).days == 1:
            joined = found[-1]
        else:
            found.append(day)
    return found
