"""Examples are few: of what a family did on one day, the first events' ids are kept, and not those of every row.

Which are kept depends on all rows alone. A part of them keeps at least those that all of them would keep, so it makes
no difference whether this is done on parts or at the end. Of a family with collapsed rows only the first event is kept:
how many rows came before another depends on which of them were collapsed already, but what came first does not.
"""

from __future__ import annotations

from dataclasses import replace
from heapq import nsmallest

from service.core.activity.row import Family
from service.core.activity.segment import Entry, Segment
from service.core.usage import COLLAPSED

MOST_EXAMPLES = 3
"""Of how many rows of a family an id is kept for a day; more where they were in the same second."""


def thinned(segment: Segment) -> Segment:
    """The segment with fewer examples."""
    firsts: dict[tuple[Family, int], list[int]] = {}
    for row, entries in segment.rows.items():
        for entry in entries:
            firsts.setdefault((row.family, entry.day), []).append(entry.first)
    collapsed = _collapsed(segment)
    most = {place: 1 if place[0] in collapsed else MOST_EXAMPLES for place in firsts}
    latest = {
        place: nsmallest(most[place], seconds)[-1] for place, seconds in firsts.items() if len(seconds) > most[place]
    }
    if not latest:
        return segment
    rows = {
        row: tuple([_thinned(entry, latest.get((row.family, entry.day))) for entry in entries])
        for row, entries in segment.rows.items()
    }
    return replace(segment, rows=rows)


def _collapsed(segment: Segment) -> frozenset[Family]:
    """Families with rows that stand for several: those have a sketch, or a key that had too many values."""
    contexts = {row.context for row in segment.rows}
    crowded = {context for context in contexts if any(value == COLLAPSED for _, value in context)}
    by_context = {row.family for row in segment.rows if row.context in crowded} if crowded else set()
    return frozenset(by_context | {row.family for row in segment.sketches})


def _thinned(entry: Entry, latest: int | None) -> Entry:
    return entry if latest is None or entry.first <= latest else entry._replace(example="")
