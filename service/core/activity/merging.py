"""Segments to one: first each is left with what no other has, then they are taken together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from service.core.activity.collapse import collapsed
from service.core.activity.examples import thinned
from service.core.activity.row import Row
from service.core.activity.segment import Entry, Segment, Sketch, added, united, without


def disjoint(segments: Iterable[Segment]) -> Iterator[Segment]:
    """The segments of one principal, with their keys: each less the events that one before it has."""
    taken: dict[int, frozenset[int]] = {}
    for segment in segments:
        left = without(segment, taken)
        for day, keys in _keys(left).items():
            taken[day] = taken.get(day, frozenset()) | keys
        yield left


def merged(segments: Sequence[Segment]) -> Segment:
    """Segments of one principal that have no event in common, at least one, as one; their order does not matter."""
    if len(segments) == 1:
        return segments[0]
    rows: dict[Row, list[Entry]] = {}
    sketches: dict[Row, list[Sketch]] = {}
    for segment in segments:
        for row, entries in segment.rows.items():
            rows.setdefault(row, []).extend(entries)
        for row, sketch in segment.sketches.items():
            sketches.setdefault(row, []).append(sketch)
    together = collapsed(
        Segment(
            segments[0].principal,
            {row: added(entries) for row, entries in rows.items()},
            sum(segment.records for segment in segments),
            {row: united(each) for row, each in sketches.items()},
        )
    )
    return thinned(together)


def _keys(segment: Segment) -> dict[int, frozenset[int]]:
    by_day: dict[int, set[int]] = {}
    for entries in segment.rows.values():
        for entry in entries:
            by_day.setdefault(entry.day, set()).update(entry.keys)
    return {day: frozenset(keys) for day, keys in by_day.items()}
