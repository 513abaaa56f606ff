"""Patterns as sequences of tokens, one for each character of text: what the search for inclusion walks along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from itertools import groupby, takewhile

from service.core.iam.arn import SEGMENTS, parse_arn_pattern
from service.core.iam.pattern import Part, Pattern, Variable, Wildcard, parse_pattern


class Wild(Enum):
    """A token that stands for other text; those `_HERE` stay inside their segment, so never stand for a colon."""

    ONE = "?"
    ANY = "*"
    ONE_HERE = "[^:]"
    ANY_HERE = "[^:]*"

    __hash__ = object.__hash__  # that of Enum is slow, and these are keys of every table


STARS = frozenset({Wild.ANY, Wild.ANY_HERE})
CONFINED = frozenset({Wild.ONE_HERE, Wild.ANY_HERE})
_RANK = {Wild.ONE: 0, Wild.ONE_HERE: 0, Wild.ANY: 1, Wild.ANY_HERE: 2}

Symbol = str | Variable
"""A letter, or a policy variable, which stands for whatever its value is."""

Token = str | Wild | Variable
"""A text is the letters of which one has to stand there: two where case does not matter."""


class Mark(Enum):
    """What a place in a glob may be besides: its first, its last, or one from which every text goes on to the last."""

    START = "start"
    END = "end"
    SETTLED = "settled"

    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True, eq=False)
class Glob:
    """The tokens of one pattern; `prefix` and `suffix` are what all its words begin and end with.

    `segments` are the same for each of the six segments of its words, if all of them have six. `places` are for each
    symbol the numbers of its tokens, as bits, and `letters` are all that it names.

    INVARIANT: in a run of wildcards, stars come last and there is at most one.
    """

    tokens: tuple[Token, ...]
    prefix: str
    suffix: str
    variables: tuple[Variable, ...]
    segments: tuple[tuple[str, str], ...]
    places: tuple[tuple[Symbol | Wild | Mark, int], ...]
    letters: str

    @classmethod
    def of(cls, tokens: Iterable[Token]) -> Glob:
        """The glob of these tokens, brought into normal form."""
        normal = tuple(_normalised(tokens))
        return cls(
            normal,
            _literal(normal),
            _literal(reversed(normal))[::-1],
            tuple(each for each in normal if isinstance(each, Variable)),
            tuple((_literal(each), _literal(reversed(each))[::-1]) for each in _segments(normal)),
            tuple(_places(normal).items()),
            "".join(each for each in normal if isinstance(each, str)),
        )

    @property
    def is_everything(self) -> bool:
        """Whether every text is a word of it."""
        return self.tokens == (Wild.ANY,)

    @property
    def is_exact(self) -> bool:
        """Whether it has one word only, which is not empty: the prefix."""
        return 0 < len(self.tokens) == len(self.prefix)

    def begins_like(self, other: Glob) -> bool:
        """False only if their first letters tell that they have no word in common."""
        return self.prefix.startswith(other.prefix) or other.prefix.startswith(self.prefix)

    def may_meet(self, other: Glob) -> bool:
        """False only if the beginnings or ends of both or of their segments tell that they have no word in common."""
        ends = ((self.prefix, self.suffix), *self.segments), ((other.prefix, other.suffix), *other.segments)
        return all(
            _begins_alike(prefix, its_prefix) and _ends_alike(suffix, its_suffix)
            for (prefix, suffix), (its_prefix, its_suffix) in zip(*ends, strict=False)
        )


@lru_cache(maxsize=65536)
def resource_glob(text: str, *, variables: bool) -> Glob:
    """A Resource, or a value of an Arn operator. `variables` as in `parse_pattern`."""
    pattern = parse_arn_pattern(text, variables=variables)
    tokens: list[Token] = []
    for index, segment in enumerate(pattern.segments):
        tokens += [":"] * (index > 0)
        tokens += _tokens(segment, confined=index < SEGMENTS - 1)
    if pattern.runs_on:
        tokens[-1] = Wild.ANY
    return Glob.of(tokens)


@lru_cache(maxsize=65536)
def text_glob(text: str, *, variables: bool = False, wildcards: bool = True, fold: bool = False) -> Glob:
    """A value of a String operator, or an action. With `fold`, letters stand for both cases."""
    return Glob.of(_tokens(parse_pattern(text, variables=variables, wildcards=wildcards), fold=fold))


@lru_cache(maxsize=4096)
def widened(glob: Glob, *first: Wild) -> Glob:
    """The glob with wildcards in the place of its variables: those given, or a `*` that stays where a variable does."""
    return Glob.of(_without_variables(glob.tokens, first)) if glob.variables else glob


def _tokens(pattern: Pattern, *, confined: bool = False, fold: bool = False) -> Iterator[Token]:
    for part in pattern.parts:
        yield from _part(part, confined=confined, fold=fold)


def _part(part: Part, *, confined: bool, fold: bool) -> Iterable[Token]:
    match part:
        case Wildcard.ANY:
            return [Wild.ANY_HERE if confined else Wild.ANY]
        case Wildcard.ONE:
            return [Wild.ONE_HERE if confined else Wild.ONE]
        case str():
            return map(_either_case, part) if fold else part
        case _:
            return [part]


def _either_case(letter: str) -> str:
    return letter if letter.lower() == letter.upper() else letter.lower() + letter.upper()


def _without_variables(tokens: tuple[Token, ...], first: tuple[Wild, ...]) -> Iterator[Token]:
    """In an ARN a variable has its colons in the last segment only, like a wildcard."""
    colons = 0
    for each in tokens:
        colons += each == ":"
        if isinstance(each, Variable):
            yield from first
            yield Wild.ANY if colons >= SEGMENTS - 1 else Wild.ANY_HERE
        else:
            yield each


def _normalised(tokens: Iterable[Token]) -> Iterator[Token]:
    for wild, run in groupby(tokens, key=lambda each: isinstance(each, Wild)):
        if not wild:
            yield from run
            continue
        found = sorted((each for each in run if isinstance(each, Wild)), key=_RANK.__getitem__)
        stars = [each for each in found if each in STARS]
        yield from found[: len(found) - len(stars)]
        yield from stars[:1]


def _literal(tokens: Iterable[Token]) -> str:
    letters = (each if isinstance(each, str) and len(each) == 1 else "" for each in tokens)
    return "".join(takewhile(bool, letters))


def _places(tokens: Sequence[Token]) -> dict[Symbol | Wild | Mark, int]:
    found: dict[Symbol | Wild | Mark, int] = {Mark.START: 1, Mark.END: 1 << len(tokens)}
    for place, token in enumerate(tokens):
        for symbol in token if isinstance(token, str) else (token,):
            found[symbol] = found.get(symbol, 0) | 1 << place
    if tokens[-1:] == (Wild.ANY,):
        found[Mark.SETTLED] = 1 << (len(tokens) - 1)
    return found


def _segments(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The tokens of each segment; none if a wildcard may stand for one of the first five colons."""
    colons = [place for place, each in enumerate(tokens) if each == ":"][: SEGMENTS - 1]
    if len(colons) < SEGMENTS - 1 or not {Wild.ONE, Wild.ANY}.isdisjoint(tokens[: colons[-1]]):
        return []
    bounds = zip([0, *(place + 1 for place in colons)], [*colons, len(tokens)], strict=True)
    return [tokens[start:end] for start, end in bounds]


def _begins_alike(text: str, other: str) -> bool:
    return text.startswith(other) or other.startswith(text)


def _ends_alike(text: str, other: str) -> bool:
    return text.endswith(other) or other.endswith(text)


EVERYTHING = Glob.of([Wild.ANY])
SOMETHING = Glob.of([Wild.ONE, Wild.ANY])
