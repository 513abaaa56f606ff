"""Laws of settling: taking away as bytes what other segments have is taking it away."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.activity import settling
from service.core.activity.collapse import collapsed
from service.core.activity.merging import disjoint, merged
from service.core.activity.moment import key, moment
from service.core.activity.packing import packed, unpacked
from service.core.activity.row import Row
from service.core.activity.segment import Entry, Segment, added
from service.core.activity.settling import settled
from tests.laws.random_rows import FAMILIES, ROLE, uuid

ROWS = tuple(Row(FAMILIES[0], (), (name, "")) for name in ("a", "b", "c"))

events = st.tuples(
    st.sampled_from(ROWS),
    st.sampled_from([-1, 1, 2]),
    st.integers(0, 3),
    st.sampled_from(["odd", *map(uuid, range(4))]),
)


def segment_of(found: set[tuple[Row, int, int, str]]) -> Segment:
    """These events, with at most two names."""
    entries: dict[Row, list[Entry]] = {}
    for row, day, second, event_id in found:
        one = key(moment(f"2026-08-01T00:00:0{second}Z", event_id), row.mark)
        entries.setdefault(row, []).append(Entry(day, 1, second, second, event_id, (one,)))
    rows = {row: added(each) for row, each in entries.items()}
    return collapsed(Segment(ROLE, rows, len(found), {}), most=2)


segments = st.lists(st.sets(events, max_size=12).map(segment_of), min_size=1, max_size=4)


@settings(deadline=None)
@given(segments)
def test_settling_is_being_disjoint(found: list[Segment]) -> None:
    stored = settled([packed(each) for each in found])
    assert [unpacked(each, with_keys=True) for each in stored] == list(disjoint(found))
    assert [each.events for each in stored] == [each.events for each in disjoint(found)]
    assert settled(stored) == stored


@settings(deadline=None)
@given(segments, st.integers(1, 5))
def test_ids_that_are_too_many_for_one_turn_are_found_in_several(found: list[Segment], at_once: int) -> None:
    stored = [packed(each) for each in found]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settling, "MOST_AT_ONCE", at_once)
        in_turns = settled(stored)
    assert in_turns == settled(stored)


@settings(deadline=None)
@given(segments)
def test_who_keeps_what_is_in_common_makes_no_difference(found: list[Segment]) -> None:
    stored = settled([packed(each) for each in found])
    backwards = settled([packed(each) for each in reversed(found)])
    whole, other = (merged([unpacked(each, with_keys=True) for each in some]) for some in (stored, backwards))
    assert whole == other


@settings(deadline=None)
@given(st.sets(events, max_size=12))
def test_what_has_nothing_in_common_stays_as_it_was(found: set[tuple[Row, int, int, str]]) -> None:
    one = packed(segment_of(found))
    assert settled([one])[0] is one
    first, second = settled([one, one])
    assert first is one
    assert second.events == 0
