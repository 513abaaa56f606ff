"""The bytes of a file to plain UTF-8: gzip, byte order marks and UTF-16, in pieces of bounded size."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator

from service.core.trail.window import Chunk, Fault

PIECE = 1 << 18
"""The most that one step of decompression may grow to, whatever the file claims: gzip bombs meet it too."""

GZIP_CUT_OFF = "gzip data end early"
GZIP_DAMAGED = "gzip data are damaged"
UTF16_CUT_OFF = "UTF-16 text ends within a character"

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
# Delivery by Firehose compresses what CloudWatch Logs has compressed already.
# https://docs.aws.amazon.com/firehose/latest/dev/writing-with-cloudwatch-logs.html
_MOST_LAYERS = 2


def unpacked(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """Plain UTF-8. A fault in the data comes after everything that could be read before it."""
    for _ in range(_MOST_LAYERS):
        head, chunks = _peek(chunks)
        if not head.startswith(_GZIP):
            break
        chunks = gunzip(chunks)
    head, chunks = _peek(chunks)
    if head.startswith(codecs.BOM_UTF8):
        return _without(chunks, len(codecs.BOM_UTF8))
    if (encoding := _UTF16_BEGINNINGS.get(head[:2])) is not None:
        return _recoded(chunks, encoding)
    return chunks


def gunzip(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The content of one gzip member after the other. The only place that knows who decompresses."""
    members = _Members()
    for chunk in chunks:
        if not isinstance(chunk, bytes):
            yield chunk
            return
        try:
            yield from members.content(chunk)
        except zlib.error as error:
            yield Fault(GZIP_DAMAGED, str(error))
            return
    if members.open:
        yield Fault(GZIP_CUT_OFF)


class _Members:
    """The gzip member that is being read; `open` while its end has not come."""

    def __init__(self) -> None:
        self.open = False
        self._member = zlib.decompressobj(_GZIP_WINDOW)

    def content(self, chunk: bytes) -> Iterator[bytes]:
        # Zero bytes between members are padding: https://www.gnu.org/software/gzip/manual/html_node/Tapes.html
        while chunk := chunk if self.open else chunk.lstrip(b"\x00"):
            self.open = True
            yield from self._step(chunk)
            chunk = self._member.unconsumed_tail
            if self._member.eof:
                chunk, self.open = self._member.unused_data, False
                self._member = zlib.decompressobj(_GZIP_WINDOW)

    def _step(self, chunk: bytes) -> Iterator[bytes]:
        """One step of decompression. At damage zlib gives nothing of it, so it is done again in small steps."""
        before = self._member.copy()
        try:
            yield self._member.decompress(chunk, PIECE)
        except zlib.error:
            for at in range(0, len(chunk), _SMALL):
                yield before.decompress(chunk[at : at + _SMALL])
            raise


_SMALL = 8


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


def _without(chunks: Iterator[Chunk], size: int) -> Iterator[Chunk]:
    for chunk in chunks:
        if isinstance(chunk, bytes) and size:
            size, chunk = max(size - len(chunk), 0), chunk[size:]  # noqa: PLW2901  # the rest of the same chunk
        yield chunk
