"""What becomes of the requests for one action, by the prover's answers both ways."""

from __future__ import annotations

from collections.abc import Sequence

from service.core.diff.model import Finding, Kind
from service.core.iam.action_set import Universe
from service.core.iam.containment import contained
from service.core.iam.evaluate import Request
from service.core.iam.policy import Policy
from service.core.iam.truth import Truth
from service.core.iam.verdict import Holds, Refuted, Unknown, Verdict

TOTAL_STEPS = 12_000_000
"""How many steps all questions of one comparison may take together, about."""

_LADDER = (2_000, 30_000, 400_000)
"""How many steps a question may take: few at first, since most take few, and more where those do not do."""

_LEAST = 200
"""How many steps a question has when all are used up."""


class Ration:
    """The steps of one comparison. Every question is charged with all that it might have taken."""

    def __init__(self, steps: int = TOTAL_STEPS) -> None:
        self._left = steps

    def contained(self, left: Sequence[Policy], right: Sequence[Policy], universe: Universe) -> Verdict:
        """As the prover says it, within what is left."""
        verdict: Verdict = Unknown("it takes too many steps")
        for steps in (each for each in _LADDER if each <= self._left):
            self._left -= steps
            verdict = contained(left, right, universe, steps)
            if not isinstance(verdict, Unknown):
                return verdict
        return verdict if self._left >= _LADDER[0] else contained(left, right, universe, _LEAST)


def compared(left: Sequence[Policy], right: Sequence[Policy], universe: Universe, ration: Ration) -> Finding | None:
    """What becomes of what the left policies allow when the right ones take their place; None if neither allow any."""
    lost, gained = ration.contained(left, right, universe), ration.contained(right, left, universe)
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
        _request(_SHARED[kind](before, after)) if kind in _SHARED else None,
        _reasons(lost, gained, before, after) if kind is Kind.UNKNOWN else "",
    )


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

# What the narrower side allows, the other does too.
_SHARED = {
    Kind.SAME: lambda before, after: before if isinstance(before, Refuted) else after,
    Kind.NARROWED: lambda _, after: after,
    Kind.WIDENED: lambda before, _: before,
}


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
