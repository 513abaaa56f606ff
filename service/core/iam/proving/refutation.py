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

from service.core.iam.proving.atoms import Atom, instantiated
from service.core.iam.proving.bank import Word, fresh_letter
from service.core.iam.proving.budget import Budget, OutOfBudget
from service.core.iam.proving.classes import ActionClass
from service.core.iam.proving.inclusion import find_word
from service.core.iam.proving.key_values import Undecided
from service.core.iam.proving.rule import Region, Rule
from service.core.iam.proving.satisfy import Solver
from service.core.iam.proving.witness import Sketch


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place where there may be a request or not."""

    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A request that should do; `reason` is what it means if the evaluator does not agree."""

    sketch: Sketch
    reason: str


@dataclass(frozen=True, slots=True)
class _Case:
    """A request for an action in a region that meets the atoms and that none of the rules against it matches.

    Of the rules in `on` the conditions are met, so the resource has to lie elsewhere; of those in `off` they are not.
    """

    action: str
    region: Region
    met: tuple[Atom, ...]
    against: tuple[Rule, ...]
    on: tuple[Rule, ...] = ()
    off: tuple[Rule, ...] = ()


class Search:
    """Searches of one question, which share a budget and what they have found out."""

    def __init__(self, budget: Budget, rules: Iterable[Rule]) -> None:
        self._budget = budget
        self._solver = Solver(budget)
        self._words: dict[Region, Word | None] = {}
        self._variables = frozenset(key for rule in rules for key in rule.variables())

    def refutations(self, of: ActionClass) -> Iterator[Found | Doubt]:
        """Requests for the action of the class that may be allowed by the left and denied by the right.

        If there is none at all, the left allows nothing more.

        Raises:
            OutOfBudget: it takes more steps than are left.
        """
        allowed = {each.scope for each in of.right.allows}
        denied = {each.scope for each in of.left.denies}
        denies = [each for each in of.right.denies if each.scope not in denied]
        for rule in of.left.allows:
            for region in rule.regions():
                if rule.scope not in allowed:
                    yield from self._in(_Case(of.action, region, rule.atoms, of.right.allows + of.left.denies))
                for deny in denies:
                    yield from self._denied(_Case(of.action, region, rule.atoms, of.left.denies), deny)

    def _denied(self, case: _Case, deny: Rule) -> Iterator[Found | Doubt]:
        """Requests of the case that the Deny takes away."""
        for region in deny.regions():
            yield from self._in(replace(case, region=case.region.within(region), met=case.met + deny.atoms))

    def _in(self, case: _Case) -> Iterator[Found | Doubt]:
        self._budget.spend(1 + len(case.against))
        met = tuple(dict.fromkeys((*case.met, *case.region.needed())))
        sure = frozenset(met)
        implied = [each for each in case.against if each in case.on or sure.issuperset(each.atoms)]
        word = self._outside(_without(case.region, implied), [each for each in implied if each.excepts])
        if word is not None and self._possible(met, case):
            yield from self._at(case, met, word, implied)

    def _outside(self, region: Region, others: Sequence[Rule]) -> Word | None:
        """A resource of the region that none of the rules is about, all of which list what they are not about."""
        if len(region.inside) > _DEEP:
            raise OutOfBudget
        word = self._word(region)
        wrong = None if word is None else next((each for each in others if each.matches(word)), None)
        if wrong is None:
            return word
        rest = [each for each in others if each is not wrong]
        found = (self._outside(region.within(part), rest) for part in wrong.elsewhere())
        return next((each for each in found if each is not None), None)

    def _word(self, region: Region) -> Word | None:
        if region not in self._words:
            self._words[region] = find_word(region.inside, region.outside, self._budget)
        return self._words[region]

    def _possible(self, met: Sequence[Atom], case: _Case) -> bool:
        """Whether any context meets what the case asks for, as far as that can be told."""
        try:
            return self._solver.context(met, [each.atoms for each in case.off]) is not None
        except Undecided:
            return True

    def _at(self, case: _Case, met: Sequence[Atom], word: Word, implied: Sequence[Rule]) -> Iterator[Found | Doubt]:
        hits = [each for each in case.against if each not in implied and each not in case.off and each.matches(word)]
        failed = [each.atoms for each in (*case.off, *hits)]
        try:
            context = self._solver.context(met, failed)
        except Undecided as doubt:
            yield self._guess(case, met, word, failed, str(doubt))
            return
        if context is not None:
            yield Found(Sketch(case.action, word, context, self._variables), "the evaluator does not confirm a request")
        elif len(case.on) >= _DEEP:
            yield Doubt("too many conditions depend on each other")
        else:
            yield from self._with_one_on(case, hits)

    def _with_one_on(self, case: _Case, hits: Sequence[Rule]) -> Iterator[Found | Doubt]:
        for number, hit in enumerate(hits):
            off = (*case.off, *hits[:number])
            yield from self._in(replace(case, met=case.met + hit.atoms, on=(*case.on, hit), off=off))

    def _guess(
        self, case: _Case, met: Sequence[Atom], word: Word, failed: Iterable[Sequence[Atom]], doubt: str
    ) -> Found | Doubt:
        """A request in which every variable has the same value; whether it will do is for the evaluator to say."""
        value = fresh_letter()
        blocks = [tuple(instantiated(each, value) for each in block) for block in failed]
        try:
            context = self._solver.context([instantiated(each, value) for each in met], blocks)
        except Undecided:
            return Doubt(doubt)
        return Doubt(doubt) if context is None else Found(Sketch(case.action, word, context, self._variables), doubt)


_DEEP = 60
"""How many rules may be taken to be on, one inside the other."""


def _without(region: Region, others: Iterable[Rule]) -> Region:
    """The region without the resources that the rules list as those that they are about."""
    listed = (glob for rule in others if not rule.excepts for glob in rule.globs)
    return Region(region.inside, (*region.outside, *listed))
