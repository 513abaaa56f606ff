"""Laws of the comparison against the second reading of the policy language. A failure names its seed.

A kind says which of four outcomes there are: allowed before and after, only before, only after. That there are some is
shown by the requests of the row, that there are no others by requests tried one after the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from random import Random

import pytest

from service.core.diff.compare import Comparer
from service.core.diff.model import Change, Finding, Kind, PolicyDiff, Relation, Scope
from service.core.iam.evaluate import Request
from service.core.iam.policy import Policy
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Verdict
from tests.laws.harder_policies import KNOWN, problem
from tests.laws.harder_policies import requests as harder_requests
from tests.laws.random_policies import ACTIONS, CONTEXTS, RESOURCES, pair
from tests.laws.second_opinion import Reading, allows, within
from tests.laws.small_catalog import SmallCatalog

Policies = list[Policy]
Outcome = tuple[bool, bool]
"""Whether the current policies allow a request, and whether the proposed ones do."""

LOST, GAINED, KEPT = (True, False), (False, True), (True, True)
POSSIBLE: dict[Kind, frozenset[Outcome]] = {
    Kind.REMOVED: frozenset({LOST}),
    Kind.ADDED: frozenset({GAINED}),
    Kind.SAME: frozenset({KEPT}),
    Kind.NARROWED: frozenset({LOST, KEPT}),
    Kind.WIDENED: frozenset({GAINED, KEPT}),
    Kind.CHANGED: frozenset({LOST, GAINED, KEPT}),
}
"""The outcomes that a row of a kind may have, and has to show; one that changes need not keep anything."""

RELATIONS = {
    (False, False): Relation.EQUIVALENT,
    (True, False): Relation.NARROWER,
    (False, True): Relation.WIDER,
    (True, True): Relation.INCOMPARABLE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Two sets of policies, their comparison, and what to ask about them."""

    seed: int
    current: Policies
    proposed: Policies
    diff: PolicyDiff
    asked: list[Request]
    readings: list[Reading]
    catalog: frozenset[str]

    def outcomes(self, request: Request) -> set[Outcome]:
        """In every reading."""
        return {(allows(self.current, request, each), allows(self.proposed, request, each)) for each in self.readings}


def small(seed: int) -> Problem:
    """Every action on every resource of the small universe, in contexts that the conditions tell apart."""
    random = Random(seed)
    current, proposed = pair(random)
    keys = {condition.key for one in current + proposed for each in one.statements for condition in each.conditions}
    values = product(*(CONTEXTS[key] for key in sorted(keys | {"aws:u"})))
    contexts = [dict(zip(sorted(keys | {"aws:u"}), each, strict=True)) for each in islice(values, 20_000)]
    chosen = random.sample(contexts, min(12, len(contexts)))
    asked = [Request(action, resource, _shown(each)) for action in ACTIONS for resource in RESOURCES for each in chosen]
    diff = COMPARERS["small"].compare(current, proposed)
    return Problem(seed, current, proposed, diff, asked, [Reading()], frozenset(ACTIONS))


def harder(seed: int) -> Problem:
    """Problems with everything that is hard, in readings of all that is not documented."""
    random, current, proposed = problem(seed)
    readings = [Reading(), Reading.any(random), Reading.any(random)]
    asked = list(harder_requests(random, current + proposed, 40))
    diff = COMPARERS["harder"].compare(current, proposed)
    return Problem(seed, current, proposed, diff, asked, readings, frozenset(KNOWN))


COMPARERS = {"small": Comparer(SmallCatalog(ACTIONS)), "harder": Comparer(SmallCatalog(KNOWN))}
PROBLEMS = {"small": small, "harder": harder}


def _shown(context: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {key: values for key, values in context.items() if values}


def law(found: Problem) -> Counter[Kind]:
    """Rows, the relation and all requests shown are as the second opinion has them."""
    by_action = {action.lower(): each for each in found.diff.changes for action in each.actions}
    for request in found.asked:
        action = request.action.lower()
        outcomes = found.outcomes(request) - {(False, False)}
        for finding in _about(by_action.get(action), request, found.readings[0]):
            assert outcomes <= POSSIBLE.get(finding.kind, outcomes), f"seed {found.seed}: {request}, {finding}"
        assert action in by_action or action not in found.catalog or not outcomes, f"seed {found.seed}: {request}"
        _whole(found, request, outcomes)
    for change in found.diff.changes:
        _shows(found, change.finding)
        for scope in change.scopes:
            _shows(found, scope.finding, whole=False)
    _related(found)
    return Counter(each.kind for each in found.diff.changes)


def _about(change: Change | None, request: Request, reading: Reading) -> Iterator[Finding]:
    """The row of the action, and those of its scopes that the resource lies in for sure."""
    if change is not None:
        yield change.finding
        yield from (each.finding for each in change.scopes if _lies_in(each.scope, request.resource, reading))


def _lies_in(scope: Scope, resource: str, reading: Reading) -> bool:
    if scope.variables and any("${" in each for each in scope.resources):
        return False
    return any(within(each, resource, reading) for each in scope.resources) is not scope.excepted


def _whole(found: Problem, request: Request, outcomes: Iterable[Outcome]) -> None:
    known = request.action.lower() in found.catalog
    for verdict, against in ((found.diff.no_new_access, GAINED), (found.diff.nothing_lost, LOST)):
        if isinstance(verdict, Holds) and (known or verdict.assumption is Assumption.SYNTACTIC):
            assert against not in outcomes, f"seed {found.seed}: {request}, {verdict}"


def _shows(found: Problem, finding: Finding, *, whole: bool = True) -> None:
    """Each request has its outcome in every reading, and a row has one of each outcome that it must have."""
    shown = {LOST: finding.lost, GAINED: finding.gained, KEPT: finding.kept}
    for outcome, request in shown.items():
        if request is not None:
            assert found.outcomes(request) == {outcome}, f"seed {found.seed}: {request}, {finding}"
    if whole and finding.kind is not Kind.UNKNOWN and finding.before.name != "UNKNOWN":
        there = {outcome for outcome, request in shown.items() if request is not None}
        wanted = POSSIBLE[finding.kind] - ({KEPT} if finding.kind is Kind.CHANGED else set())
        assert there == wanted, f"seed {found.seed}: {finding}"


def _related(found: Problem) -> None:
    """The relation is what the two answers about the whole say, and these show requests that are as they say."""
    answers = (found.diff.nothing_lost, LOST), (found.diff.no_new_access, GAINED)
    for verdict, outcome in answers:
        if isinstance(verdict, Refuted):
            assert found.outcomes(verdict.request) == {outcome}, f"seed {found.seed}: {verdict}"
    lost, gained = (_refuted(verdict) for verdict, _ in answers)
    expected = Relation.UNKNOWN if lost is None or gained is None else RELATIONS[lost, gained]
    assert found.diff.relation is expected, f"seed {found.seed}"


def _refuted(verdict: Verdict) -> bool | None:
    return {Holds: False, Refuted: True}.get(type(verdict))


def _over(name: str, seeds: range) -> None:
    kinds: Counter[Kind] = Counter()
    for seed in seeds:
        kinds += law(PROBLEMS[name](seed))
    assert all(kinds[each] > len(seeds) // 40 for each in POSSIBLE), kinds


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_every_row_stands_in_every_reading(name: str) -> None:
    _over(name, range(40))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_many_rows_stand_in_every_reading(name: str) -> None:
    _over(name, range(1000, 1250))
