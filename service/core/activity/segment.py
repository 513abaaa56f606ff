"""A segment: what some files show of one principal. Segments are sets of events, grouped by row and day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import NamedTuple

from service.core.activity.row import Row
from service.core.principals import Principal


class Entry(NamedTuple):
    """The events of one row on one day (`service.core.activity.moment` has the numbers).

    `first` and `last` are seconds of the day, `example` is the id of the first event, `keys` are the events', sorted.
    `keys` is empty where only the numbers were loaded.
    """

    day: int
    events: int
    first: int
    last: int
    example: str
    keys: tuple[int, ...] = ()


Sketch = tuple[int, ...]
"""The smallest hashes of the calls that a collapsed row stands for: enough to say about how many they are."""

SKETCH = 256
"""How many hashes a sketch keeps: an estimate is off by about 1 in 16."""

_HASHES = 1 << 32


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows with their entries, sorted by day. `records` counts what was read, so also events that were read twice.

    `sketches` are those of collapsed rows.
    """

    principal: Principal
    rows: Mapping[Row, tuple[Entry, ...]]
    records: int
    sketches: Mapping[Row, Sketch]

    @property
    def events(self) -> int:
        """Distinct events."""
        return sum(entry.events for entries in self.rows.values() for entry in entries)

    @property
    def days(self) -> tuple[int, int]:
        """The first and the last day that have events."""
        days = [entry.day for entries in self.rows.values() for entry in (entries[0], entries[-1])]
        return min(days, default=0), max(days, default=0)


def added(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries of different events, those of one day taken together."""
    by_day: dict[int, list[Entry]] = {}
    for entry in entries:
        by_day.setdefault(entry.day, []).append(entry)
    return tuple(group[0] if len(group) == 1 else _added(group) for _, group in sorted(by_day.items()))


def _added(group: Sequence[Entry]) -> Entry:
    first, example = min((entry.first, entry.example) for entry in group)
    return Entry(
        group[0].day,
        sum(entry.events for entry in group),
        first,
        max(entry.last for entry in group),
        example,
        tuple(sorted(key for entry in group for key in entry.keys)),
    )


def united(sketches: Iterable[Sketch]) -> Sketch:
    """The sketch of all that several stand for; the order does not matter, nor how often one is taken."""
    return tuple(nsmallest(SKETCH, {each for sketch in sketches for each in sketch}))


def names_behind(sketch: Sketch) -> int:
    """About how many calls a sketch stands for; exact while it is not full."""
    return len(sketch) if len(sketch) < SKETCH else (SKETCH - 1) * _HASHES // (sketch[-1] + 1)


def without(segment: Segment, taken: Mapping[int, frozenset[int]]) -> Segment:
    """The segment less the events that other segments have, by day and key. What they have stays in its first and last
    times and examples: taken together with the others these are right.
    """
    rows = {row: left for row, entries in segment.rows.items() if (left := tuple(_less(entries, taken)))}
    sketches = {row: sketch for row, sketch in segment.sketches.items() if row in rows}
    return Segment(segment.principal, rows, segment.records, sketches)


def _less(entries: Iterable[Entry], taken: Mapping[int, frozenset[int]]) -> Iterator[Entry]:
    for entry in entries:
        gone = taken.get(entry.day)
        keys = entry.keys if gone is None else tuple(each for each in entry.keys if each not in gone)
        if len(keys) == len(entry.keys):
            yield entry
        elif keys:
            yield entry._replace(events=len(keys), keys=keys)
