"""Columns of numbers as bytes, and keys, which are nothing else."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

FORMAT = 2
"""The version of both parts; one more with each change that an older reader would not understand."""

LEVEL = 3
"""How hard packing tries: level 6 makes an index smaller by 2 in 100, and takes twice as long."""


class Keys(NamedTuple):
    """The keys of all entries, one after the other: low and high bits of the id, and seconds since the one before it,
    for an entry's first key since the entry's first event.
    """

    low: bytes
    high: bytes
    since: bytes


class _StoredKeys(msgspec.Struct, array_like=True):
    """Ids are as good as random, so only the seconds are compressed, and the ids have a checksum instead."""

    format: int
    low: bytes
    high: bytes
    checksum: int
    since: bytes


def packed_keys(keys: Keys) -> bytes:
    """Keys as bytes."""
    checksum = zlib.crc32(keys.high, zlib.crc32(keys.low))
    return msgspec.msgpack.encode(_StoredKeys(FORMAT, keys.low, keys.high, checksum, zlib.compress(keys.since, LEVEL)))


def unpacked_keys(content: bytes) -> Keys:
    """Keys again; call it within `reading_of`."""
    found = msgspec.msgpack.decode(content, type=_StoredKeys)
    check_format(found.format)
    if zlib.crc32(found.high, zlib.crc32(found.low)) != found.checksum:
        raise ValueError("the ids are not those that were stored")
    return Keys(found.low, found.high, zlib.decompress(found.since))


def to_column(kind: str, numbers: Iterable[int]) -> bytes:
    """Whole numbers of 32 bits (`array`)."""
    return planes(array(kind, numbers).tobytes())


def from_column(kind: str, content: bytes) -> list[int]:
    """The numbers again."""
    return number_column(kind, content).tolist()


def number_column(kind: str, content: bytes) -> array[int]:
    """The numbers again, where there are many."""
    size = len(content) // 4
    together = bytearray(len(content))
    for place in range(4):
        together[place::4] = content[place * size : (place + 1) * size]
    numbers = array(kind)
    numbers.frombytes(together)
    return numbers


def planes(column: bytes) -> bytes:
    """The first bytes of all numbers, then the second ones: most high bytes are alike, which packs well."""
    return b"".join([column[place::4] for place in range(4)])


def plain_column(kind: str, content: bytes) -> list[int]:
    """The numbers of a column that is not in planes yet."""
    numbers = array(kind)
    numbers.frombytes(content)
    return numbers.tolist()


def check_format(number: int) -> None:
    """Raise a ValueError where it is not the one that is read here."""
    if number != FORMAT:
        raise ValueError(f"it is in format {number}, this is for format {FORMAT}")
