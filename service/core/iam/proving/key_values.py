"""Values for one condition key: what it may hold in a request that meets some tests of it and fails others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from service.core.iam.condition import Quantifier
from service.core.iam.context import Context, Values
from service.core.iam.proving.atoms import Atom, Kind
from service.core.iam.proving.bank import Word
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.candidates import candidates
from service.core.iam.proving.glob import EVERYTHING, SOMETHING, Glob, Wild, widened
from service.core.iam.proving.inclusion import find_word
from service.core.iam.truth import truth


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom that is asked to hold, or not to."""

    atom: Atom
    holds: bool


class Undecided(Exception):
    """There may be such values or not; the message is the reason."""


class KeySolver:
    """Answers within a budget. All literals that it is asked about are of one key."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget

    def values(self, literals: list[Literal]) -> Values | None:
        """Values that meet all literals, none where the key is best left out; `None` if nothing will do.

        Raises:
            Undecided: neither was found.
        """
        absent = {each.atom.on(_NO_KEYS) is truth(each.holds) for each in literals}
        if absent == {True}:
            return ()
        opaque = [each.atom.opaque for each in literals if each.atom.opaque]
        found = self._present([each for each in literals if not each.atom.opaque])
        impossible = found is None and any(_never_absent(each) for each in literals)
        if impossible or (found is not None and not opaque):
            return found
        if opaque and any(map(_never_absent, literals)) and self._ruled_out(literals):
            return None
        raise Undecided(f"{opaque[0]} ({literals[0].atom.key})")

    def _ruled_out(self, literals: list[Literal]) -> bool:
        """Whether no text will do, variables taken for letters: what has a letter by a wildcard has any text by it."""
        try:
            return self._present([each for each in literals if each.atom.is_symbolic or not each.atom.opaque]) is None
        except Undecided:
            return False

    def _present(self, literals: list[Literal]) -> Values | None:
        about_values = [each for each in literals if each.atom.kind is not Kind.NULL]
        about_presence = (each for each in literals if each.atom.kind is Kind.NULL)
        if any(each.atom.on(Context({each.atom.key: ("x",)})) is not truth(each.holds) for each in about_presence):
            return None
        forms = {each.atom.is_set for each in about_values}
        if forms == {True}:
            found = self._set(about_values)
            if found is None and all(map(_of_no_value, about_values)):
                raise Undecided(f"values of {literals[0].atom.key} that are empty")
            return found
        value = self._value(about_values)
        if value is None and len(forms) > 1:
            raise Undecided(f"operators for one and for many values of {literals[0].atom.key}")
        return None if value is None else (value,)

    def _set(self, literals: list[Literal]) -> Values | None:
        """One value for each literal that asks for one, all of them within what the others ask of every value."""
        some = [each for each in literals if (each.atom.operator.quantifier is Quantifier.FOR_ANY) is each.holds]
        every = [each for each in literals if each not in some]
        values = [self._value([*every, one]) for one in some] or [self._value(every)]
        found = tuple(value for value in dict.fromkeys(values) if value is not None)
        return None if None in values else found

    def _value(self, literals: list[Literal]) -> str | None:
        """One value that fits each atom, or does not, as asked."""
        self._budget.spend(4 * len(literals) + _values_of(literals))
        if any(each.atom.is_symbolic for each in literals):
            return self._symbolic(literals)
        finite = [texts for each in literals if each.holds and (texts := each.atom.texts()) is not None]
        if finite:
            return self._first(sorted(finite[0], key=_is_empty), literals)
        kinds = sorted({each.atom.kind for each in literals}, key=lambda kind: kind.value)
        if set(kinds) <= {Kind.TEXT}:
            return self._text(literals)
        self._budget.spend(16 * _values_of(literals))
        named = [value for each in literals for value in each.atom.condition.values]
        found = self._first([value for kind in kinds for value in candidates(kind, named)], literals)
        if found is None and len(kinds) > 1:
            raise Undecided(f"operators for {' and '.join(kind.value for kind in kinds)} on {literals[0].atom.key}")
        if found is None and _may_be_of_no_type(literals):
            raise Undecided(f"a value of {literals[0].atom.key} that is no {kinds[0].value}")
        return found

    def _symbolic(self, literals: list[Literal]) -> str | None:
        """As `_text`. What one value of a variable is to the Arn operators, with colons in it, is left open."""
        if any(each.atom.kind is not Kind.TEXT or each.atom.on_arns for each in literals):
            raise Undecided("operators of different kinds on a key with a policy variable")
        return self._text(literals)

    def _first(self, values: Iterable[str], literals: list[Literal]) -> str | None:
        weight = 4 * len(literals) + 2 * _values_of(literals)
        for value in values:
            self._budget.spend(weight)
            if all(each.atom.on_value(value) is truth(each.holds) for each in literals):
                return value
        return None

    def _text(self, literals: list[Literal]) -> str | None:
        """A text, not empty if possible, in one glob of each that has to fit and in none of those that must not."""
        unions: list[list[Glob]] = []
        outside: list[Glob] = []
        for each in literals:
            if each.holds is not each.atom.operator.comparison.negated:
                unions.append(each.atom.globs())
            else:
                outside += each.atom.globs()
        for choice in product(*unions):
            inside = [glob for glob in dict.fromkeys(choice) if not glob.is_everything]
            inside = [widened(each, Wild.ANY) for each in inside] if len(inside) > 1 else inside
            for wanted in [inside] if inside else [[SOMETHING], [EVERYTHING]]:
                if (word := find_word(wanted, outside, self._budget)) is not None:
                    return _text(word)
        return None


_NO_KEYS = Context({})


def _values_of(literals: Iterable[Literal]) -> int:
    """How many values the policies list in them."""
    return sum(len(each.atom.condition.values) for each in literals)


def _is_empty(text: str) -> bool:
    return not text


def _text(word: Word) -> str:
    return "".join(each for each in word if isinstance(each, str))


def _of_no_value(literal: Literal) -> bool:
    """Whether it is met where there is nothing to test; empty values may be as good as that.

    ForAllValues also "returns true if there are no context keys in the request or if the context key value resolves to
    a null dataset, such as an empty string".
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    return (literal.atom.operator.quantifier is Quantifier.FOR_ALL) is literal.holds


def _may_be_of_no_type(literals: list[Literal]) -> bool:
    """Whether any other text may do: a tag may have it, and what the operators make of it is not documented.

    That one of them takes it for a value that fits and another does not is left out.
    """
    if "/" not in literals[0].atom.key:
        return False
    return len({each.holds is not each.atom.operator.comparison.negated for each in literals}) == 1


def _never_absent(literal: Literal) -> bool:
    return literal.atom.on(_NO_KEYS) is truth(not literal.holds)
