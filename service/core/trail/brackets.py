"""Where a JSON value ends, told from its brackets and quotes alone: for values that are broken or huge."""

from __future__ import annotations

import re

from service.core.trail.window import Window

NOT_CLOSED = 0
"""The value does not end within what may be looked at."""

OPENS = -1
"""A member that was looked for opens here; the window stands behind what matched."""

_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_TOKEN = re.compile(_STRING + rb'|["{}\[\]]', re.DOTALL)
_SCALAR = re.compile(_STRING + rb"|true|false|null|-?[0-9][0-9.eE+-]*+", re.DOTALL)
_STEPS = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}
_QUOTE = ord('"')
_LONGEST_MEMBER = 64


def value_end(window: Window, most: int, member: re.Pattern[bytes] | None) -> int:
    """The size of the value that begins here, or one of the constants."""
    window.want(_LONGEST_MEMBER)
    if window.data[window.pos] in b"{[":
        return closing(window, 0, most, member)
    scalar = _SCALAR.match(window.data, window.pos, window.pos + most)
    return NOT_CLOSED if scalar is None else scalar.end() - window.pos


def closing(window: Window, depth: int, most: int, member: re.Pattern[bytes] | None) -> int:
    """How far it is to where `depth` brackets are closed. A `member` is looked for in the outermost object only."""
    at = 0
    while True:
        answer, at, depth = _at_hand(window, at, depth, most, member)
        if answer != NOT_CLOSED or window.ended or window.ahead >= most:
            return answer
        window.want(min(most, 4 * max(window.ahead, _LONGEST_MEMBER)))


def _at_hand(window: Window, at: int, depth: int, most: int, member: re.Pattern[bytes] | None) -> tuple[int, int, int]:
    """The answer in the bytes at hand, and where to go on from when it is not there."""
    data, pos = window.data, window.pos
    end = min(len(data), pos + most)
    for token in _TOKEN.finditer(data, pos + at, end):
        start, stop = token.span()
        step = _STEPS.get(data[start], 0)
        depth += step
        if step and depth == 0:
            return stop - pos, 0, 0
        if step == 0 and (stop - start == 1 or (depth == 1 and stop + _LONGEST_MEMBER > end and not window.ended)):
            return NOT_CLOSED, start - pos, depth
        if step == 0 and depth == 1 and member is not None and (opening := member.match(data, start)) is not None:
            window.pos = opening.end()
            return OPENS, 0, 0
    return NOT_CLOSED, end - pos, depth
