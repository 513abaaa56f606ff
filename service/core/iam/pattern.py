"""Patterns of the policy language: literal text, `*`, `?`, the escapes `${*}` `${?}` `${$}`, and policy variables.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from itertools import groupby


class Wildcard(Enum):
    """A part that stands for other text: `?` for exactly one character, `*` for any number of them."""

    ONE = "?"
    ANY = "*"


@dataclass(frozen=True, slots=True)
class Variable:
    """A policy variable, `${aws:PrincipalTag/team, 'none'}`: the key in lower case, the default as written."""

    key: str
    default: str | None = None


Part = str | Wildcard | Variable


@dataclass(frozen=True, slots=True)
class Pattern:
    """Parts in normal form: patterns that differ only in the order of `*` and `?` in a run are equal.

    `variables` are those that need a value before the pattern can match.

    INVARIANT: no literal is empty or beside another; a run of wildcards is all its `?`, then at most one `*`.
    """

    parts: tuple[Part, ...]
    variables: tuple[Variable, ...] = field(repr=False, compare=False)
    _pieces: tuple[tuple[str | Wildcard, ...], ...] = field(repr=False, compare=False)

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Pattern:
        """The pattern of these parts, brought into normal form."""
        normal = tuple(_normalised(parts))
        variables = tuple(part for part in normal if isinstance(part, Variable))
        return cls(normal, variables, () if variables else _pieces(normal))

    def folded(self) -> Pattern:
        """The pattern with its literals in lower case, for text in lower case."""
        return Pattern.of(part.lower() if isinstance(part, str) else part for part in self.parts)

    def matches(self, text: str) -> bool:
        """Whether the whole text is one that the pattern stands for; a variable without a value matches nothing.

        Between two `*` the leftmost place is always good enough, so nothing is tried twice: the time is at most
        the length of the text times the length of the pattern.
        """
        if self.variables:
            return False
        first, *middle = self._pieces
        if not middle and len(first) == 1 and isinstance(first[0], str):
            return text == first[0]
        if not _fits(first, text, 0):
            return False
        position = _length(first)
        if not middle:
            return position == len(text)
        *middle, last = middle
        for piece in middle:
            if (found := _leftmost(piece, text, position)) < 0:
                return False
            position = found + _length(piece)
        end = len(text) - _length(last)
        return end >= position and _fits(last, text, end)


@lru_cache(maxsize=65536)
def parse_pattern(text: str, *, variables: bool = True, wildcards: bool = True, fold: bool = False) -> Pattern:
    """Read a pattern as a policy writes it.

    `variables`: `${...}` is a variable or an escape; only so in policies of version 2012-10-17.
    `wildcards`: `*` and `?` stand for other text; not so in `StringEquals` and its kin.
    `fold`: literals in lower case, for matching text in lower case, as of actions.
    """
    pattern = Pattern.of(_parsed(text, variables=variables, wildcards=wildcards))
    return pattern.folded() if fold else pattern


def escape(text: str) -> str:
    """Text as a policy of version 2012-10-17 has to write it to mean just that text.

    >>> escape("a*b?c${d}")
    'a${*}b${?}c${$}{d}'
    """
    return _SPECIAL.sub(lambda found: f"${{{found[0]}}}", text)


# A `$` is escaped before all that could read as the beginning of a variable, another escaped character included.
_SPECIAL = re.compile(r"[*?]|\$(?=\$*[{*?])")

_WILDCARDS = {"*": Wildcard.ANY, "?": Wildcard.ONE}

# "${*} - use where you need an * (asterisk) character", and so on.
_ESCAPED = frozenset({"*", "?", "$"})

_DEFAULT = re.compile(r"(?P<key>[^,]*),\s*'(?P<default>[^']*)'\s*")


def _parsed(text: str, *, variables: bool, wildcards: bool) -> Iterator[Part]:
    position = 0
    while variables and (start := text.find("${", position)) >= 0:
        if (end := text.find("}", start)) < 0:
            break
        yield from _plain(text[position:start], wildcards=wildcards)
        yield _variable(text[start + 2 : end])
        position = end + 1
    yield from _plain(text[position:], wildcards=wildcards)


def _plain(text: str, *, wildcards: bool) -> Iterator[Part]:
    if not wildcards:
        yield text
        return
    for each in re.split(r"([*?])", text):
        yield _WILDCARDS.get(each, each)


def _variable(inside: str) -> Part:
    if inside in _ESCAPED:
        return inside
    if (found := _DEFAULT.fullmatch(inside)) is not None:
        return Variable(found["key"].strip().lower(), found["default"])
    return Variable(inside.strip().lower())


def _normalised(parts: Iterable[Part]) -> Iterable[Part]:
    telling = [part for part in parts if part != ""]
    return _joined(telling) if len(telling) > 1 else telling


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    for kind, run in groupby(parts, key=type):
        if kind is str:
            yield "".join(part for part in run if isinstance(part, str))
        elif kind is Wildcard:
            found = list(run)
            yield from [Wildcard.ONE] * found.count(Wildcard.ONE)
            yield from [Wildcard.ANY] * (Wildcard.ANY in found)
        else:
            yield from run


_Piece = tuple[str | Wildcard, ...]
"""What stands between two `*`: literals and `?`."""


def _pieces(parts: tuple[Part, ...]) -> tuple[_Piece, ...]:
    """The pattern cut at each `*`."""
    pieces: list[list[str | Wildcard]] = [[]]
    for part in parts:
        if part is Wildcard.ANY:
            pieces.append([])
        elif not isinstance(part, Variable):
            pieces[-1].append(part)
    return tuple(map(tuple, pieces))


def _length(piece: _Piece) -> int:
    return sum(len(part) if isinstance(part, str) else 1 for part in piece)


def _fits(piece: _Piece, text: str, position: int) -> bool:
    """Whether the literals of the piece stand where they should; that there is room for it is the caller's care."""
    for part in piece:
        if isinstance(part, str):
            if not text.startswith(part, position):
                return False
            position += len(part)
        else:
            position += 1
    return True


def _leftmost(piece: _Piece, text: str, position: int) -> int:
    """Where the piece first fits at or after the position; -1 where it does not."""
    match piece:
        case ():
            return position
        case (str() as literal,):
            return text.find(literal, position)
        case _:
            places = range(position, len(text) - _length(piece) + 1)
            return next((place for place in places if _fits(piece, text, place)), -1)
