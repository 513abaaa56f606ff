"""gzip to its content: by igzip where it is installed, which is twice as fast, and by zlib otherwise.

Both give the same. Where igzip meets damage, or header flags that it would let pass, zlib reads the file again from its
beginning and decides. One thing igzip notices later: a code table that lacks codes, which only damage makes; what it
gave of that block by then, if it was more than a step, stays.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from service.core.trail.window import Chunk, Fault

PIECE = 1 << 17
"""The most that one step of decompression may grow to, whatever the file claims: gzip bombs meet it too."""

GZIP_CUT_OFF = "gzip data end early"
GZIP_DAMAGED = "gzip data are damaged"

Again = Callable[[], Iterator[Chunk]]
"""The same file from its beginning."""


def gunzip(chunks: Iterator[Chunk], again: Again | None = None) -> Iterator[Chunk]:
    """The content of one gzip member after the other. What cannot be read `again` is left to zlib."""
    igzip = igzip_lib()
    if igzip is None or again is None:
        yield from _content(chunks, _ByZlib())
        return
    given = 0
    for chunk in _content(chunks, _ByIgzip(igzip)):
        if isinstance(chunk, Fault) and chunk.reason in (GZIP_CUT_OFF, GZIP_DAMAGED):
            yield from without(_content(again(), _ByZlib()), given)
            return
        given += len(chunk) if isinstance(chunk, bytes) else 0
        yield chunk


def inflated(stored: bytes, most: int) -> bytes | None:
    """The content of a file of one gzip member; `None` where it is not that, is larger than `most` bytes, or where
    igzip is not installed.
    """
    igzip = igzip_lib()
    if igzip is None or stored[:_FLAGS] != _DEFLATED or stored[_FLAGS : _FLAGS + 1] > _NO_RESERVED:
        return None
    member = igzip.IgzipDecompressor(flag=igzip.DECOMP_GZIP)
    try:
        content: bytes = member.decompress(stored, most + 1)
    except igzip.IsalError:
        return None
    return content if member.eof and len(content) <= most and not member.unused_data else None


@cache
def igzip_lib() -> ModuleType | None:
    """The module, where the extra `fast` is installed."""
    try:
        return import_module("isal.igzip_lib")
    except ImportError:
        return None


def without(chunks: Iterator[Chunk], size: int) -> Iterator[Chunk]:
    """What comes after so many bytes."""
    for chunk in chunks:
        if isinstance(chunk, bytes) and size:
            size, chunk = max(size - len(chunk), 0), chunk[size:]  # noqa: PLW2901  # the rest of the same chunk
        yield chunk


class _Decompressor(Protocol):
    """Content of gzip members, fed with the file chunk by chunk; `open` while the end of a member has not come."""

    open: bool

    def content(self, chunk: bytes) -> Iterator[bytes]:
        """What the chunk holds.

        Raises:
            _DamageError: it is no gzip, or damaged.
        """


class _DamageError(Exception):
    """gzip data are not what was compressed."""


def _content(chunks: Iterator[Chunk], members: _Decompressor) -> Iterator[Chunk]:
    for chunk in chunks:
        if not isinstance(chunk, bytes):
            yield chunk
            return
        try:
            yield from members.content(chunk)
        except _DamageError as error:
            yield Fault(GZIP_DAMAGED, str(error))
            return
    if members.open:
        yield Fault(GZIP_CUT_OFF)


class _ByZlib:
    """At damage, everything is given that comes before it, to the byte, however the file was cut into chunks."""

    def __init__(self) -> None:
        self.open = False
        self._member = zlib.decompressobj(_GZIP_WINDOW)

    def content(self, chunk: bytes) -> Iterator[bytes]:
        while chunk := chunk if self.open else chunk.lstrip(_PADDING):
            self.open = True
            yield from self._of_member(chunk)
            chunk = self._member.unused_data
            if self._member.eof:
                self.open = False
                self._member = zlib.decompressobj(_GZIP_WINDOW)

    def _of_member(self, chunk: bytes) -> Iterator[bytes]:
        more = True
        while more:
            before = self._member.copy()
            try:
                piece = self._member.decompress(chunk, PIECE)
            except zlib.error as error:
                yield from _before_damage(before, chunk)
                raise _DamageError(str(error)) from error
            yield piece
            chunk, more = self._member.unconsumed_tail, len(piece) == PIECE


def _before_damage(member: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    """zlib gives nothing of a step in which it meets damage: that step is taken again, in the end byte by byte."""
    for at in range(0, len(chunk), _STEP):
        before, step = member.copy(), chunk[at : at + _STEP]
        try:
            yield member.decompress(step)
        except zlib.error:
            yield from _byte_by_byte(before, step)
            return


def _byte_by_byte(member: zlib._Decompress, chunk: bytes) -> Iterator[bytes]:
    for at in range(len(chunk)):
        left = chunk[at : at + 1]
        try:
            while found := member.decompress(left, 1):
                yield found
                left = member.unconsumed_tail
        except zlib.error:
            return


_STEP = 1 << 10
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
# Zero bytes between members are padding: https://www.gnu.org/software/gzip/manual/html_node/Tapes.html
_PADDING = b"\x00"


class _ByIgzip:
    """Gives up at the least doubt."""

    def __init__(self, igzip: ModuleType) -> None:
        self.open = False
        self._head = b""
        self._igzip = igzip
        self._member = self._begin()

    def content(self, chunk: bytes) -> Iterator[bytes]:
        try:
            while chunk := chunk if self.open and not self._head else self._begun(chunk):
                yield self._member.decompress(chunk, PIECE)
                while not (self._member.needs_input or self._member.eof):
                    yield self._member.decompress(b"", PIECE)
                chunk = self._member.unused_data
                if self._member.eof:
                    self.open = False
                    self._member = self._begin()
        except self._igzip.IsalError as error:
            raise _DamageError(str(error)) from error

    def _begun(self, chunk: bytes) -> bytes:
        """A member's first bytes; nothing while its flags are not among them."""
        head = self._head + chunk if self._head else chunk.lstrip(_PADDING)
        self.open = bool(head)
        if len(head) <= _FLAGS:
            self._head = head
            return b""
        self._head = b""
        if head[_FLAGS] & _RESERVED:
            raise _DamageError("unknown header flags")
        return head

    def _begin(self) -> Any:
        return self._igzip.IgzipDecompressor(flag=self._igzip.DECOMP_GZIP)


# "Reserved FLG bits must be zero", https://www.rfc-editor.org/rfc/rfc1952#section-2.3.1.2: zlib looks, igzip does not.
_FLAGS, _RESERVED = 3, 0xE0
_NO_RESERVED = b"\x1f"
_DEFLATED = b"\x1f\x8b\x08"
