"""Retention by day."""

from __future__ import annotations

from service.core.activity.moment import UNDATED
from service.core.activity.pruning import since
from tests.core.activity.rows import DAY, entry, row, segment


def test_what_was_before_a_day_goes() -> None:
    """But not what has no time."""
    one, two = row("k"), row("l")
    made = segment(
        {
            one: [entry(one, "a", 1, DAY - 1), entry(one, "b", 2), entry(one, "c", day=UNDATED)],
            two: [entry(two, "d", 1, DAY - 1)],
        }
    )
    left = since(made, DAY)
    assert {each: [entry.day for entry in entries] for each, entries in left.rows.items()} == {one: [UNDATED, DAY]}
    assert (left.events, left.records) == (2, 2)
    assert since(made, DAY - 1) == made
