"""Many globs followed at once through a word, as the bits of one integer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from service.core.iam.glob import CONFINED, Glob, Token, Wild
from service.core.iam.pattern import Variable

Symbol = str | Variable
Word = tuple[Symbol, ...]
"""A word in letters; a variable of the policy stands for whatever its value is."""


class Bank:
    """Globs side by side, all followed at once: bit i of a set is the i-th place, of one glob after the other."""

    __slots__ = ("_moves", "_other", "_stars", "confined", "ends", "named", "settled", "size", "start")

    def __init__(self, globs: Sequence[Glob]) -> None:
        self.size = sum(len(glob.tokens) + 1 for glob in globs)
        at: dict[Symbol | Wild, list[int]] = defaultdict(list)
        starts: list[int] = []
        ends: list[int] = []
        settled: list[int] = []
        place = 0
        for glob in globs:
            starts.append(place)
            for token in glob.tokens:
                for symbol in token if isinstance(token, str) else (token,):
                    at[symbol].append(place)
                place += 1
            if glob.tokens[-1:] == (Wild.ANY,):
                settled.append(place - 1)
            ends.append(place)
            place += 1
        self.ends, self.settled = self._bits(ends), self._bits(settled)
        self._tabulate({symbol: self._bits(places) for symbol, places in at.items()})
        start = self._bits(starts)
        self.start = start | ((start & self._stars) << 1)

    def _bits(self, places: Iterable[int]) -> int:
        found = bytearray(self.size // 8 + 1)
        for place in places:
            found[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(found, "little")

    def _tabulate(self, places: Mapping[Symbol | Wild, int]) -> None:
        """For each symbol: the places that it moves on from, and those that it stays at."""
        one, here = places.get(Wild.ONE, 0), places.get(Wild.ONE_HERE, 0)
        run, run_here = places.get(Wild.ANY, 0), places.get(Wild.ANY_HERE, 0)
        self._stars = run | run_here
        self.confined = bool(here | run_here)
        self._other = (one | here, self._stars)
        self._moves: dict[Symbol, tuple[int, int]] = {":": (places.get(":", 0) | one, run)}
        for symbol, mask in places.items():
            if isinstance(symbol, Variable):
                self._moves[symbol] = (mask, self._stars)
            elif isinstance(symbol, str) and symbol != ":":
                self._moves[symbol] = (mask | one | here, self._stars)
        self.named = frozenset(each for each in self._moves if isinstance(each, str))

    def step(self, places: int, symbol: Symbol) -> int:
        """The places reached from these by a symbol."""
        on, stay = self._moves.get(symbol, self._other)
        reached = ((places & on) << 1) | (places & stay)
        return reached | ((reached & self._stars) << 1)

    def after(self, places: int, word: Word) -> int:
        """The places reached from these by a word."""
        for symbol in word:
            places = self.step(places, symbol)
        return places

    def has(self, word: Word) -> bool:
        """Whether it is a word of one of the globs."""
        return bool(self.after(self.start, word) & self.ends)

    def live(self, places: int) -> Iterator[str]:
        """The letters that some glob names at one of these places."""
        wild = self._other[0]
        return (each for each, (on, _) in self._moves.items() if isinstance(each, str) and places & on & ~wild)


class Letters:
    """What is tried where a wildcard stands."""

    __slots__ = ("_anywhere", "fresh")

    def __init__(self, globs: Iterable[Glob], bank: Bank) -> None:
        named = set(bank.named)
        for glob in globs:
            named.update("".join(token for token in glob.tokens if isinstance(token, str)))
        self.fresh = fresh_letter(named)
        self._anywhere = (self.fresh, ":") if bank.confined else (self.fresh,)

    def of(self, token: Token) -> tuple[Symbol, ...]:
        """The symbols worth trying for a token."""
        match token:
            case Wild.ONE | Wild.ANY:
                return self._anywhere
            case Wild.ONE_HERE | Wild.ANY_HERE:
                return (self.fresh,)
            case str():
                return tuple(token)
            case _:
                return (token,)

    def fits(self, token: Token, symbol: Symbol) -> bool:
        """Whether the token may stand for the symbol."""
        if isinstance(token, Wild):
            return symbol != ":" or token not in CONFINED
        return isinstance(token, str) and isinstance(symbol, str) and symbol in token


def fresh_letter(named: Container[str]) -> str:
    """A letter that is not among these: one for private use, which no policy document can hold."""
    return next(letter for code in range(*PRIVATE) if (letter := chr(code)) not in named)


PRIVATE = (0xE000, 0xF900)
"""Letters that stand for themselves in no alphabet, so that a made-up part of a text can be told from the rest."""
