"""Whether an index is what was stored: beyond what the store says of itself, every segment is unpacked and counted."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from service.core.activity.moment import day_text
from service.core.activity.packing import unpacked
from service.core.activity.segment import Segment
from service.core.activity.spans import Day, Spans
from service.core.errors import DamagedIndex
from service.core.principals import Principal
from service.core.shown import shown
from service.usecases.index_port import IndexBusy, StoredSegment, UsageIndex

_Key = tuple[int, int]
"""A day and an event's key."""


_TRIES = 5


def findings(index: UsageIndex) -> list[str]:
    """What is wrong, as sentences; nothing where the index is sound.

    Raises:
        IndexBusy: what was found may come of somebody adding meanwhile, each time.
    """
    for _ in range(_TRIES):
        version = _version(index)
        found = list(_found(index))
        if not found or _version(index) == version:
            return found
    raise IndexBusy("the index changes faster than it can be checked: give the command again when nothing is added")


def _version(index: UsageIndex) -> int | None:
    try:
        return index.version()
    except DamagedIndex:
        return None


def _found(index: UsageIndex) -> Iterator[str]:
    found = False
    for sentence in index.check():
        found = True
        yield sentence
    if found:
        return  # what cannot be trusted is not counted
    try:
        yield from _of_segments(index)
    except DamagedIndex as error:
        yield str(error)


def _of_segments(index: UsageIndex) -> Iterator[str]:
    spans, seen = index.spans(), Spans()
    stored = index.segments(with_keys=True)
    for principal, segments in groupby(stored, lambda each: each.packed.principal):
        yield from _of_principal(principal, segments, seen)
    days = sorted(
        day for day in spans.by_day.keys() | seen.by_day if not _agree(spans.by_day.get(day), seen.by_day.get(day))
    )
    yield from (f"what is noted of {day_text(day)} is not when its first and last events were" for day in days)


def _agree(noted: Day | None, seen: Day | None) -> bool:
    """Whether what is noted of a day may be; segments show some of its hours only."""
    if noted is None or seen is None:
        return noted is seen
    return noted[:2] == seen[:2] and noted.hours | seen.hours == noted.hours


def _of_principal(principal: Principal, stored: Iterator[StoredSegment], seen: Spans) -> Iterator[str]:
    known: set[_Key] = set()
    for each in stored:
        segment = unpacked(each.packed, with_keys=True)
        seen.take(segment)
        place = f"segment {each.id} of `{shown(principal.label)}`"
        yield from (f"{place} {what}" for what in _of_segment(each, segment))
        keys = {(entry.day, key) for entries in segment.rows.values() for entry in entries for key in entry.keys}
        if each.is_settled and known & keys:
            yield f"{place} has {len(known & keys)} events that another has, though they were told apart"
        if each.is_settled:
            known |= keys


def _of_segment(stored: StoredSegment, segment: Segment) -> Iterator[str]:
    if segment.events != stored.packed.events:
        yield f"says that it has {stored.packed.events} events, and has {segment.events}"
    entries = [entry for entries in segment.rows.values() for entry in entries]
    if any(len(entry.keys) != entry.events for entry in entries):
        yield "counts other events than it has keys of"
    if any(not stored.packed.first_day <= entry.day <= stored.packed.last_day for entry in entries):
        yield "has events outside of the days that it names"
