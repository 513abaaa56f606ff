"""Segments: entries taken together, events taken away, and the numbers that sketches stand for."""

from __future__ import annotations

import pytest

from service.core.activity.moment import UNDATED
from service.core.activity.segment import SKETCH, Entry, Segment, Sketch, added, names_behind, united, without
from tests.core.activity.rows import DAY, ROLE, entry, row, segment

ONE, TWO = row("k"), row("l")
A, B, C = entry(ONE, "a", 5), entry(ONE, "b", 3), entry(ONE, "c", 4, DAY + 1)

ADDED: dict[str, tuple[list[Entry], list[tuple[int, int, int, int, str]]]] = {
    "none": ([], []),
    "one": ([A], [(DAY, 1, 5, 5, "a")]),
    "two of a day": ([A, B], [(DAY, 2, 3, 5, "b")]),
    "sorted by day": ([C, A, B], [(DAY, 2, 3, 5, "b"), (DAY + 1, 1, 4, 4, "c")]),
    "in one second, the least id": ([entry(ONE, "z", 5), A], [(DAY, 2, 5, 5, "a")]),
    "without a time": ([A, entry(ONE, "u", day=UNDATED)], [(UNDATED, 1, 0, 0, "u"), (DAY, 1, 5, 5, "a")]),
}


@pytest.mark.parametrize(("entries", "expected"), ADDED.values(), ids=ADDED)
def test_added(entries: list[Entry], expected: list[tuple[int, int, int, int, str]]) -> None:
    for order in (entries, entries[::-1]):
        found = added(order)
        assert [each[:5] for each in found] == expected
        assert all(list(each.keys) == sorted(each.keys) and len(each.keys) == each.events for each in found)


def test_numbers_of_a_segment() -> None:
    made = segment({ONE: [A, B, C], TWO: [entry(TWO, "a")]})
    assert (made.events, made.records, made.days) == (4, 4, (DAY, DAY + 1))
    assert (Segment(ROLE, {}, 0, {}).events, Segment(ROLE, {}, 0, {}).days) == (0, (0, 0))


def test_without_what_others_have() -> None:
    """First and last times stay: together with those that have the event, they are right."""
    made = segment({ONE: [A, B, C], TWO: [entry(TWO, "a", 5)]})
    left = without(made, {DAY: frozenset(B.keys), DAY + 1: frozenset(C.keys)})
    assert left.rows == {
        ONE: (Entry(DAY, 1, 3, 5, "b", A.keys),),
        TWO: made.rows[TWO],
    }
    assert left.records == made.records
    assert without(made, {}).rows == without(made, {DAY: frozenset({1})}).rows == made.rows
    everything = frozenset(key for entries in made.rows.values() for each in entries for key in each.keys)
    assert without(made, {DAY: everything, DAY + 1: everything}).rows == {}


def test_a_key_of_another_day_is_another_event() -> None:
    made = segment({ONE: [A]})
    assert without(made, {DAY + 1: frozenset(A.keys)}).rows == made.rows


SKETCHES: dict[str, tuple[list[Sketch], Sketch]] = {
    "none": ([], ()),
    "one": ([(1, 2)], (1, 2)),
    "in common": ([(2, 3), (1, 2)], (1, 2, 3)),
    "the smallest": ([tuple(range(100, 100 + SKETCH)), (1, 2)], (1, 2, *range(100, 98 + SKETCH))),
}


@pytest.mark.parametrize(("sketches", "expected"), SKETCHES.values(), ids=SKETCHES)
def test_united(sketches: list[Sketch], expected: Sketch) -> None:
    assert united(sketches) == united(sketches[::-1]) == united([*sketches, *sketches]) == expected


@pytest.mark.parametrize(
    ("sketch", "names"),
    [
        ((), 0),
        ((7,), 1),
        (tuple(range(SKETCH - 1)), SKETCH - 1),
        (tuple(number * (1 << 20) for number in range(1, SKETCH + 1)), 4079),
    ],
)
def test_names_behind(sketch: Sketch, names: int) -> None:
    """Hashes 2^20 apart are of about 2^12 names: 2^32 hashes are possible."""
    assert names_behind(sketch) == names
