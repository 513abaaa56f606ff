"""What becomes of the requests for one action, by the prover's answers both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.core.diff.model import Finding, Kind
from service.core.iam.evaluate import Request
from service.core.iam.policy import Policy
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.containment import STEPS, TOO_MANY_STEPS, contained
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Unknown, Verdict
from service.core.iam.truth import Truth

TOTAL_STEPS = 2_500_000
"""How many steps one comparison may take, with everything that it needs: about two seconds, at most three.

A step is in the order of a microsecond. What was not looked at when they are used up is unknown, with that reason.
A million characters use them up by being read; a proposal of 52,000 characters against 60 policies takes half of them.
"""

_OF_ONE_SIDE = 4
"""Which part of the steps the question about a whole side may take, one part in so many."""

_LADDER = (2_000, 30_000, 400_000)
"""How many steps a question may take: few at first, since most take few, and more where those do not do."""

_QUESTION, _STATEMENT = 150, 5
"""What a question takes besides, and each statement in it."""


class Ration:
    """The steps of one comparison."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._of_one_side = min(STEPS, budget.left // _OF_ONE_SIDE)

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left for one more question."""
        return self.budget.left <= 0

    def afford(self, steps: int) -> bool:
        """Use up some steps if so many are left, else all."""
        left = max(0, self.budget.left)
        self.budget.left = max(0, left - steps)
        return steps <= left

    def whole(self, left: Sequence[Policy], right: Sequence[Policy], universe: Universe) -> Verdict:
        """As the prover says it of policies as a whole."""
        return self._asked(left, right, universe, self._of_one_side)

    def contained(self, left: Sequence[Policy], right: Sequence[Policy], universe: Universe) -> Verdict:
        """As the prover says it, within what is left."""
        verdict: Verdict = Unknown(TOO_MANY_STEPS)
        for steps in _LADDER:
            if self.is_spent or not isinstance(verdict, Unknown) or TOO_MANY_STEPS not in verdict.reason:
                break
            verdict = self._asked(left, right, universe, steps)
        return verdict

    def _asked(self, left: Sequence[Policy], right: Sequence[Policy], universe: Universe, steps: float) -> Verdict:
        given = Budget(min(steps, self.budget.left))
        before = given.left
        verdict = contained(left, right, universe, budget=given)
        fixed = _QUESTION + _STATEMENT * sum(len(each.statements) for each in (*left, *right))
        self.budget.left -= fixed + before - given.left
        return verdict


@dataclass(frozen=True, slots=True)
class Settled:
    """What is known before anything is asked: that nothing can be lost, or gained, since nothing is elsewhere."""

    nothing_lost: bool = False
    nothing_gained: bool = False

    @classmethod
    def by(cls, whole: Kind) -> Settled:
        """What the kind of a whole says of each of its parts."""
        return cls(whole is Kind.WIDENED, whole is Kind.NARROWED)


def compared(
    left: Sequence[Policy], right: Sequence[Policy], universe: Universe, ration: Ration, settled: Settled = Settled()
) -> Finding | None:
    """What becomes of what the left policies allow when the right ones take their place; None if neither allow any."""
    lost = _HOLDS if settled.nothing_lost else ration.contained(left, right, universe)
    gained = _HOLDS if settled.nothing_gained else ration.contained(right, left, universe)
    before = lost if isinstance(lost, Refuted) else ration.contained(left, (), universe)
    after = gained if isinstance(gained, Refuted) else ration.contained(right, (), universe)
    if isinstance(before, Holds) and isinstance(after, Holds):
        return None
    # Of nothing, nothing is lost, whatever the harder question gave.
    lost, gained = (before if isinstance(before, Holds) else lost), (after if isinstance(after, Holds) else gained)
    kind = _kind(lost, gained, before, after)
    any_before, any_after = _any(before), _any(after)
    if kind is Kind.SAME:
        any_before = any_after = max(any_before, any_after)
    return Finding(
        kind,
        any_before,
        any_after,
        _request(lost),
        _request(gained),
        _shared(kind, before, after),
        _reasons(lost, gained, before, after) if kind is Kind.UNKNOWN else "",
    )


NOT_COMPARED = Finding(Kind.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN, reason=TOO_MANY_STEPS)
"""What is found where nothing is asked."""

_HOLDS = Holds(Assumption.SYNTACTIC)


def _kind(lost: Verdict, gained: Verdict, before: Verdict, after: Verdict) -> Kind:
    match lost, gained:
        case Refuted(), Refuted():
            return Kind.CHANGED
        case Refuted(), Holds():
            return _WITHOUT_GAIN[type(after)]
        case Holds(), Refuted():
            return _WITHOUT_LOSS[type(before)]
        case Holds(), Holds():
            return Kind.SAME
        case _:
            return Kind.UNKNOWN


_WITHOUT_GAIN: dict[type, Kind] = {Holds: Kind.REMOVED, Refuted: Kind.NARROWED, Unknown: Kind.UNKNOWN}
_WITHOUT_LOSS: dict[type, Kind] = {Holds: Kind.ADDED, Refuted: Kind.WIDENED, Unknown: Kind.UNKNOWN}


def _shared(kind: Kind, before: Verdict, after: Verdict) -> Request | None:
    """A request that both allow: what the narrower side allows, the other does too."""
    match kind:
        case Kind.SAME:
            return _request(before) or _request(after)
        case Kind.NARROWED:
            return _request(after)
        case Kind.WIDENED:
            return _request(before)
        case _:
            return None


def _any(empty: Verdict) -> Truth:
    """Whether anything is allowed, from the answer to whether nothing is."""
    match empty:
        case Holds():
            return Truth.NO
        case Refuted():
            return Truth.YES
        case _:
            return Truth.UNKNOWN


def _request(verdict: Verdict) -> Request | None:
    return verdict.request if isinstance(verdict, Refuted) else None


def _reasons(*verdicts: Verdict) -> str:
    return "; ".join(sorted({each.reason for each in verdicts if isinstance(each, Unknown)}))
