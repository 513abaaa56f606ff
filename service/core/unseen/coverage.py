"""What the trail shows of a window and a principal, and whether that is enough to call anything unused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from service.core.activity.spans import HOURS, Quiet
from service.core.trail.delivered import Stretch
from service.core.unseen.logged import Hidden

GAP_SHARE = 0.1
"""From this share of days without any event on, the evidence is not of the whole window, and nothing is unused."""

YOUNG_DAYS = 90
"""Evidence of fewer days than this may lack what is done once a quarter."""

YOUNG_SHARE = 0.5
"""Of a principal that was there for less than this share of the window, nothing is unused."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the trail shows: the principal's actions, the days with events of anybody in the window, the window asked
    for (empty for no bound), the services that it was seen using, here or by another witness, the day on which the
    principal was created, empty where that is not known, the hours that were quiet, and the Regions in which it was
    seen using resources whose ARNs name none, each up to its first `/`; `logged` are the actions of which it shows
    events, `accessed` those, in lower case, that were used by the other witness alone; `files` is None where the names
    of the files do not say whose they are. `tried` says of actions, in lower case, that are in none of these why it is
    not known whether they are used, `denied` are those of which every call was denied; `witnessed` are services that
    were used by the other witness, who does not say by what. `patterns` are what the proposal grants of each action.
    """

    actions: frozenset[str]
    days: Sequence[str]
    asked: tuple[str, str]
    services: frozenset[str]
    created: str = ""
    quiet: Sequence[Quiet] = ()
    resources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    logged: frozenset[str] = frozenset()
    accessed: frozenset[str] = frozenset()
    files: Files | None = None
    tried: Mapping[str, Hidden] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    witnessed: frozenset[str] = frozenset()
    patterns: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Files:
    """The Regions of which there are files of the principal's account, or events of its own; and whether there are
    files of its account at all. `holes` are stretches of the window without any file, by Region, that of the whole
    account under the empty text.
    """

    regions: frozenset[str]
    has_account: bool = True
    holes: Mapping[str, tuple[Stretch, ...]] = field(default_factory=dict)


OF_ALL = (Hidden.TOO_LITTLE, Hidden.TOO_YOUNG)
"""Reasons that hold for every action."""


def gaps_of(days: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Spans without an event between days that have some, both ends included."""
    for earlier, later in pairwise(days):
        first, last = date.fromisoformat(earlier).toordinal() + 1, date.fromisoformat(later).toordinal() - 1
        if first <= last:
            yield date.fromordinal(first).isoformat(), date.fromordinal(last).isoformat()


def _span(days: Sequence[str]) -> int:
    return (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1 if days else 0


def _is_patchy(shown: Shown) -> bool:
    """Whether the evidence is of less of the window asked for than may be missing, its ends included."""
    if not shown.days:
        return True
    first, last = shown.asked[0] or shown.days[0], shown.asked[1] or shown.days[-1]
    window = _span((min(first, shown.days[0]), max(last, shown.days[-1])))
    hours = (window - len(shown.days)) * HOURS + _quiet_hours(shown)
    return hours / (window * HOURS) >= GAP_SHARE


def why_of_all(shown: Shown) -> Hidden | None:
    """Why nothing at all can be called unused; None where something can."""
    if _is_patchy(shown):
        return Hidden.TOO_LITTLE
    return Hidden.TOO_YOUNG if _is_too_young(shown) else None


def _is_too_young(shown: Shown) -> bool:
    """Whether the principal was there for a small part of the window only."""
    first, last = shown.asked[0] or shown.days[0], shown.asked[1] or shown.days[-1]
    if not first < shown.created <= last:
        return False
    return _span((shown.created, last)) / _span((first, last)) < YOUNG_SHARE


def _quiet_hours(shown: Shown) -> int:
    return sum(each.count for each in shown.quiet)


def notes_on(shown: Shown, gaps: Sequence[tuple[str, str]]) -> Iterator[str]:
    """What the evidence lacks, in sentences."""
    if not shown.days:
        yield "the trail has no event of anybody in the window: nothing can be called unused, and nothing is kept"
        return
    first, last = shown.days[0], shown.days[-1]
    if missing := _span(shown.days) - len(shown.days):
        spans = ", ".join(each if each == to else f"{each} to {to}" for each, to in gaps[:5])
        told = f"{spans}{', ...' if gaps[5:] else ''}"
        yield f"the trail has no event of anybody on {_days(missing)} of the window: {told}"
    if shown.quiet:
        spans = ", ".join(f"{each.first} to {each.end}" for each in shown.quiet[:5])
        told = f"{spans}{', ...' if shown.quiet[5:] else ''}"
        hours = f"{_quiet_hours(shown)} hours that are busy on nearly all days"
        yield f"the trail has no event of anybody in {hours}: {told}"
    yield from _ends(shown, first, last)
    for region, stretches in sorted((shown.files.holes if shown.files is not None else {}).items()):
        spans = ", ".join(f"{begin} to {end}" for begin, end in stretches)
        of = f"Region {region}" if region else "the principal's account"
        yield f"there is no file of {of} from {spans}, though there are some of other days"
    if _span(shown.days) < YOUNG_DAYS:
        yield f"the evidence covers {_days(_span(shown.days))}: what is done once a quarter may not be in it"


def _ends(shown: Shown, first: str, last: str) -> Iterator[str]:
    """What the evidence, from its first day to its last, does not reach."""
    if shown.asked[0] and shown.asked[0] < first:
        yield f"the window begins on {shown.asked[0]}, and the trail's first event in it is of {first}"
    if shown.asked[1] and shown.asked[1] > last:
        yield f"the window ends on {shown.asked[1]}, and the trail's last event in it is of {last}"
    if shown.files is not None and not shown.files.has_account:
        yield "no file is of the principal's account: what it did there is not in the trail"
    if shown.created > first:
        yield f"the principal was created on {shown.created}, within the window: the days before show nothing of it"


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"
