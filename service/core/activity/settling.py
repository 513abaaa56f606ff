"""Segments of one principal that may have events in common, left with none in common, without unpacking them.

Only the columns of numbers and keys are looked at: first whether any id occurs twice at all, which is seldom, and then
which of the events with these ids are the same.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

import msgspec

from service.core.activity.columns import Keys, from_column, number_column, packed_keys, to_column, unpacked_keys
from service.core.activity.packing import Numbers, Packed, apart, compressed, expanded, reading_of, together

_Event = tuple[int, int, int, int]
"""A day, a second, and the low and high bits of an id."""


def settled(segments: Sequence[Packed]) -> tuple[Packed, ...]:
    """The segments in their order, each less the events that one before it has; those that keep all are as they were.

    Raises:
        DamagedIndex: one of them cannot be read.
    """
    common = _common(segments)
    if not common:
        return tuple(segments)
    taken: set[_Event] = set()
    return tuple(_less(each, common, taken) for each in segments)


MOST_AT_ONCE = 400_000
"""How many ids are compared at once; where there are more, they are gone through several times."""


def _common(segments: Sequence[Packed]) -> frozenset[int]:
    """Low bits of ids that more than one segment has."""
    columns = [_low(segment) for segment in segments]
    turns = 1 + sum(map(len, columns)) // MOST_AT_ONCE
    return frozenset[int]().union(*(_common_of(columns, turns, turn) for turn in range(turns)))


def _common_of(columns: Sequence[array[int]], turns: int, turn: int) -> set[int]:
    """The same for one of several parts of all ids."""
    seen: set[int] = set()
    common: set[int] = set()
    for column in columns:
        own = set(column) if turns == 1 else {each for each in column if each % turns == turn}
        common |= own & seen
        seen |= own
    return common


def _low(segment: Packed) -> array[int]:
    with reading_of(segment):
        return number_column("I", unpacked_keys(segment.keys).low)


def _less(segment: Packed, common: frozenset[int], taken: set[_Event]) -> Packed:
    """The segment without what is taken; the rest of what it has in common is taken from now on."""
    with reading_of(segment):
        names, numbers_part = apart(segment.rows)
        numbers, keys = expanded(numbers_part, Numbers), unpacked_keys(segment.keys)
        gone: list[tuple[int, int]] = []
        for place, entry, event in _events(numbers, keys, common):
            if event in taken:
                gone.append((place, entry))
            else:
                taken.add(event)
    if not gone:
        return segment
    events = from_column("I", numbers.events)
    left = _without(keys, gone, list(accumulate(events)))
    for _, entry in gone:
        events[entry] -= 1
    numbers = msgspec.structs.replace(numbers, events=to_column("I", events))
    return msgspec.structs.replace(
        segment,
        events=segment.events - len(gone),
        rows=together(names, compressed(numbers)),
        keys=packed_keys(left),
    )


def _events(numbers: Numbers, keys: Keys, common: frozenset[int]) -> Iterator[tuple[int, int, _Event]]:
    """The events whose low bits are in common: the place of its key, of its entry, and which it is."""
    low = from_column("I", keys.low)
    ends = list(accumulate(from_column("I", numbers.events)))
    days, firsts, since = (
        from_column(*each) for each in (("i", numbers.days), ("I", numbers.first), ("I", keys.since))
    )
    for place in [place for place, each in enumerate(low) if each in common]:
        entry = bisect_right(ends, place)
        begin = ends[entry - 1] if entry else 0
        second = firsts[entry] + sum(since[begin : place + 1])
        yield place, entry, (days[entry], second, low[place], keys.high[place])


def _without(keys: Keys, gone: Sequence[tuple[int, int]], ends: Sequence[int]) -> Keys:
    """The keys less those at some places, each given with its entry; what lay before one is added to the next's."""
    low, high, since = from_column("I", keys.low), bytearray(keys.high), from_column("I", keys.since)
    removed: Counter[int] = Counter()
    for place, entry in reversed(gone):
        if place + 1 < ends[entry] - removed[entry]:
            since[place + 1] += since[place]
        removed[entry] += 1
        del low[place], high[place], since[place]
    return Keys(to_column("I", low), bytes(high), to_column("I", since))
