"""The search for a request that one side allows and the other does not, in one class of actions.

For an Allow of the left, in each of its regions of resources: a resource and a context are searched for that the Allow
matches, no Deny of the left does, and no Allow of the right does or else some Deny of the right. A statement is kept
from matching in one of two ways, by the resource or by the context. So first comes a resource outside of all
statements whose conditions are met for sure; then a context in which the others that are about it fail. If there is no
such context, one of them is on in every context, and each is tried in turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from service.core.iam.proving.atoms import Atom
from service.core.iam.proving.bank import Word
from service.core.iam.proving.budget import Budget, OutOfBudget
from service.core.iam.proving.classes import ActionClass, Side
from service.core.iam.proving.glob import Wild, widened
from service.core.iam.proving.guesses import Guesses
from service.core.iam.proving.inclusion import find_word
from service.core.iam.proving.key_values import Undecided
from service.core.iam.proving.pinned import (
    Pins,
    pinned,
    pinned_atom,
    pinned_region,
    pinnings,
    pins_met,
    values_in,
)
from service.core.iam.proving.rule import Region, Rule
from service.core.iam.proving.satisfy import Solver
from service.core.iam.proving.witness import Sketch, is_made_up, with_letters

UNCONFIRMED = "the evaluator does not confirm a request"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place where there may be a request or not."""

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A request that should do; `reason` is what it means if the evaluator does not agree, empty if nothing."""

    sketch: Sketch
    reason: str


@dataclass(frozen=True, slots=True)
class _Case:
    """A request for an action in a region that meets the atoms and that none of the rules against it matches.

    Of the rules in `on` the conditions are met, so the resource has to lie elsewhere; of those in `off` they are not.
    If it is `pinned`, values were chosen for variables.
    """

    action: str
    region: Region
    met: tuple[Atom, ...]
    against: tuple[Rule, ...]
    on: tuple[Rule, ...] = ()
    off: tuple[Rule, ...] = ()
    pinned: bool = False


class Search:
    """Searches of one question, which share a budget and what they have found out."""

    def __init__(self, budget: Budget, rules: Iterable[Rule]) -> None:
        self._budget = budget
        self._solver = Solver(budget)
        self._words: dict[Region, Word | None] = {}
        self._variables = frozenset(key for rule in rules for key in rule.variables)
        self._guesses = Guesses(budget, self._solver, self._variables)

    def refutations(self, of: ActionClass) -> Iterator[Found | Doubt]:
        """Requests for the action of the class that may be allowed by the left and denied by the right.

        If there is none at all, the left allows nothing more.

        Raises:
            OutOfBudget: it takes more steps than are left.
        """
        for rule in of.left.allows:
            ways = pinnings(rule.atoms, self._variables)
            for pins in ways:
                self._budget.spend(_PINNING * len(of.left.rules + of.right.rules))
                known = pinned(rule, pins)
                yield from self._beyond(_pinned_class(of, pins), known, known.atoms + pins_met(pins))
            if not ways:
                yield from self._beyond(of, rule, rule.atoms)

    def _beyond(self, of: ActionClass, rule: Rule, met: tuple[Atom, ...]) -> Iterator[Found | Doubt]:
        """Requests that the Allow of the left matches."""
        self._budget.spend(1 + len(of.left.denies + of.right.rules) // 2)
        allowed = {each.scope for each in of.right.allows}
        denied = {each.scope for each in of.left.denies}
        denies = [each for each in of.right.denies if each.scope not in denied]
        for region in rule.regions():
            if rule.scope not in allowed:
                yield from self._in(_Case(of.action, region, met, of.right.allows + of.left.denies))
            for deny in denies:
                yield from self._denied(_Case(of.action, region, met, of.left.denies), deny)

    def _denied(self, case: _Case, deny: Rule) -> Iterator[Found | Doubt]:
        """Requests of the case that the Deny takes away."""
        for region in deny.regions():
            yield from self._in(replace(case, region=case.region.within(region), met=case.met + deny.atoms))

    def _in(self, case: _Case) -> Iterator[Found | Doubt]:
        self._budget.spend(1 + len(case.against))
        if any(each.excepts and _leaves_out(each, case) for each in case.against):
            return
        met = tuple(dict.fromkeys((*case.met, *case.region.needed())))
        sure = frozenset(met)
        implied = [each for each in case.against if each in case.on or sure.issuperset(each.atoms)]
        word = self._outside(_without(case.region, implied), [each for each in implied if each.excepts])
        if word is not None and self._possible(met, case):
            if not case.pinned:
                yield from self._tried(case, self._values(case.region, word))
            yield from self._at(case, met, word, implied)

    def _outside(self, region: Region, others: Sequence[Rule]) -> Word | None:
        """A resource of the region that none of the rules is about, all of which list what they are not about."""
        if len(region.inside) > _DEEP:
            raise OutOfBudget
        self._budget.spend(1 + len(region.outside) // 8)
        word = self._word(region)
        wrong = None if word is None else next(self._about(others, word), None)
        if wrong is None:
            return word
        rest = [each for each in others if each is not wrong]
        found = (self._outside(region.within(part), rest) for part in wrong.elsewhere())
        return next((each for each in found if each is not None), None)

    def _about(self, rules: Iterable[Rule], word: Word) -> Iterator[Rule]:
        """Those of the rules that are about the resource."""
        text = "".join(each if isinstance(each, str) else _NO_LETTER for each in word)
        for each in rules:
            if not each.may_list(text):
                if each.excepts:
                    yield each
                continue
            self._budget.spend(1 + len(word) // 4)
            if each.matches(word):
                yield each

    def _word(self, region: Region) -> Word | None:
        if region not in self._words:
            self._words[region] = self._found(region)
        return self._words[region]

    def _found(self, region: Region) -> Word | None:
        """If possible one for which no variable has to be empty."""
        telling = [each for each in dict.fromkeys(region.inside) if not each.is_everything]
        if len(telling) > 1 and any(each.variables for each in telling):
            full = [widened(each, Wild.ONE_HERE) for each in telling]
            if (found := find_word(full, region.outside, self._budget)) is not None:
                return found
        return find_word(region.inside, region.outside, self._budget)

    def _possible(self, met: Sequence[Atom], case: _Case) -> bool:
        """Whether any context meets what the case asks for, as far as that can be told."""
        try:
            return self._solver.context(met, [each.atoms for each in case.off]) is not None
        except Undecided:
            return True

    def _at(self, case: _Case, met: Sequence[Atom], word: Word, implied: Sequence[Rule]) -> Iterator[Found | Doubt]:
        settled = frozenset((*implied, *case.off))
        hits = [each for each in self._about(case.against, word) if each not in settled]
        failed = [each.atoms for each in (*case.off, *hits)]
        try:
            context = self._solver.context(met, failed)
        except Undecided as doubt:
            yield from self._guessed(case, word, [*met, *chain.from_iterable(failed)])
            yield Doubt(str(doubt))
            return
        if context is not None:
            yield Found(Sketch(case.action, word, context, self._variables), UNCONFIRMED)
            yield from self._guessed(case, word, [*met, *chain.from_iterable(failed)])
        elif len(case.on) >= _DEEP:
            yield Doubt("too many conditions depend on each other")
        else:
            yield from self._with_one_on(case, hits)

    def _with_one_on(self, case: _Case, hits: Sequence[Rule]) -> Iterator[Found | Doubt]:
        for number, hit in enumerate(hits):
            off = (*case.off, *hits[:number])
            yield from self._in(replace(case, met=case.met + hit.atoms, on=(*case.on, hit), off=off))

    def _tried(self, case: _Case, pins: Pins) -> Iterator[Found]:
        """Requests in which some keys have those values; if none of them will do, others may."""
        if pins:
            self._budget.spend(len(pins) + _PINNING * (1 + len(case.against + case.on + case.off)))
            found = self._in(_pinned_case(case, {key: with_letters(text) for key, text in pins.items()}))
            yield from (replace(each, reason="") for each in found if isinstance(each, Found))

    def _values(self, region: Region, word: Word) -> Pins:
        """Values of variables with which the word lies in the region."""
        found: dict[str, str] = {}
        for glob in region.inside:
            if glob.variables and len(region.inside) > 1:
                self._budget.spend(1 + len(glob.tokens) * len(word) // 64)
                found = values_in(word, glob) | found
        return found

    def _named(self, region: Region, word: Word) -> Pins:
        """Of those values the ones that a policy names in part."""
        return {key: text for key, text in self._values(region, word).items() if not is_made_up(text)}

    def _guessed(self, case: _Case, word: Word, atoms: Sequence[Atom]) -> Iterator[Found]:
        """Requests with one value or another for every variable."""
        if self._variables and not case.pinned:
            asked = self._guesses.asked([each for each in case.met if not each.opaque])
            for pins in self._guesses.of(atoms, asked | self._named(case.region, word)):
                yield from self._tried(case, pins)


_DEEP = 60
"""How many rules may be taken to be on, one inside the other."""


_PINNING = 20
"""How many steps it takes to put values into a rule."""

_NO_LETTER = "\0"
"""In the place of a variable: no pattern begins with it."""


def _pinned_class(of: ActionClass, pins: Pins) -> ActionClass:
    left, right = (Side.of(pinned(each, pins) for each in side.rules) for side in (of.left, of.right))
    return replace(of, left=left, right=right)


def _pinned_case(case: _Case, pins: Pins) -> _Case:
    against, on, off = (tuple(pinned(each, pins) for each in rules) for rules in (case.against, case.on, case.off))
    met = tuple(pinned_atom(each, pins) for each in case.met) + pins_met(pins)
    return replace(case, region=pinned_region(case.region, pins), met=met, against=against, on=on, off=off, pinned=True)


def _leaves_out(rule: Rule, case: _Case) -> bool:
    """Whether the rule matches all that the case is about, since it leaves out nothing that the case does not.

    That is so whatever their variables are, as long as they have to be the same ones.
    """
    if len(rule.globs) > len(case.region.outside):
        return False
    return set(rule.globs) <= set(case.region.outside) and set(rule.atoms) <= set(case.met)


def _without(region: Region, others: Iterable[Rule]) -> Region:
    """The region without the resources that the rules list as those that they are about."""
    listed = (glob for rule in others if not rule.excepts for glob in rule.globs)
    return Region(region.inside, (*region.outside, *listed))
