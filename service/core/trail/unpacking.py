"""The bytes of a file to plain UTF-8: gzip, byte order marks and UTF-16, in pieces of bounded size."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from service.core.trail.inflating import Again, gunzip, without
from service.core.trail.window import Chunk, Fault

UTF16_CUT_OFF = "UTF-16 text ends within a character"

_GZIP = b"\x1f\x8b"
# Delivery by Firehose compresses what CloudWatch Logs has compressed already.
# https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs.html
_MOST_LAYERS = 2


def unpacked(chunks: Iterator[Chunk], again: Again | None = None) -> Iterator[Chunk]:
    """Plain UTF-8. A fault in the data comes after everything that could be read before it.

    With `again`, which reads the same file once more, unpacking is fast.
    """
    for _ in range(_MOST_LAYERS):
        head, chunks = _peek(chunks)
        if not head.startswith(_GZIP):
            break
        chunks, again = gunzip(chunks, again), None
    head, chunks = _peek(chunks)
    if head.startswith(codecs.BOM_UTF8):
        return without(chunks, len(codecs.BOM_UTF8))
    if (encoding := _UTF16_BEGINNINGS.get(head[:2])) is not None:
        return _recoded(chunks, encoding)
    return chunks


# How UTF-16 begins: with a byte order mark, or with a bracket and a zero byte.
_UTF16_BEGINNINGS: dict[bytes, str] = {
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
    b"{\x00": "utf-16-le",
    b"[\x00": "utf-16-le",
    b"\x00{": "utf-16-be",
    b"\x00[": "utf-16-be",
}


def _recoded(chunks: Iterator[Chunk], encoding: str) -> Iterator[Chunk]:
    """Half of a surrogate pair passes as bytes that are not UTF-8, which costs the record that it is in."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for chunk in chunks:
        if not isinstance(chunk, bytes):
            yield chunk
            return
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield Fault(UTF16_CUT_OFF)


def _peek(chunks: Iterator[Chunk], size: int = 4) -> tuple[bytes, Iterator[Chunk]]:
    """The first bytes, and everything again from the beginning."""
    taken: list[Chunk] = []
    head = b""
    for chunk in chunks:
        taken.append(chunk)
        if not isinstance(chunk, bytes):
            break
        head += chunk
        if len(head) >= size:
            break
    return head[:size], _chained(taken, chunks)


def _chained(taken: list[Chunk], chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    yield from taken
    yield from chunks
