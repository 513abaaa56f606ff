"""A window over a stream of bytes: what was read and not yet used, and no more than somebody asked to hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a file stops being readable: a fixed phrase that can be counted, and what was found."""

    reason: str
    detail: str = ""


Chunk = bytes | Fault
"""A piece of a file, or the reason why nothing comes after it."""

OVERLAP = 512
"""How much is kept while searching, so that a match across two chunks is found."""


class Window:
    """The bytes from `pos` on are still to be used. Positions within `data` hold until the next `want` or `seek`."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self.data = b""
        self.pos = 0
        self.ended = False
        self.fault: Fault | None = None
        self._dropped = 0

    @property
    def offset(self) -> int:
        """How many bytes of the stream lie before `pos`."""
        return self._dropped + self.pos

    @property
    def ahead(self) -> int:
        """How many bytes are at hand."""
        return len(self.data) - self.pos

    def want(self, size: int) -> None:
        """Have at least `size` bytes at hand, or all that there are."""
        parts = []
        missing = size - self.ahead
        while missing > 0 and not self.ended:
            parts.append(self._next())
            missing -= len(parts[-1])
        if not any(parts):
            return
        if rest := self.data[self.pos :]:
            parts.insert(0, rest)
        self._dropped += self.pos
        self.pos = 0
        self.data = b"".join(parts)  # of one part, no copy

    def skip(self, pattern: re.Pattern[bytes]) -> bool:
        """Leave out what the pattern matches, across chunks; whether anything is left."""
        while True:
            if (found := pattern.match(self.data, self.pos)) is not None:
                self.pos = found.end()
            if self.ahead or self.ended:
                return self.ahead > 0
            self.want(1)

    def seek(self, pattern: re.Pattern[bytes], skip: int = 1) -> bool:
        """Go to where the pattern's group `next` begins, holding next to nothing meanwhile; whether there is one."""
        start = self.pos + skip
        while True:
            if (found := pattern.search(self.data, start)) is not None:
                self.pos = found.start("next")
                return True
            if self.ended:
                self.pos = len(self.data)
                return False
            self.pos = max(start, len(self.data) - OVERLAP)
            self.want(self.ahead + 1)
            start = self.pos

    def _next(self) -> bytes:
        chunk = next(self._chunks, None)
        if isinstance(chunk, bytes):
            return chunk
        self.ended, self.fault = True, chunk
        return b""
