"""gzip by either of two decompressors: whole, in several members, padded, cut off or damaged, they give the same."""

from __future__ import annotations

import gzip
import random
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from service.core.trail import inflating
from service.core.trail.inflating import GZIP_CUT_OFF, GZIP_DAMAGED, PIECE, gunzip
from service.core.trail.window import Chunk, Fault

TEXT = b"".join(b'{"a":"%d","b":"%x"},' % (number, number * 7919**3) for number in range(300))
LONG = TEXT * 60

needs_igzip = pytest.mark.skipif(inflating.igzip_lib() is None, reason="the extra `fast` is not installed")


def inflated(packed: bytes, size: int = 1 << 16, *, fast: bool = False) -> tuple[bytes, Fault | None]:
    """The content, and the fault where there is one."""

    def chunks() -> Iterator[Chunk]:
        return (packed[at : at + size] for at in range(0, len(packed), size))

    content: list[bytes] = []
    found = gunzip(chunks(), chunks if fast else None)
    for chunk in found:
        if isinstance(chunk, Fault):
            assert next(found, None) is None
            return b"".join(content), chunk
        assert len(chunk) <= PIECE
        content.append(chunk)
    return b"".join(content), None


WHOLE = {
    "one member": (gzip.compress(TEXT), TEXT),
    "many steps": (gzip.compress(LONG), LONG),
    "nothing in it": (gzip.compress(b""), b""),
    "nothing at all": (b"", b""),
    "members": (gzip.compress(TEXT) + gzip.compress(b"") + gzip.compress(b"end"), TEXT + b"end"),
    "padding": (gzip.compress(TEXT) + b"\0" * 512, TEXT),
    "padding between": (b"\0" * 3 + gzip.compress(b"a") + b"\0" * 700 + gzip.compress(b"b"), b"ab"),
    "not compressed": (gzip.compress(TEXT, 0), TEXT),
    "a name in the header": (b"\x1f\x8b\x08\x08\0\0\0\0\0\0name\0" + gzip.compress(TEXT)[10:], TEXT),
    "repeats beyond a step": (gzip.compress(b"x" * (3 * PIECE + 1)), b"x" * (3 * PIECE + 1)),
}


@pytest.mark.parametrize("fast", [False, pytest.param(True, marks=needs_igzip)])
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
@pytest.mark.parametrize("name", WHOLE)
def test_whole_files(name: str, size: int, fast: bool) -> None:
    packed, content = WHOLE[name]
    assert inflated(packed, size, fast=fast) == (content, None)


@pytest.mark.parametrize("fast", [False, pytest.param(True, marks=needs_igzip)])
def test_everything_before_the_damage_is_given(fast: bool) -> None:
    """Also what stands in the same step."""
    packed = gzip.compress(LONG)
    for wrong in (packed[:-8] + b"\0" * 8, packed[:-4] + b"\0" * 4, packed + b"rubbish"):
        content, fault = inflated(wrong, fast=fast)
        assert content == LONG
        assert fault is not None
        assert fault.reason == GZIP_DAMAGED
    for wrong in (packed[:-1], packed[:-9], packed + packed[:5], packed + b"\x1f"):
        content, fault = inflated(wrong, fast=fast)
        assert LONG.startswith(content)
        assert len(content) > len(LONG) - 300
        assert fault == Fault(GZIP_CUT_OFF)


def damaged(chance: random.Random) -> bytes:
    """A gzip file that is cut off, or has other bytes than it should."""
    content = (TEXT[: chance.randrange(len(TEXT))], TEXT[:200], LONG[: chance.randrange(len(LONG))])[
        chance.randrange(3)
    ]
    packed = bytearray(gzip.compress(content, chance.choice([0, 1, 6, 9])))
    if chance.random() < 0.2:
        packed += b"\0" * chance.randrange(9) + gzip.compress(TEXT)
    match chance.randrange(3):
        case 0:
            del packed[chance.randrange(len(packed)) :]
        case 1:
            packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
        case _:
            packed[chance.randrange(min(len(packed), 40))] = chance.randrange(256)
    return bytes(packed)


@needs_igzip
def test_damage_is_met_alike() -> None:
    """In files as they are read, 64 KiB at a time."""
    chance = random.Random(5)
    faults = 0
    for _ in range(300):
        packed = damaged(chance)
        found = inflated(packed)
        faults += found[1] is not None
        assert inflated(packed, fast=True) == found
    assert faults > 200


def test_how_the_file_is_cut_never_shows() -> None:
    chance = random.Random(6)
    for _ in range(150):
        packed = damaged(chance)
        whole, cut = inflated(packed), inflated(packed, chance.choice([1, 7, 100] if len(packed) < 1000 else [5000]))
        assert cut[0] == whole[0]
        assert (cut[1] and cut[1].reason) == (whole[1] and whole[1].reason)


@needs_igzip
def test_what_igzip_lets_pass_is_zlibs_to_refuse() -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[3] |= 0x40
    content, fault = inflated(bytes(packed), fast=True)
    assert content == b""
    assert fault is not None
    assert "header flags" in fault.detail


@needs_igzip
def test_a_good_file_is_read_once() -> None:
    def never() -> Iterator[Chunk]:
        raise AssertionError("read again")

    assert b"".join(each for each in gunzip(iter([gzip.compress(LONG)]), never) if isinstance(each, bytes)) == LONG


@pytest.mark.parametrize("fast", [False, pytest.param(True, marks=needs_igzip)])
def test_memory_does_not_grow_with_the_file(fast: bool) -> None:
    member = zlib.compressobj(9, wbits=31)
    packed = b"".join([*(member.compress(b"x" * (1 << 20)) for _ in range(64)), member.flush()])

    def chunks() -> Iterator[Chunk]:
        return iter([packed])

    tracemalloc.start()
    size = sum(len(each) for each in gunzip(chunks(), chunks if fast else None) if isinstance(each, bytes))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == 64 << 20
    assert peak < 4 << 20
