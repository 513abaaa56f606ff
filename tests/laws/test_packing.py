"""Laws of packing: a segment comes back as it was, or its bytes are said to be damaged."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.model import Operation
from service.core.activity.abridging import abridged, whole
from service.core.activity.collapse import collapsed
from service.core.activity.columns import Keys, packed_keys, unpacked_keys
from service.core.activity.moment import key, moment
from service.core.activity.packing import Packed, apart, may_name, packed, together, unpacked
from service.core.activity.row import Row
from service.core.activity.segment import Entry, Segment
from service.core.errors import DamagedIndex
from service.core.usage import COLLAPSED
from tests.laws.random_rows import FAMILIES, ROLE, many_rows, rows, segment_of, uuid

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

letters = st.sampled_from(["\0", "\x01", "\x02", "\x18"])
repeated = letters | st.lists(st.sampled_from(["bucket", "key", "arn:", "{}", "\n"]) | letters, max_size=4).map("".join)
texts = repeated | st.text(st.characters(exclude_categories=["Cs"], exclude_characters=COLLAPSED), max_size=8)


@st.composite
def any_row(draw: st.DrawFn) -> Row:
    row = draw(rows())
    texts_ = tuple(draw(st.just(each) | texts) for each in row.values)
    return row._replace(values=draw(st.sampled_from([row.values, texts_, (texts_[0],) * len(texts_)])))


ids = (
    st.integers(0, 99).map(uuid) | texts | st.just("#1 a.json") | st.integers(0, 9).map(lambda each: uuid(each).upper())
)


@st.composite
def segments(draw: st.DrawFn) -> Segment:
    found: dict[Row, tuple[Entry, ...]] = {}
    for row in draw(st.lists(any_row(), max_size=8, unique=True)):
        days = draw(st.lists(st.sampled_from([-1, 1, 739_000, 3_652_059]), min_size=1, max_size=3, unique=True))
        found[row] = tuple(_entry(draw, row, day) for day in sorted(days))
    whole = Segment(ROLE, found, draw(st.integers(0, 10**6)), {})
    return collapsed(whole, draw(st.sampled_from([2, 100])))


def _entry(draw: st.DrawFn, row: Row, day: int) -> Entry:
    seconds = draw(st.lists(st.integers(0, 86_399) if day > 0 else st.just(0), min_size=1, max_size=4))
    named = [(second, draw(ids)) for second in seconds]
    times = [moment(f"2026-08-01T{each // 3600:02}:{each // 60 % 60:02}:{each % 60:02}Z", text) for each, text in named]
    keys = tuple(sorted(key(text, row.mark) for text in times))
    first, last = min(seconds), max(seconds)
    return Entry(day, len(keys), first, last, draw(ids), keys)


def without_keys(segment: Segment) -> Segment:
    found = {row: tuple(entry._replace(keys=()) for entry in entries) for row, entries in segment.rows.items()}
    return Segment(segment.principal, found, segment.records, segment.sketches)


abridgeable = st.lists(st.sampled_from(["b", "key", "arn:", "{", "}", "{}", "\0", "\x01", "\x18"]), max_size=4).map(
    "".join
)


@given(st.integers(1, 4).flatmap(lambda size: st.lists(st.tuples(*[repeated] * size), min_size=1, max_size=5)))
def test_what_is_abridged_is_made_whole(found: list[tuple[str, ...]]) -> None:
    assert list(whole(abridged(found), len(found))) == found


@UNHURRIED
@given(segments())
def test_what_is_packed_is_unpacked(segment: Segment) -> None:
    stored = packed(segment)
    assert unpacked(stored, with_keys=True) == segment
    assert unpacked(stored, with_keys=False) == without_keys(segment)
    assert (stored.events, stored.records, (stored.first_day, stored.last_day)) == (
        segment.events,
        segment.records,
        segment.days,
    )
    assert packed(unpacked(stored, with_keys=True)) == stored


@UNHURRIED
@given(many_rows, st.randoms(use_true_random=False))
def test_the_same_segment_packs_to_the_same_bytes(found: list[Row], random: Any) -> None:
    segment = segment_of(enumerate(found))
    shuffled = list(segment.rows.items())
    random.shuffle(shuffled)
    assert packed(Segment(ROLE, dict(shuffled), segment.records, {})) == packed(segment)


def damages(content: bytes) -> st.SearchStrategy[bytes]:
    places = st.integers(0, max(len(content) - 1, 0))
    return st.one_of(
        places.map(lambda at: content[:at]),
        places.map(lambda at: content[at + 1 :]),
        st.tuples(places, st.integers(1, 255)).map(
            lambda hit: content[: hit[0]] + bytes([content[hit[0]] ^ hit[1]]) + content[hit[0] + 1 :]
        ),
        st.tuples(places, st.binary(min_size=1, max_size=4)).map(
            lambda hit: content[: hit[0]] + hit[1] + content[hit[0] :]
        ),
        st.binary(max_size=40),
    )


@UNHURRIED
@given(segments().filter(lambda segment: bool(segment.rows)), st.data())
def test_damaged_bytes_are_noticed(segment: Segment, data: st.DataObject) -> None:
    """Whatever is done to the bytes, they give what was stored or say that they are damaged."""
    stored = packed(segment)
    part = data.draw(st.sampled_from(["rows", "keys"]))
    changed: Packed = msgspec.structs.replace(stored, **{part: data.draw(damages(getattr(stored, part)))})
    try:
        found = unpacked(changed, with_keys=True)
    except DamagedIndex:
        return
    assert found == segment


@UNHURRIED
@given(segments().filter(lambda segment: bool(segment.rows)), st.data())
def test_damage_below_the_checksums_breaks_nothing_else(segment: Segment, data: st.DataObject) -> None:
    """As if damage had come before compression: the content is wrong, and no other error than ours comes of it."""
    stored = packed(segment)
    names, numbers = apart(stored.rows)
    pieces = [zlib.decompress(names), zlib.decompress(numbers), *unpacked_keys(stored.keys)]
    hit = data.draw(st.integers(0, len(pieces) - 1))
    pieces[hit] = data.draw(damages(pieces[hit]))
    rows = together(*map(zlib.compress, pieces[:2]))
    changed: Packed = msgspec.structs.replace(stored, rows=rows, keys=packed_keys(Keys(*pieces[2:])))
    try:
        assert isinstance(unpacked(changed, with_keys=True), Segment)
    except DamagedIndex:
        return


def test_another_format_is_not_guessed_at() -> None:
    stored = packed(segment_of([(1, Row(FAMILIES[0], (), ("a", "")))]))
    content: list[Any] = msgspec.msgpack.decode(stored.keys)
    keys = msgspec.msgpack.encode([content[0] + 1, *content[1:]])
    with pytest.raises(DamagedIndex, match=r"it is in format 3, .*build it again"):
        unpacked(msgspec.structs.replace(stored, keys=keys), with_keys=True)


@pytest.mark.parametrize("with_keys", [False, True])
def test_numbers_that_do_not_add_up_are_noticed(with_keys: bool) -> None:
    stored = packed(segment_of([(1, Row(FAMILIES[0], (), ("a", "")))]))
    with pytest.raises(DamagedIndex, match="numbers of events differ"):
        unpacked(msgspec.structs.replace(stored, events=2), with_keys=with_keys)


@UNHURRIED
@given(
    segments(),
    st.sampled_from(["a", "x", "key", "bucket", "nowhere", ""]),
    st.sampled_from(["One", "Two", "None", "no"]),
)
def test_a_word_is_found_where_a_call_names_it(segment: Segment, word: str, name: str) -> None:
    """Never missed; and not found where no row has it, nor names that were too many."""

    def words(operation: Operation) -> tuple[str, ...]:
        return (word,) if operation.name == name else ()

    rows_ = [row for row in segment.rows if row.family.name == name]
    texts_ = [text for row in rows_ for text in row.values]
    found = any(word in text or COLLAPSED in text for text in texts_) or (word == "" and bool(rows_))
    assert may_name(packed(segment), words) is found
