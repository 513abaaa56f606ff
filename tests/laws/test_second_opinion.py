"""Laws of proofs against a second reading of the policy language, which shares no code with the first.

Where AWS's pages leave open what something means, what is proved has to be so in every reading. A failure names its
seed.
"""

from __future__ import annotations

from random import Random

import pytest

from service.core import proof
from service.core.iam.evaluate import Access, authorize
from service.core.iam.layers import PolicySet, authorize_layers
from service.core.iam.policy import Policy
from service.core.iam.proving.action_set import NOTHING_KNOWN, Universe
from service.core.iam.proving.containment import contained
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Unknown, Verdict
from tests.laws.harder_policies import KNOWN, problem, requests
from tests.laws.second_opinion import Reading, allows

CATALOG = Universe((*KNOWN, *(f"u:filler{number}" for number in range(70))))
Policies = list[Policy]


def _asked(seed: int, first: Policies, second: Policies) -> tuple[Verdict, bool, bool]:
    """A question, and whether a request that only the first allows, or both, speaks against it."""
    universe = CATALOG if seed % 2 else NOTHING_KNOWN
    match seed % 3:
        case 0:
            return contained(first, second, universe), True, False
        case 1:
            return proof.equivalent(first, second, universe), True, False
        case _:
            return proof.disjoint(first, second, universe), False, True


def _law(seeds: range) -> None:
    holding = refuted = 0
    for seed in seeds:
        random, first, second = problem(seed)
        verdict, against_first, against_both = _asked(seed, first, second)
        readings = [Reading(), Reading.any(random), Reading.any(random)]
        asked = [verdict.request] if isinstance(verdict, Refuted) else list(requests(random, first + second, 12))
        if isinstance(verdict, Unknown):
            continue
        refuted += isinstance(verdict, Refuted)
        if isinstance(verdict, Holds) and verdict.assumption is Assumption.CATALOG:
            asked = [each for each in asked if each.action.lower() in CATALOG.names]
        for request in asked:
            for reading in readings:
                mine, theirs = allows(first, request, reading), allows(second, request, reading)
                against = (mine and not theirs and against_first) or (mine and theirs and against_both)
                against = against or (seed % 3 == 1 and mine is not theirs)
                holding += mine and isinstance(verdict, Holds)
                assert against is isinstance(verdict, Refuted), f"seed {seed}: {request}, {reading}, {verdict}"
    assert holding > len(seeds) // 4
    assert refuted > len(seeds) // 4


def test_verdicts_stand_in_every_reading() -> None:
    _law(range(600))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 5000, 2000))
def test_many_verdicts_stand_in_every_reading(start: int) -> None:
    _law(range(start, start + 2000))


def test_decisions_stand_in_every_reading() -> None:
    """Of the evaluator, and of all layers together: what is not unknown is so whatever the open points mean."""
    decided = 0
    for seed in range(400):
        random, first, second = problem(seed)
        outer = PolicySet(tuple(first), second[0], tuple(second), (tuple(first),), (tuple(second),))
        for request in requests(random, first + second, 6):
            reading = Reading.any(random)
            inside = allows(first, request, reading)
            for access, expected in (
                (authorize(first, request).access, inside),
                (
                    authorize_layers(outer, request).access,
                    inside and allows(second, request, reading) and allows(second[:1], request, reading),
                ),
            ):
                if access is not Access.UNKNOWN:
                    decided += 1
                    assert (access is Access.ALLOWED) is expected, f"seed {seed}: {request}, {reading}"
    assert decided > 2000


def test_a_problem_is_the_same_each_time() -> None:
    assert [problem(seed)[1:] for seed in range(20)] == [problem(seed)[1:] for seed in range(20)]
    assert list(requests(Random(1), problem(3)[1], 4)) == list(requests(Random(1), problem(3)[1], 4))
