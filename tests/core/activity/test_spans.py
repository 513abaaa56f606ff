"""First and last events by day."""

from __future__ import annotations

import pytest

from service.core.activity.moment import NO_TIME, UNDATED
from service.core.activity.spans import Day, Spans
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
    assert made.by_day == {DAY: Day(3, 7, 1)}


def test_merging_leaves_the_other_as_it_was() -> None:
    one, two = spans(MOMENTS[0]), spans(MOMENTS[3])
    one.merge(two)
    assert two.by_day == spans(MOMENTS[3]).by_day


def hours_of(*days: str) -> Spans:
    """A day in August for each text, with an event in each hour that is not a dot."""
    moments = [
        f"2026-08-{day:02}T{hour:02}:30:00Z"
        for day, hours in enumerate(days, 1)
        for hour, letter in enumerate(hours)
        if letter != "."
    ]
    return spans(*moments)


ALWAYS = "x" * 24
NIGHT = "." * 6 + "x" * 18
QUIET = {
    "busy all the time": ([ALWAYS] * 12, []),
    "three hours": (
        [ALWAYS] * 6 + ["x" * 5 + "..." + "x" * 16] + [ALWAYS] * 6, [("2026-08-07T05:00Z", "2026-08-07T08:00Z")],
    ),
    "over midnight": (
        [ALWAYS] * 6 + ["x" * 22 + "..", "." + "x" * 23] + [ALWAYS] * 5, [("2026-08-07T22:00Z", "2026-08-08T01:00Z")],
    ),
    "two hours happen": ([ALWAYS] * 6 + ["x" * 5 + ".." + "x" * 17] + [ALWAYS] * 6, []),
    "every night": ([NIGHT] * 14, []),
    "before the first and after the last": ([NIGHT, *[ALWAYS] * 12, "x" * 10 + "." * 14], []),
    "too few days": ([ALWAYS] * 6 + ["x" * 5 + "..." + "x" * 16] + [ALWAYS] * 2, []),
    "a day without any": (
        [ALWAYS] * 6 + ["." * 24, *[ALWAYS] * 3, "." * 12 + "x" * 12, *[ALWAYS] * 8],
        [("2026-08-11T00:00Z", "2026-08-11T12:00Z")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("days", "quiet"), QUIET.values(), ids=QUIET)
def test_hours_that_are_quiet_though_they_are_busy_else(days: list[str], quiet: list[tuple[str, str]]) -> None:
    found = hours_of(*days).quiet(Window())
    assert [(each.first, each.end) for each in found] == quiet


def test_quiet_hours_are_those_of_the_window() -> None:
    found = hours_of(*[ALWAYS] * 12, "x" * 5 + "..." + "x" * 16, *[ALWAYS] * 12)
    assert len(found.quiet(Window())) == 1
    assert found.quiet(Window("", "2026-08-12")) == ()
