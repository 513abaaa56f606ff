"""Segments as bytes, in parts: names and numbers, which answer questions, and the keys that tell whether an event is
there already.

Columns of numbers and lists of texts in MessagePack, compressed. Rows are sorted, so that similar texts are neighbours.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import accumulate, chain, groupby, islice, pairwise
from operator import add
from typing import NamedTuple, TypeVar

import msgspec

from catalog.model import Operation
from service.core.activity.abridging import Column, abridged, whole
from service.core.activity.columns import (
    FORMAT,
    LEVEL,
    Keys,
    check_format,
    from_column,
    packed_keys,
    plain_column,
    planes,
    to_column,
    unpacked_keys,
)
from service.core.activity.moment import id_part, joined, second_of
from service.core.activity.row import Family, Row
from service.core.activity.segment import Entry, Segment, Sketch
from service.core.activity.words import WordsOf, holds_a_word
from service.core.errors import DamagedIndex
from service.core.principals import Principal
from service.core.usage import Context

_Part = TypeVar("_Part", "Names", "Numbers")

_LOW = 0xFFFFFFFF


class Packed(msgspec.Struct, frozen=True):
    """A segment as it is stored. `first_day` and `last_day` are numbers of days (`service.core.activity.moment`).

    `rows` are names and numbers (`_Names`, `_Numbers`), so that numbers can change without packing the names again.
    """

    principal: Principal
    first_day: int
    last_day: int
    events: int
    records: int
    rows: bytes
    keys: bytes


class Names(msgspec.Struct, array_like=True):
    """What the rows name: of each its family, its context and its values, and how many entries it has.

    `values` are those of each family, as columns (`service.core.activity.abridging`).
    """

    format: int
    families: list[Family]
    contexts: list[Context]
    family: bytes
    context: bytes
    values: list[list[Column]]
    shared: dict[int, str]
    entries: bytes
    has_example: bytes
    examples: bytes
    odd_examples: dict[int, str]
    sketches: dict[int, Sketch]


class _WrittenNames(msgspec.Struct, array_like=True):
    """The same with some members in MessagePack already."""

    format: int
    families: list[Family]
    contexts: list[Context]
    family: bytes
    context: bytes
    values: msgspec.Raw
    shared: msgspec.Raw
    entries: bytes
    has_example: bytes
    examples: bytes
    odd_examples: dict[int, str]
    sketches: dict[int, Sketch]


class Numbers(msgspec.Struct, array_like=True):
    """The entries' columns; `lasted` is seconds from the first event to the last. One without events is not there."""

    format: int
    days: bytes
    events: bytes
    first: bytes
    lasted: bytes


def packed(segment: Segment) -> Packed:
    """As bytes; the same segment always gives the same."""
    rows = _sorted(segment)
    entries = [entry for row in rows for entry in segment.rows[row]]
    first_day, last_day = segment.days
    return Packed(
        segment.principal,
        first_day,
        last_day,
        sum(entry.events for entry in entries),
        segment.records,
        together(_names(segment, rows, entries), compressed(_numbers(entries))),
        packed_keys(_keys(entries)),
    )


class Columns(NamedTuple):
    """A segment as the native core gives it: by row, by entry and by event as the parts have it.

    `families` and `contexts` are numbers of those; `values` and `shared` are in MessagePack.
    """

    families: bytes
    contexts: bytes
    family: bytes
    context: bytes
    values: bytes
    entries: bytes
    has_example: bytes
    examples: bytes
    days: bytes
    events: bytes
    first: bytes
    lasted: bytes
    low: bytes
    high: bytes
    since: bytes
    shared: bytes
    first_day: int
    last_day: int
    total: int
    records: int
    sketches: dict[int, Sketch]


def packed_columns(
    principal: Principal, families: Sequence[Family], contexts: Sequence[Context], columns: Columns
) -> Packed:
    """The same of columns that are there already; ids are UUIDs only."""
    names = _WrittenNames(
        FORMAT,
        [families[each] for each in plain_column("I", columns.families)],
        [contexts[each] for each in plain_column("I", columns.contexts)],
        planes(columns.family),
        planes(columns.context),
        msgspec.Raw(columns.values),
        msgspec.Raw(columns.shared),
        planes(columns.entries),
        columns.has_example,
        columns.examples,
        {},
        columns.sketches,
    )
    numbers = Numbers(FORMAT, *map(planes, (columns.days, columns.events, columns.first, columns.lasted)))
    return Packed(
        principal,
        columns.first_day,
        columns.last_day,
        columns.total,
        columns.records,
        together(compressed(names), compressed(numbers)),
        packed_keys(Keys(planes(columns.low), columns.high, planes(columns.since))),
    )


def unpacked(stored: Packed, *, with_keys: bool) -> Segment:
    """As it was packed; without the keys where only an answer is wanted.

    Raises:
        DamagedIndex: the bytes are not those of a segment.
    """
    with reading_of(stored):
        names_part, numbers_part = apart(stored.rows)
        names, numbers = expanded(names_part, Names), expanded(numbers_part, Numbers)
        keys = _read_keys(unpacked_keys(stored.keys), numbers) if with_keys else None
        rows = dict(_read_rows(names, _read_entries(names, numbers, keys)))
        places = list(rows)
        sketches = {places[place]: sketch for place, sketch in names.sketches.items() if rows[places[place]]}
        left = {row: entries for row, entries in rows.items() if entries}
        if sum(entry.events for entries in left.values() for entry in entries) != stored.events:
            raise ValueError("the numbers of events differ")
    return Segment(stored.principal, left, stored.records, sketches)


@contextmanager
def reading_of(stored: Packed) -> Iterator[None]:
    """What goes wrong inside means that the stored bytes are damaged.

    Raises:
        DamagedIndex: something did.
    """
    try:
        yield
    except (zlib.error, msgspec.DecodeError, ValueError, IndexError, KeyError) as error:
        raise DamagedIndex(
            f"what the index keeps of `{stored.principal.label}` cannot be read ({error}): build it again"
        ) from error


def may_name(stored: Packed, words: WordsOf) -> bool:
    """Whether a call in a segment may have one of the words in one of its names. Names that were too many may.

    It costs a part of what unpacking does.

    Raises:
        DamagedIndex: the bytes are not those of a segment.
    """
    with reading_of(stored):
        names = expanded(apart(stored.rows)[0], Names)
        for place, group in groupby(from_column("I", names.family)):
            family, count = names.families[place], sum(1 for _ in group)
            if asked := words(Operation(family.source, family.name)):
                if "" in asked:
                    return True
                if holds_a_word(chain.from_iterable(whole(names.values[place], count)), asked):
                    return True
    return False


def together(names: bytes, numbers: bytes) -> bytes:
    """The two parts of a segment's rows as one."""
    return len(numbers).to_bytes(4, "little") + numbers + names


def apart(rows: bytes) -> tuple[bytes, bytes]:
    """Names and numbers again."""
    size = 4 + int.from_bytes(rows[:4], "little")
    return rows[size:], rows[4:size]


def compressed(part: Names | _WrittenNames | Numbers) -> bytes:
    """A part as bytes."""
    return zlib.compress(msgspec.msgpack.encode(part), LEVEL)


def expanded(content: bytes, kind: type[_Part]) -> _Part:
    """A part again; call it within `reading_of`."""
    found = msgspec.msgpack.decode(zlib.decompress(content), type=kind)
    check_format(found.format)
    return found


# ---- to bytes


def _sorted(segment: Segment) -> list[Row]:
    """Similar rows are neighbours."""
    by_family: dict[Family, list[Row]] = {}
    for row in segment.rows:
        by_family.setdefault(row.family, []).append(row)
    return [row for family in sorted(by_family) for row in sorted(by_family[family])]


def _names(segment: Segment, rows: list[Row], entries: list[Entry]) -> bytes:
    families: dict[Family, int] = {}
    contexts: dict[Context, int] = {}
    family = to_column("I", [families.setdefault(row.family, len(families)) for row in rows])
    context = to_column("I", [contexts.setdefault(row.context, len(contexts)) for row in rows])
    has_example, examples, odd = _examples(entries)
    return compressed(
        Names(
            FORMAT,
            list(families),
            list(contexts),
            family,
            context,
            _values(rows),
            {place: row.shared_id for place, row in enumerate(rows) if row.shared_id},
            to_column("I", [len(segment.rows[row]) for row in rows]),
            has_example,
            examples,
            odd,
            {place: segment.sketches[row] for place, row in enumerate(rows) if row in segment.sketches},
        )
    )


def _values(rows: list[Row]) -> list[list[Column]]:
    """The values of each family, by place: neighbours are alike, which packs well."""
    return [abridged([row.values for row in group]) for _, group in groupby(rows, _family)]


def _family(row: Row) -> Family:
    return row.family


def _numbers(entries: list[Entry]) -> Numbers:
    return Numbers(
        FORMAT,
        to_column("i", [entry.day for entry in entries]),
        to_column("I", [entry.events for entry in entries]),
        to_column("I", [entry.first for entry in entries]),
        to_column("I", [entry.last - entry.first for entry in entries]),
    )


def _keys(entries: Iterable[Entry]) -> Keys:
    keys: list[int] = []
    since: list[int] = []
    for entry in entries:
        before = entry.first
        for key in entry.keys:
            at = second_of(key)
            since.append(at - before)
            before = at
        keys.extend(entry.keys)
    high = bytes([id_part(key) >> 32 for key in keys])
    return Keys(to_column("I", [key & _LOW for key in keys]), high, to_column("I", since))


def _examples(entries: Iterable[Entry]) -> tuple[bytes, bytes, dict[int, str]]:
    """Which entries have a UUID, these as 16 bytes each, and what is no UUID as text, by place."""
    has_example, ids, odd = [], [], {}
    for place, entry in enumerate(entries):
        binary = _binary(entry.example)
        has_example.append(binary is not None)
        if binary is not None:
            ids.append(binary)
        elif entry.example:
            odd[place] = entry.example
    return bytes(has_example), b"".join(ids), odd


def _binary(example: str) -> bytes | None:
    try:
        binary = bytes.fromhex(example.replace("-", ""))
    except ValueError:
        return None
    return binary if len(binary) == _ID_SIZE and any(binary) and _uuid(binary.hex()) == example else None


_ID_SIZE = 16


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


# ---- from bytes


def _read_rows(names: Names, entries: list[Entry]) -> Iterator[tuple[Row, tuple[Entry, ...]]]:
    family = from_column("I", names.family)
    ends = [0, *accumulate(from_column("I", names.entries))]
    places = zip(family, from_column("I", names.context), _read_values(names, family), pairwise(ends), strict=True)
    for place, (at, context, values, (begin, end)) in enumerate(places):
        row = Row(names.families[at], names.contexts[context], values, names.shared.get(place, ""))
        yield row, tuple([entry for entry in entries[begin:end] if entry.events])


def _read_values(names: Names, family: list[int]) -> Iterator[tuple[str, ...]]:
    for place, group in groupby(family):
        yield from whole(names.values[place], sum(1 for _ in group))


def _read_entries(names: Names, numbers: Numbers, keys: list[tuple[int, ...]] | None) -> list[Entry]:
    first, lasted = from_column("I", numbers.first), from_column("I", numbers.lasted)
    columns = zip(
        from_column("i", numbers.days),
        from_column("I", numbers.events),
        first,
        map(add, first, lasted),
        _read_examples(names),
        keys or [()] * len(first),
        strict=True,
    )
    if len(first) != len(lasted):
        raise ValueError("the numbers of its entries differ")
    return list(map(_made, columns))


_made: Callable[[tuple[int, int, int, int, str, tuple[int, ...]]], Entry] = partial(tuple.__new__, Entry)
"""What `Entry._make` does, without a call of Python for each: there are thousands in one answer."""


def _read_examples(names: Names) -> list[str]:
    count = len(names.has_example) - names.has_example.count(0)
    if len(names.examples) != _ID_SIZE * count:
        raise ValueError("the examples are not those of its entries")
    digits = names.examples.hex()
    ids = (_uuid(digits[at : at + 2 * _ID_SIZE]) for at in range(0, len(digits), 2 * _ID_SIZE))
    odd = names.odd_examples
    return [next(ids) if has_example else odd.get(place, "") for place, has_example in enumerate(names.has_example)]


def _read_keys(content: Keys, numbers: Numbers) -> list[tuple[int, ...]]:
    """The keys of each entry."""
    low, since = from_column("I", content.low), from_column("I", content.since)
    ends = [0, *accumulate(from_column("I", numbers.events))]
    if not ends[-1] == len(low) == len(since) == len(content.high):
        raise ValueError("the keys are not those of its events")
    ids = [(high << 32) | each for high, each in zip(content.high, low, strict=True)]
    return [
        tuple(map(joined, islice(accumulate(since[begin:end], initial=first), 1, None), ids[begin:end]))
        for first, (begin, end) in zip(from_column("I", numbers.first), pairwise(ends), strict=True)
    ]
