"""A stream of bytes to records, whatever they are framed in: lists of any depth of wrapping, JSON lines, single values.

Most of a trail goes by slices of about 64 KiB, cut where a record seems to begin and decoded at once; a slice that
decodes proves that its cut was right. What does not decode goes value by value, and after one that is broken reading
goes on where the next record begins. Nothing longer than a record may be is ever held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from service.core.events import Aside, Malformed, Parsed
from service.core.trail.brackets import NOT_CLOSED, OPENS, closing, value_end
from service.core.trail.envelopes import LISTS, parse_value
from service.core.trail.foreign import TEXT, foreign
from service.core.trail.records import parse_slice
from service.core.trail.tolerant import INVALID_JSON
from service.core.trail.window import Chunk, Fault, Window

SLICE = 1 << 16
"""Slices of this size stay in the processor's cache, which is what makes them fast."""

SCANNED = 4 * SLICE
"""The size of slices that are scanned as they stand: nothing of them is decoded, and each costs something."""

AHEAD = 2 * SCANNED
"""How much is read when the end of a slice is not at hand: what is at hand already is copied each time."""

MAX_NESTED = 4 * SLICE
"""How far a value may reach beyond what looks like the beginning of the next one: CloudTrail's limit for an event.

"Maximum event size: 256 KB", https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html
"""

OPENING = 512
"""How much is looked at to tell what begins here."""

MAX_RECORD = 4 << 20
"""The longest value that is read as one. CloudTrail's own limit for an event is far below."""

TOO_LONG = "longer than a record may be"
CUT_OFF = "file ends within a record"
EMPTY = "empty file"

Scan = Callable[[bytes, int, int], tuple[int, list[tuple[int, bytes]]] | None]
"""Takes in the records of a list from one place to another, without its brackets, as they stand in the file.

It says how many there are, and gives back those that it did not take in, with their places; `None` means that it took
in nothing, because not all of it is a list of objects.
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Events that a scan took in, one after the other: how many."""

    events: int


Found = Sequence[Parsed | Taken] | Fault
"""Records in the order of the file, some at a time; or where the file stops being readable."""

_SPACE = re.compile(rb"[ \t\r\n]*")
_BETWEEN = re.compile(rb"[ \t\r\n,]*")
_LIST_NAMES = b"|".join(name.encode() for name in LISTS)
_LIST_MEMBER = re.compile(rb'"(?:' + _LIST_NAMES + rb')"\s*:\s*\[')
_LIST_FIRST = re.compile(rb"\{\s*" + _LIST_MEMBER.pattern)
# Lines of CloudWatch Logs exports begin with the time of the log event.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasksConsole.html
_STAMP = re.compile(rb"\d{4}-\d\d-\d\d[T ][0-9:.]{5,18}Z? +(?=\{)")
_LINE_BEGINS = re.compile(rb'\n(?P<next>\{\s*"|\[\s*\{|' + _STAMP.pattern + rb")")
# Looking for the end of a value that has none is slow; a file of such values must not take for ever.
_MOST_LOST_WALKS = 100
_NEVER = re.compile(rb"(?!)(?P<next>)")
_FIRST_KEY = re.compile(rb'\{\s*"([A-Za-z0-9_@-]{1,64})"\s*:')
_MOST_KEYS = 16
_GOES_ON = re.compile(rb'\]\s*,\s*[^"\s]')
# The end of a list, of the object that holds it, and the beginning of the next one.
_NEXT_DOCUMENT = re.compile(rb"\]\s*\}\s*(?=\{)")
_TAIL = re.compile(rb"\]\s*\}?\s*\Z")


def read(chunks: Iterator[Chunk], longest: int = MAX_RECORD, scan: Scan | None = None) -> Iterator[Found]:
    """Everything in a file, in its order. What `scan` takes in is only counted here."""
    reader = _Reader(Window(chunks), longest, scan)
    yield from reader.values()
    if (fault := reader.window.fault or reader.fault) is not None:
        yield fault


class _Reader:
    """The state of reading one file: the window, and how the records of its lists seem to begin."""

    def __init__(self, window: Window, longest: int, scan: Scan | None) -> None:
        self.window = window
        self.fault: Fault | None = None
        self._lost = False
        self._joined = False  # there was another value before this one, so there may be one after it
        self._walks_left = _MOST_LOST_WALKS
        self._longest = longest
        self._scan = scan
        self._keys: list[bytes] = []
        self._boundary = _NEVER

    def values(self) -> Iterator[Found]:
        """The values of the file's top level."""
        window = self.window
        if not window.skip(_SPACE):
            yield from () if window.fault else [[Aside(EMPTY)]]
            return
        window.want(OPENING)
        if (kind := foreign(window.data[window.pos : window.pos + OPENING])) is not None:
            yield [Aside(kind)]
            return
        if not self._begins_value():
            found = window.seek(_LINE_BEGINS)
            yield [Malformed(INVALID_JSON, "the file begins within a record") if found else Aside(TEXT)]
        while window.skip(_SPACE):
            yield from self._top()
            self._joined = True

    def _begins_value(self) -> bool:
        data, pos = self.window.data, self.window.pos
        return data[pos : pos + 1] in (b"{", b"[") or _STAMP.match(data, pos) is not None

    def _top(self) -> Iterator[Found]:
        window = self.window
        window.want(SLICE)
        if (stamp := _STAMP.match(window.data, window.pos)) is not None:
            window.pos = stamp.end()
        if (opening := _LIST_FIRST.match(window.data, window.pos)) is not None:
            window.pos = opening.end()
            yield from self._list()
            yield from self._rest_of_object()
        elif window.data[window.pos : window.pos + 1] == b"[":
            window.pos += 1
            yield from self._list()
        else:
            yield from self._lines()

    # ---- JSON lines

    def _lines(self) -> Iterator[Found]:
        window = self.window
        cut = window.data.rfind(b"\n", window.pos, window.pos + SLICE) + 1
        if cut == 0:
            yield from self._one(_LINE_BEGINS, listed=False)
            return
        if (found := parse_slice(window.data[window.pos : cut], lines=True)) is not None:
            window.pos = cut
            yield found
            return
        yield from self._each_line(window.offset + cut - window.pos)

    def _each_line(self, end: int) -> Iterator[Found]:
        """Value by value up to an offset; a list that opens there is left to `_top`, which reads it by slices."""
        window = self.window
        while window.offset < end and window.skip(_SPACE):
            window.want(OPENING)
            if (stamp := _STAMP.match(window.data, window.pos)) is not None:
                window.pos = stamp.end()
            if window.data[window.pos : window.pos + 1] == b"[" or _LIST_FIRST.match(window.data, window.pos):
                return
            yield from self._one(_LINE_BEGINS, listed=False)

    # ---- lists

    def _list(self) -> Iterator[Found]:
        """The values of a list, after its opening bracket."""
        window = self.window
        while window.skip(_BETWEEN):
            window.want(OPENING)
            if self._list_ends():
                window.pos += 1
                return
            self._learn()
            cut, found = self._slice()
            if found is not None:
                window.pos = cut
                yield found
            else:
                yield from self._each_listed(window.offset + max(cut - window.pos, 1))
        self._cut_off()

    def _slice(self) -> tuple[int, Sequence[Parsed | Taken] | None]:
        """Where to cut, and the records up to there; `None` when they cannot be read together."""
        if self._scan is not None:
            cut = self._cut(SCANNED)
            taken = self._scan(self.window.data, self.window.pos, cut) if cut else None
            if taken is not None:
                return cut, list(between(*taken))
        cut = self._cut(SLICE)
        return cut, parse_slice(self._as_list(cut), lines=False) if cut else None

    def _each_listed(self, end: int) -> Iterator[Found]:
        window = self.window
        while window.offset < end and window.skip(_BETWEEN):
            window.want(OPENING)
            if self._list_ends():
                return
            self._learn()
            yield from self._one(self._boundary, listed=True)

    def _list_ends(self) -> bool:
        """Only a member, or nothing, can follow the end of a list; before anything else it is a bracket too many."""
        data, pos = self.window.data, self.window.pos
        return data[pos : pos + 1] == b"]" and _GOES_ON.match(data, pos) is None

    def _learn(self) -> None:
        """Note how the record here begins: most of its neighbours begin with the same member."""
        first = _FIRST_KEY.match(self.window.data, self.window.pos)
        if first is None or first[1] in self._keys or len(self._keys) >= _MOST_KEYS:
            return
        self._keys.append(first[1])
        keys = b"|".join(re.escape(key) for key in self._keys)
        self._boundary = re.compile(rb',\s*(?P<next>\{\s*"(?:' + keys + rb')"\s*:)')

    def _cut(self, size: int) -> int:
        """Where to cut the slice of about this size that begins here; 0 when no place can be seen."""
        hit = self._next_boundary(size)
        data, pos = self.window.data, self.window.pos
        end = hit.start() if hit is not None else len(data)
        if self._joined and (joint := _NEXT_DOCUMENT.search(data, pos, end)) is not None:
            return joint.start()
        if hit is not None:
            return end
        if self.window.ended and (tail := _TAIL.search(data, max(pos, len(data) - OPENING))) is not None:
            return tail.start()
        return 0

    def _as_list(self, cut: int) -> bytes:
        """The slice up to the cut, as JSON; in one go, because each copy of it takes as long as finding the cut."""
        return b"".join((b"[", memoryview(self.window.data)[self.window.pos : cut], b"]"))

    def _next_boundary(self, size: int) -> re.Match[bytes] | None:
        """The first after a slice's length. More is read only where it is not at hand: reading on copies."""
        window = self.window
        hit = self._boundary.search(window.data, window.pos + size, window.pos + size + SLICE)
        if hit is None and not window.ended and window.ahead < size + SLICE:
            window.want(AHEAD)
            hit = self._boundary.search(window.data, window.pos + size, window.pos + size + SLICE)
        return hit

    def _rest_of_object(self) -> Iterator[Found]:
        """What follows a list within its object: other members, perhaps other lists."""
        while (size := closing(self.window, 1, self._longest, _LIST_MEMBER)) == OPENS:
            yield from self._list()
        if size != NOT_CLOSED:
            self.window.pos += size
            if self.window.data[self.window.pos - 1 : self.window.pos] != b"}":
                yield [Malformed(INVALID_JSON, "what follows the list")]
        elif self.window.seek(_LINE_BEGINS, skip=0):
            yield [Malformed(INVALID_JSON, "what follows the list")]
        else:
            self._cut_off()

    # ---- one value

    def _one(self, boundary: re.Pattern[bytes], *, listed: bool) -> Iterator[Found]:
        """The value here. It ends where the next record begins, or where its brackets close."""
        window = self.window
        size = self._to_boundary(boundary)
        if size and (found := self._parsed(size, listed)) is not None:
            window.pos += size
            yield found
            return
        closed = self._value_end(nested=size > 0, listed=listed)
        if closed == OPENS:
            yield from self._list()
            yield from self._rest_of_object()
        elif closed != NOT_CLOSED and (found := self._parsed(closed, listed)) is not None:
            window.pos += closed
            yield found
        elif closed != NOT_CLOSED and (closed <= size or not size):
            window.pos += closed
            yield [Malformed(INVALID_JSON)]
        else:
            yield from self._given_up(boundary, size)

    def _value_end(self, *, nested: bool, listed: bool) -> int:
        if not nested:
            return value_end(self.window, self._longest, None if listed else _LIST_MEMBER)
        if self._walks_left == 0:
            return NOT_CLOSED
        closed = value_end(self.window, MAX_NESTED, None if listed else _LIST_MEMBER)
        self._walks_left -= closed == NOT_CLOSED
        return closed

    def _to_boundary(self, boundary: re.Pattern[bytes]) -> int:
        """How many bytes lie before the next record's beginning; 0 when none is within a record's length."""
        window, wanted = self.window, SLICE
        while True:
            window.want(wanted)
            hit = boundary.search(window.data, window.pos + 1, window.pos + self._longest)
            if hit is not None:
                return hit.start() - window.pos
            if window.ended or wanted >= self._longest:
                return 0
            wanted *= 4

    def _parsed(self, size: int, listed: bool) -> Sequence[Parsed] | None:
        """The records in the next `size` bytes; `None` when they are not one JSON value."""
        window = self.window
        found = list(parse_value(window.data[window.pos : window.pos + size], listed=listed))
        broken = len(found) == 1 and isinstance(found[0], Malformed) and found[0].reason == INVALID_JSON
        return None if broken else found

    def _given_up(self, boundary: re.Pattern[bytes], size: int) -> Iterator[Found]:
        """A value that does not end where it could: it is lost, what comes after it is not."""
        window = self.window
        opens = window.data[window.pos : window.pos + 1] in (b"{", b"[", b'"')
        whole = window.ended and window.ahead < self._longest
        start = window.offset
        lost = not window.seek(boundary)
        if opens and whole and lost:
            self._cut_off()
            return
        self._lost = lost
        reason = INVALID_JSON if size or whole else TOO_LONG
        yield [Malformed(reason, f"{window.offset - start} bytes left out")]

    def _cut_off(self) -> None:
        if self.fault is None and self.window.fault is None and not self._lost:
            self.fault = Fault(CUT_OFF)


def between(count: int, left: Sequence[tuple[int, bytes]]) -> Iterator[Parsed | Taken]:
    """The records that a scan left, and how many it took in before, between and after them."""
    done = 0
    for place, record in left:
        if place > done:
            yield Taken(place - done)
        yield from parse_value(record, listed=True)
        done = place + 1
    if count > done:
        yield Taken(count - done)
