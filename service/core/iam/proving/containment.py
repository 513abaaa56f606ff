"""Whether policies allow nothing that other policies do not: one verifier, over which every question is asked.

Where something is not known, the left is taken to allow more and the right less, so that Holds is right; a request is
shown only if `authorize` says of the policies themselves that the left allow it and the right do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from service.core.iam.evaluate import Access, Decision, Request, authorize
from service.core.iam.policy import Policy
from service.core.iam.proving.action_set import NOTHING_KNOWN, Universe
from service.core.iam.proving.budget import Budget, OutOfBudget
from service.core.iam.proving.classes import ActionClass, Side, classes
from service.core.iam.proving.imagined import IMAGINING, Written, written
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.refutation import UNCONFIRMED, Found, Search
from service.core.iam.proving.rule import Rule, burden, effort, rules
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Unknown, Verdict
from service.core.iam.proving.witness import Places, Sketch, places_of, requests

TOO_MANY_STEPS = "it takes too many steps"

STEPS = 1_000_000
"""How many steps a question may take: a few seconds at most."""


def contained(
    left: Sequence[Policy],
    right: Sequence[Policy],
    universe: Universe = NOTHING_KNOWN,
    steps: int = STEPS,
    budget: Budget | None = None,
) -> Verdict:
    """Whether every request that the left policies allow is allowed by the right ones too.

    Holds: there is no other request. Refuted: the left allow this request and the right do not. Unknown: neither was
    found; the reason says what stood in the way. A budget, if given, takes the place of the steps and shows after the
    answer what is left; who gives one has paid for what it takes to see the policies for the first time.
    """
    given = budget or Budget(steps)
    try:
        given.spend(burden((*left, *right)) if budget else effort((*left, *right)))
    except OutOfBudget:
        return Unknown(TOO_MANY_STEPS)
    return _Question(left, right, universe, given).verdict()


class _Question:
    def __init__(self, left: Sequence[Policy], right: Sequence[Policy], universe: Universe, budget: Budget) -> None:
        self._policies = left, right
        self._left, self._right = Side.of(rules(left)), Side.of(rules(right))
        self._universe = universe
        self._budget = budget
        self._burden = burden((*left, *right))
        self._doubts: set[str] = set()

    def verdict(self) -> Verdict:
        scope = self._unsettled()
        if not scope:
            return Holds(Assumption.SYNTACTIC)
        try:
            return self._answer(scope)
        except OutOfBudget:
            return Unknown("; ".join([*sorted(self._doubts), TOO_MANY_STEPS]))

    def _unsettled(self) -> Sequence[Rule]:
        """The Allows that have to be looked at: all, unless the right has no Deny that the left has not."""
        if set(self._right.denies) <= set(self._left.denies):
            settled = set(self._right.allows)
            return [each for each in self._left.allows if each not in settled]
        return self._left.allows

    def _answer(self, scope: Sequence[Rule]) -> Verdict:
        found = self._written(scope)
        parts = classes(self._left, self._right, scope, self._universe, found, self._budget)
        search = Search(self._budget, self._left.rules + self._right.rules)
        real = self._first_refutation(search, (each for each in parts if not each.imagined))
        if real is not None:
            return Refuted(real)
        if self._doubts:
            return Unknown("; ".join(sorted(self._doubts)))
        beyond = self._first_refutation(search, (each for each in parts if each.imagined))
        if beyond is None and not self._doubts and found.complete:
            return Holds(Assumption.SYNTACTIC)
        if self._universe.actions:
            return Holds(Assumption.CATALOG, beyond)
        if beyond is not None:
            return Refuted(beyond)
        return Unknown("; ".join(sorted(self._doubts)) or "the patterns of actions overlap in too many ways")

    def _written(self, scope: Sequence[Rule]) -> Written:
        """What the statements say of actions; it has steps of its own, of which the rest is not wanted."""
        everything = self._left.rules + self._right.rules
        own = Budget(min(IMAGINING, self._budget.left))
        before = own.left
        found = written((rule.statement for rule in everything), [rule.statement for rule in scope], own)
        self._budget.spend(before - own.left)
        return found

    @cached_property
    def _places(self) -> Places:
        return places_of(rule.statement for rule in (*self._left.rules, *self._right.rules))

    @cached_property
    def _indexes(self) -> tuple[PolicyIndex, PolicyIndex]:
        left, right = self._policies
        self._budget.spend(self._burden)
        return PolicyIndex(left), PolicyIndex(right)

    def _first_refutation(self, search: Search, parts: Iterable[ActionClass]) -> Request | None:
        for part in parts:
            for found in search.refutations(part):
                request = self._confirmed(found.sketch) if isinstance(found, Found) else None
                if isinstance(request, Request):
                    return request
                undocumented = request is Access.UNKNOWN and found.reason == UNCONFIRMED
                self._doubts.update(filter(None, [_UNDOCUMENTED if undocumented else found.reason]))
        return None

    def _confirmed(self, sketch: Sketch) -> Request | Access:
        """The first request like the sketch that refutes containment: as the index has it, then by definition.

        If there is none, whether that is known or not of all of them.
        """
        said = Access.ALLOWED
        for request in requests(sketch, self._universe, self._places):
            self._budget.spend(50 + self._burden // 4)
            mine, theirs = (index.authorize(request) for index in self._indexes)
            if _refutes(mine, theirs) and self._refuted_by_definition(request):
                return request
            if Access.UNKNOWN in (mine.access, theirs.access):
                said = Access.UNKNOWN
        return said

    def _refuted_by_definition(self, request: Request) -> bool:
        left, right = self._policies
        self._budget.spend(self._burden // 2)
        return _refutes(authorize(left, request), authorize(right, request))


_UNDOCUMENTED = "a request hangs on what AWS does not document"


def _refutes(left: Decision, right: Decision) -> bool:
    return left.access is Access.ALLOWED and right.access in (Access.IMPLICITLY_DENIED, Access.EXPLICITLY_DENIED)
