"""Whether a glob lies inside a union of globs, by search: a word of the first that none of the others has, or none.

The search walks along the globs that the word has to fit and carries the set of places that it may have reached in
those that it has to miss. Two letters are enough where a wildcard stands: a colon, and one that no glob names. For
take a word with any other letter there: a glob that has the word with the unnamed letter in its place has that letter
by a wildcard, and so it has the word as it was. Hence if some word is missed by all, one of these two is too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product
from typing import Protocol

from service.core.iam.proving.bank import Bank, Letters, Word
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.glob import STARS, Glob, Symbol, Token, widened


def find_word(inside: Sequence[Glob], outside: Iterable[Glob], budget: Budget) -> Word | None:
    """A word that is in all globs of the one list and in none of the other, a short one; `None` if there is none.

    What several globs with variables have in common depends on the values: there a variable is taken for `*`, so the
    answer may be a word too many, never one too few.

    Raises:
        OutOfBudget: it takes more steps than are left.
    """
    missed = dict.fromkeys(outside)
    budget.spend(1 + len(missed))
    wanted = _without_repetition(inside)
    if len(wanted) == 1 and wanted[0] in missed:
        return None
    if not all(first.may_meet(second) for first, second in combinations(wanted, 2)):
        return None
    near = [glob for glob in missed if glob.begins_like(wanted[0])]
    budget.spend(sum(len(glob.tokens) for glob in near) // 4)
    if len(wanted) == 1 and wanted[0].is_exact:
        return _only_word(wanted[0], near, budget)
    bank = Bank(near)
    letters = Letters(wanted, bank)
    walk: _Walk = _Line(wanted[0], letters) if len(wanted) == 1 else _Grid(wanted, letters, budget)
    return _search(walk, bank, budget)


def _only_word(glob: Glob, near: Sequence[Glob], budget: Budget) -> Word | None:
    """The one word of an exact glob if none of the others has it, in as many steps as the search takes."""
    if any(each.is_everything for each in near):
        return None
    budget.spend(_weight(sum(len(each.tokens) + 1 for each in near)))
    text = glob.prefix
    close = [each for each in near if text.startswith(each.prefix) and text.endswith(each.suffix)]
    if any(each.is_exact and each.prefix == text for each in close):
        return None
    word = tuple(text)
    return None if close and Bank(close).has(word) else word


def _weight(places: int) -> int:
    """How many steps it takes to move on once in so many places."""
    return 1 + places // 2048


_Place = tuple[int, ...]
_Move = tuple[Word, _Place]


class _Walk(Protocol):
    """The ways along the globs that the word has to fit; a place is one position in each of them."""

    @property
    def start(self) -> _Place: ...

    def moves(self, place: _Place) -> Sequence[_Move]: ...

    def ends(self, place: _Place) -> bool: ...


def _search(walk: _Walk, bank: Bank, budget: Budget) -> Word | None:
    """Breadth first, without what is no easier than a state already seen: the same place and more places reached."""
    if bank.start & bank.settled:
        return None
    weight = _weight(bank.size)
    seen: dict[_Place, list[int]] = {walk.start: [bank.start]}
    ways: list[tuple[_Place, int, int, Word]] = [(walk.start, bank.start, -1, ())]
    for number, (place, reached, _, _) in enumerate(ways):
        if walk.ends(place) and not reached & bank.ends:
            return _traced(ways, number)
        moves = walk.moves(place)
        budget.spend(weight * len(moves))
        for word, after in moves:
            then = bank.after(reached, word)
            if then & bank.settled:
                continue
            others = seen.get(after)
            if others is None:
                seen[after] = [then]
            elif _is_new(then, others, weight, budget):
                others[:] = [other for other in others if then & ~other]
                others.append(then)
            else:
                continue
            ways.append((after, then, number, word))
    return None


def _is_new(then: int, others: Sequence[int], weight: int, budget: Budget) -> bool:
    """Whether none of the others is a part of it."""
    budget.spend(weight * len(others) // 8)
    outside = ~then
    return all(other & outside for other in others)


def _traced(ways: Sequence[tuple[_Place, int, int, Word]], number: int) -> Word:
    words: list[Word] = []
    while number >= 0:
        _, _, number, word = ways[number]
        words.append(word)
    return tuple(symbol for word in reversed(words) for symbol in word)


def _without_repetition(globs: Sequence[Glob]) -> list[Glob]:
    """Each glob once, and those that say nothing beside others left out."""
    if len(distinct := list(dict.fromkeys(globs))) < 2:
        return distinct
    telling = [each for each in distinct if not each.is_everything]
    return list(map(widened, telling)) if len(telling) > 1 else telling or distinct[:1]


def _options(tokens: Sequence[Token], place: int) -> Iterator[tuple[Token, int]]:
    """The tokens that may take the next symbol, and the place after it; a star may also be passed over."""
    for at in range(place, len(tokens)):
        star = tokens[at] in STARS
        yield tokens[at], at if star else at + 1
        if not star:
            return


def _ends(tokens: Sequence[Token], place: int) -> bool:
    return place == len(tokens) or (place == len(tokens) - 1 and tokens[-1] in STARS)


class _Line:
    """The way along one glob; where there is no choice, many letters are one move."""

    def __init__(self, glob: Glob, letters: Letters) -> None:
        self._tokens = glob.tokens
        self._letters = letters
        self._known: dict[_Place, list[_Move]] = {}
        self.start: _Place = (0,)

    def moves(self, place: _Place) -> Sequence[_Move]:
        if place not in self._known:
            self._known[place] = [
                self._straight_on(symbol, after)
                for token, after in _options(self._tokens, place[0])
                for symbol in self._letters.of(token)
            ]
        return self._known[place]

    def ends(self, place: _Place) -> bool:
        return _ends(self._tokens, place[0])

    def _straight_on(self, symbol: Symbol, place: int) -> _Move:
        word = [symbol]
        for token in self._tokens[place:]:
            if isinstance(token, str) and len(token) == 1:
                word.append(token)
                continue
            if token in STARS:
                break
            only, *others = self._letters.of(token)
            if others:
                break
            word.append(only)
        return tuple(word), (place + len(word) - 1,)


class _Grid:
    """The ways along several globs at once, one letter at a time."""

    def __init__(self, globs: Sequence[Glob], letters: Letters, budget: Budget) -> None:
        self._budget = budget
        self._lines = [glob.tokens for glob in globs]
        self._letters = letters
        self._known: dict[_Place, list[_Move]] = {}
        self.start: _Place = (0,) * len(globs)

    def moves(self, place: _Place) -> Sequence[_Move]:
        if place not in self._known:
            self._known[place] = list(self._found(place))
        return self._known[place]

    def ends(self, place: _Place) -> bool:
        return all(map(_ends, self._lines, place))

    def _found(self, place: _Place) -> Iterator[_Move]:
        options = [list(_options(*each)) for each in zip(self._lines, place, strict=True)]
        tried = dict.fromkeys(symbol for line in options for token, _ in line for symbol in self._letters.of(token))
        self._budget.spend(len(tried) * sum(map(len, options)))
        for symbol in tried:
            places = [[after for token, after in line if self._letters.fits(token, symbol)] for line in options]
            for after in product(*places):
                self._budget.spend()
                yield (symbol,), after
