"""First and last events by day."""

from __future__ import annotations

import pytest

from service.core.activity.moment import NO_TIME, UNDATED
from service.core.activity.spans import Spans
from service.core.days import Window
from tests.core.activity.rows import DAY, entry, row, segment

MOMENTS = ("2026-08-03T10:00:00Z", "2026-08-01T10:00:00Z", "2026-08-01T09:00:00Z", "2026-08-03T11:00:00Z", NO_TIME)


def spans(*moments: str) -> Spans:
    made = Spans()
    for each in moments:
        made.append(each)
    return made


COVERED: dict[str, tuple[Window, tuple[str, str]]] = {
    "everything": (Window(), ("2026-08-01T09:00:00Z", "2026-08-03T11:00:00Z")),
    "one day": (Window("2026-08-01", "2026-08-01"), ("2026-08-01T09:00:00Z", "2026-08-01T10:00:00Z")),
    "from a day without events on": (Window("2026-08-02"), ("2026-08-03T10:00:00Z", "2026-08-03T11:00:00Z")),
    "until a day without events": (Window("", "2026-08-02"), ("2026-08-01T09:00:00Z", "2026-08-01T10:00:00Z")),
    "days without events": (Window("2026-08-02", "2026-08-02"), ("", "")),
}


@pytest.mark.parametrize(("window", "covered"), COVERED.values(), ids=COVERED)
def test_what_is_covered(window: Window, covered: tuple[str, str]) -> None:
    assert spans(*MOMENTS).covered(window) == covered
    for cut in range(len(MOMENTS)):
        merged = spans(*MOMENTS[cut:])
        merged.merge(spans(*MOMENTS[:cut]))
        assert merged.covered(window) == covered


def test_nothing_is_covered_by_events_without_a_time() -> None:
    assert spans(NO_TIME).by_day == {}
    assert spans().covered(Window()) == ("", "")


def test_a_segment_is_taken_by_its_entries() -> None:
    one = row("k")
    made = Spans()
    made.take(segment({one: [entry(one, "a", 7), entry(one, "b", 3), entry(one, "c", day=UNDATED)]}))
    assert made.by_day == {DAY: (3, 7)}


def test_merging_leaves_the_other_as_it_was() -> None:
    one, two = spans(MOMENTS[0]), spans(MOMENTS[3])
    one.merge(two)
    assert two.by_day == spans(MOMENTS[3]).by_day
