"""Many globs followed at once through a word, as the bits of one integer."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from service.core.iam.pattern import Variable
from service.core.iam.proving.glob import CONFINED, Glob, Mark, Symbol, Token, Wild

Word = tuple[Symbol, ...]
"""A word in letters; a variable of the policy stands for whatever its value is."""


class Bank:
    """Globs side by side, all followed at once: bit i of a set is the i-th place, of one glob after the other."""

    __slots__ = ("_moves", "_other", "_stars", "confined", "ends", "named", "settled", "size", "start")

    def __init__(self, globs: Sequence[Glob]) -> None:
        self.size, places = _side_by_side(globs)
        self.ends, self.settled = places.get(Mark.END, 0), places.get(Mark.SETTLED, 0)
        self._tabulate(places)
        start = places.get(Mark.START, 0)
        self.start = start | ((start & self._stars) << 1)

    def _tabulate(self, places: _Places) -> None:
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
        self.named = self._moves.keys()

    def step(self, places: int, symbol: Symbol) -> int:
        """The places reached from these by a symbol."""
        return self.after(places, (symbol,))

    def after(self, places: int, word: Word) -> int:
        """The places reached from these by a word.

        A variable that no glob names is text of any length, none included: a star holds it, a `?` does not.
        """
        moves, stars = self._moves, self._stars
        letter, variable = self._other, (0, stars)
        for symbol in word:
            on, stay = moves.get(symbol) or (letter if isinstance(symbol, str) else variable)
            reached = ((places & on) << 1) | (places & stay)
            places = reached | ((reached & stars) << 1)
        return places

    def has(self, word: Word) -> bool:
        """Whether it is a word of one of the globs."""
        return bool(self.after(self.start, word) & self.ends)

    def live(self, places: int) -> Iterator[str]:
        """The letters that some glob names at one of these places."""
        wild = self._other[0]
        return (each for each, (on, _) in self._moves.items() if isinstance(each, str) and places & on & ~wild)


_Places = Mapping[Symbol | Wild | Mark, int]


def _side_by_side(globs: Sequence[Glob]) -> tuple[int, _Places]:
    """How many places they have, and for each symbol and mark those that have it."""
    if len(globs) > _FEW:
        half = len(globs) // 2
        (size, places), (more, others) = _side_by_side(globs[:half]), _side_by_side(globs[half:])
        return size + more, {each: places.get(each, 0) | others.get(each, 0) << size for each in {**places, **others}}
    size = 0
    found: dict[Symbol | Wild | Mark, int] = {}
    for glob in globs:
        for each, bits in glob.places:
            found[each] = found.get(each, 0) | bits << size
        size += len(glob.tokens) + 1
    return size, found


_FEW = 16
"""More are put together half by half: then few of the integers are long."""


class Letters:
    """What is tried where a wildcard stands."""

    __slots__ = ("_anywhere", "fresh")

    def __init__(self, globs: Iterable[Glob], bank: Bank) -> None:
        self.fresh = fresh_letter(bank.named, *(glob.letters for glob in globs))
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


def fresh_letter(*named: Container[object]) -> str:
    """A letter that is in none of these: one for private use, which no policy document can hold."""
    private = map(chr, range(*PRIVATE))
    return next(letter for letter in private if not any(letter in each for each in named))


PRIVATE = (0xE000, 0xF900)
"""Letters that stand for themselves in no alphabet, so that a made-up part of a text can be told from the rest."""
