"""Values for policy variables where nothing but trying tells which will do: made up, and such as the tests ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

from service.core.iam.proving.atoms import Atom, Kind, present
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.glob import Wild, widened
from service.core.iam.proving.inclusion import find_word
from service.core.iam.proving.key_values import Undecided
from service.core.iam.proving.pinned import Pins, values_in
from service.core.iam.proving.satisfy import Solver
from service.core.iam.proving.witness import is_made_up, with_letters


class Guesses:
    """Values for the variables of one question."""

    def __init__(self, budget: Budget, solver: Solver, variables: frozenset[str]) -> None:
        self._budget = budget
        self._solver = solver
        self._variables = variables

    def of(self, atoms: Sequence[Atom], asked: Pins) -> Iterator[Pins]:
        """Values made up, the same, and short, beside those asked for; and such as the tests of other keys ask for."""
        keys = list(enumerate(sorted(self._variables)))
        words = {key: f"example{number or ''}" for number, key in keys} | asked
        yield words
        yield dict.fromkeys(words, "example") | asked
        yield {key: _LETTERS[number % len(_LETTERS)] for number, key in keys} | asked
        open_ones = [each for each in dict.fromkeys(atoms) if each.hangs_on_variables and not each.is_negated]
        self._budget.spend(len(atoms) // 4)
        plain: dict[str, list[Atom]] = {}
        for each in atoms:
            plain.setdefault(each.key, []).extend([] if each.opaque else [each])
        others = ((one, each) for one in open_ones for each in plain[one.key])
        for one, each in islice(others, _FEW):
            yield words | self._demanded(one, each)

    def asked(self, met: Sequence[Atom]) -> Pins:
        """For each key of a variable, a value that the tests of it by itself ask for."""
        found: dict[str, str] = {}
        for key in sorted({each.key for each in met} & self._variables):
            try:
                context = self._solver.context([present(key), *(each for each in met if each.key == key)])
            except Undecided:
                continue
            asked = [
                with_letters(each) for values in (context or {}).values() for each in values if not is_made_up(each)
            ]
            found.update((key, each) for each in asked)
        return found

    def _demanded(self, one: Atom, other: Atom) -> Pins:
        """Values with which a text that the one atom names is one that the other names."""
        if other.kind is not Kind.TEXT:
            return {}
        for glob, its in islice(product(one.globs(), other.globs()), _FEW):
            word = find_word([widened(glob, Wild.ONE, Wild.ANY), its], (), self._budget) if glob.variables else None
            if word is not None and (found := values_in(word, glob)):
                return found
        return {}


_FEW = 4
"""How many demands on a variable are looked at."""

_LETTERS = "xyzabcdefghijklmnopqrstuvw"
"""Values of one letter."""
