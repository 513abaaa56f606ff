"""Laws of collapsing: done on parts, in any order, or to all at once, what is left is the same."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.activity.collapse import collapsed
from service.core.activity.merging import merged
from service.core.activity.row import Row
from service.core.activity.segment import SKETCH, Segment, names_behind
from service.core.usage import COLLAPSED
from tests.laws.random_rows import FAMILIES, many_rows, segment_of

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

most_names = st.integers(2, 4)


def covers(wide: Row, row: Row) -> bool:
    is_open = any(value.endswith(COLLAPSED) for value in wide.values)
    if wide.family != row.family or wide.shared_id != ("" if is_open else row.shared_id):
        return False
    shown, seen = dict(wide.context), dict(row.context)
    same_context = shown.keys() == seen.keys() and all(shown[key] in (seen[key], COLLAPSED) for key in seen)
    return same_context and all(_covers(*each) for each in zip(wide.values, row.values, strict=True))


def _covers(wide: str, text: str) -> bool:
    return wide == text or (wide.endswith(COLLAPSED) and text.startswith(wide.removesuffix(COLLAPSED)))


@UNHURRIED
@given(many_rows, st.lists(st.integers(0, 3), min_size=25, max_size=25), most_names)
def test_collapsing_parts_and_then_all_is_collapsing_all(found: list[Row], places: list[int], most: int) -> None:
    """Confluence, for any partition, with what each row stands for."""
    events = list(enumerate(found))
    groups = [[each for each, at in zip(events, places, strict=False) if at == place] for place in range(4)]
    whole = collapsed(segment_of(events), most)
    pieces = [collapsed(segment_of(group), most) for group in groups]
    assert collapsed(merged(pieces), most) == whole
    left, right = collapsed(merged(pieces[:2]), most), collapsed(merged(pieces[2:]), most)
    assert collapsed(merged([right, left]), most) == whole
    assert collapsed(merged([*map(segment_of, groups[:2]), *pieces[2:]]), most) == whole


@UNHURRIED
@given(many_rows, many_rows, most_names)
def test_more_rows_never_tell_apart_what_fewer_did_not(some: list[Row], more: list[Row], most: int) -> None:
    """Monotone: a row's name among more rows covers its name among fewer, and itself."""
    events = list(enumerate(some))
    narrow = collapsed(segment_of(events), most)
    wide = collapsed(segment_of([*events, *enumerate(more, len(events))]), most)
    assert all(any(covers(each, row) for each in narrow.rows) for row in some)
    assert all(any(covers(each, row) for each in wide.rows) for row in narrow.rows)


@UNHURRIED
@given(many_rows, most_names)
def test_collapsing_loses_no_event_and_once_is_enough(found: list[Row], most: int) -> None:
    before = segment_of(enumerate(found))
    after = collapsed(before, most)
    assert _keys(after) == _keys(before)
    assert (after.events, after.records, after.days) == (before.events, before.records, before.days)
    assert collapsed(after, most) == after
    assert after.sketches.keys() == {row for row in after.rows if any(each.endswith(COLLAPSED) for each in row.values)}


def _keys(segment: Segment) -> Counter[tuple[int, int]]:
    return Counter((entry.day, one) for entries in segment.rows.values() for entry in entries for one in entry.keys)


@UNHURRIED
@given(many_rows, most_names)
def test_few_names_below_a_prefix(found: list[Row], most: int) -> None:
    """Of rows with one value, at most so many go on in different ways below what they have in common."""
    one = [row._replace(family=FAMILIES[2], values=row.values[:1], shared_id="") for row in found]
    after = [row.values[0] for row in collapsed(segment_of(enumerate(one)), most).rows]
    for prefix in {"", *(text[: at + 1] for text in after for at, each in enumerate(text) if each in "/:")}:
        below = [text[len(prefix) :] for text in after if text.startswith(prefix) and text != prefix]
        if prefix.count("/") + prefix.count(":") < 9:  # the rest of a longer text is one part
            assert len({_first_part(text) for text in below}) <= most


def _first_part(text: str) -> str:
    ends = [at for at, each in enumerate(text) if each in "/:"]
    return text[: ends[0] + 1] if ends else text


@pytest.mark.parametrize("count", [1, 3, 200, SKETCH - 1, SKETCH, 300, 1000, 3000, 10_000])
@pytest.mark.parametrize("form", ["key-{}", "logs/{:08d}.gz", "arn:aws:s3:::b/{:x}"])
def test_how_many_names_are_behind_a_row(count: int, form: str) -> None:
    """Exact below the sketch's size, and about right above: four times the error that is said to be usual is none."""
    row = Row(FAMILIES[2], (), ("",))
    whole = segment_of((number, row._replace(values=(form.format(number),))) for number in range(count))
    after = collapsed(whole, most=2)
    if count <= 2:
        assert after == whole
        return
    ((_, sketch),) = after.sketches.items()
    estimate = names_behind(sketch)
    assert estimate == count if count < SKETCH else abs(estimate - count) < count / 4
