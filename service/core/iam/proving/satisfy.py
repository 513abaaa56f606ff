"""A request context that meets some conditions and fails others, or the proof that there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from service.core.iam.context import Values
from service.core.iam.proving.atoms import Atom
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.key_values import KeySolver, Literal, Undecided

Block = tuple[Atom, ...]
"""The conditions of one statement: it is met if all are."""

_Literals = frozenset[int]
"""Literals of one key by number: that of the atom where it is asked to hold, the same below zero where it is not."""

_Choice = Mapping[str, _Literals]
"""What is asked of each key."""


class Solver:
    """Answers within a budget; what it has found out about a key it does not ask again."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._keys = KeySolver(budget)
        self._numbers: dict[Atom, int] = {}
        self._atoms: list[Atom] = []
        self._known: dict[_Literals, Values | Undecided | None] = {}

    def context(self, met: Iterable[Atom], failed: Sequence[Block] = ()) -> Mapping[str, Values] | None:
        """A context that meets all these atoms and fails each of these blocks; `None` if there is none.

        Raises:
            Undecided: neither was found.
            OutOfBudget: it takes more steps than are left.
        """
        asked: dict[str, _Literals] = {}
        for each in met:
            asked[each.key] = asked.get(each.key, frozenset()) | {self._number(each)}
        if not all(map(self._may_hold, asked.values())):
            return None
        doubts: list[str] = []
        blocks = [[(each.key, self._number(each)) for each in block] for block in sorted(failed, key=len)]
        for choice in self._choices(asked, blocks):
            try:
                return self._all_keys(choice)
            except Undecided as doubt:
                doubts.append(str(doubt))
        if doubts:
            raise Undecided("; ".join(sorted(set(doubts))))
        return None

    def _choices(self, asked: _Choice, failed: Sequence[Sequence[tuple[str, int]]]) -> Iterator[_Choice]:
        """Every way to fail one atom of each block that no key by itself rules out."""
        self._budget.spend(4 + len(failed) + sum(map(len, failed)) // 6)
        if len(failed) > _DEEP:
            raise Undecided("too many conditions on one resource")
        rest = [block for block in failed if not any(-number in asked.get(key, ()) for key, number in block)]
        if not rest:
            yield asked
            return
        for key, number in rest[0]:
            of_key = asked.get(key, frozenset())
            more = of_key | {-number}
            self._budget.spend(1 + len(asked) // 16)
            if number not in of_key and self._may_hold(more):
                yield from self._choices({**asked, key: more}, rest[1:])

    def _number(self, atom: Atom) -> int:
        if atom not in self._numbers:
            self._atoms.append(atom)
            self._numbers[atom] = len(self._atoms)
        return self._numbers[atom]

    def _may_hold(self, literals: _Literals) -> bool:
        try:
            return self._key(literals) is not None
        except Undecided:
            return True

    def _all_keys(self, choice: _Choice) -> Mapping[str, Values]:
        found = {key: self._key(literals) for key, literals in sorted(choice.items())}
        return {key: values for key, values in found.items() if values}

    def _key(self, literals: _Literals) -> Values | None:
        if literals not in self._known:
            try:
                self._known[literals] = self._keys.values(self._literals(literals))
            except Undecided as doubt:
                self._known[literals] = Undecided(str(doubt))  # without the frames that it came through
        found = self._known[literals]
        if isinstance(found, Undecided):
            raise Undecided(str(found))
        return found

    def _literals(self, literals: _Literals) -> list[Literal]:
        """In an order that does not hang on what was asked before."""
        found = [Literal(self._atoms[abs(number) - 1], number > 0) for number in literals]
        return sorted(found, key=lambda each: (each.atom.condition, each.holds))


_DEEP = 300
"""How many blocks may have to fail at once."""
