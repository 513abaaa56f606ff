"""Laws of the comparison, against brute force on a small universe. A failure names its seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from random import Random

import pytest

from service.core.diff.compare import Comparer
from service.core.diff.model import Change, ConditionChange, Finding, Kind, PolicyDiff, Relation
from service.core.iam.arn import matches
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Policy, Statement
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Holds
from service.core.iam.truth import Truth
from tests.laws.random_policies import ACTIONS, pair, requests
from tests.laws.small_catalog import SmallCatalog

COMPARER = Comparer(SmallCatalog(ACTIONS))
SOME = (*range(120), 1709, 4001, 5806)
"""The last three have a NotResource with a variable, of which a scope once took too little."""

Policies = list[Policy]
MIRROR = {
    Kind.ADDED: Kind.REMOVED,
    Kind.REMOVED: Kind.ADDED,
    Kind.WIDENED: Kind.NARROWED,
    Kind.NARROWED: Kind.WIDENED,
}
LOSING = frozenset({Kind.REMOVED, Kind.NARROWED, Kind.CHANGED})
GAINING = frozenset({Kind.ADDED, Kind.WIDENED, Kind.CHANGED})


def _over(law: Callable[[int, Policies, Policies, PolicyDiff], None], seeds: Iterable[int]) -> None:
    kinds: set[Kind] = set()
    for seed in seeds:
        left, right = pair(Random(seed))
        diff = _diff(seed)
        law(seed, left, right, diff)
        kinds.update(each.kind for each in diff.changes)
    assert kinds >= set(Kind) - {Kind.UNKNOWN}, "a law that was not put to every kind"


@lru_cache(maxsize=256)
def _diff(seed: int) -> PolicyDiff:
    return COMPARER.compare(*pair(Random(seed)))


def _brute_force(seed: int, left: Policies, right: Policies, diff: PolicyDiff) -> None:
    """No request says otherwise than the kind of its action, and of every scope that its resource is in."""
    by_action = {action.lower(): each for each in diff.changes for action in each.actions}
    mine, theirs = PolicyIndex(left), PolicyIndex(right)
    for request in requests(Random(seed), left + right, 60):
        before = mine.authorize(request).access is Access.ALLOWED
        after = theirs.authorize(request).access is Access.ALLOWED
        change = by_action.get(request.action)
        for finding in _findings(change, request.resource):
            _agrees(finding, before, after, f"seed {seed}: {request}")
        assert change is not None or not (before or after), f"seed {seed}: {request}"


def _findings(change: Change | None, resource: str) -> list[Finding]:
    if change is None:
        return []
    inside = (
        each.finding
        for each in change.scopes
        if any(_within(pattern, resource) for pattern in each.scope.resources) is not each.scope.excepted
    )
    return [change.finding, *inside]


def _within(pattern: str, resource: str) -> bool:
    """Of a pattern with variables nothing is told: they may have any value."""
    return "${" not in pattern and matches(pattern, resource)


def _agrees(finding: Finding, before: bool, after: bool, message: str) -> None:
    if finding.kind is Kind.UNKNOWN:
        return
    assert not (before and not after) or finding.kind in LOSING, message
    assert not (after and not before) or finding.kind in GAINING, message
    assert not (before and finding.kind is Kind.ADDED), message
    assert not (after and finding.kind is Kind.REMOVED), message


def _witnesses(seed: int, left: Policies, right: Policies, diff: PolicyDiff) -> None:
    """Each kind has the requests that it asks for, and the plain evaluator confirms them on the documents."""
    for change in diff.changes:
        _witness(seed, left, right, change.finding)
        whole = change.kind in (Kind.ADDED, Kind.REMOVED, Kind.SAME)
        for each in change.scopes if not whole and len(change.scopes) > 1 else ():
            _witness(seed, left, right, each.finding)
        first = change.finding.lost or change.finding.gained or change.finding.kept
        assert first is None or first.action == change.actions[0], f"seed {seed}"


def _witness(seed: int, left: Policies, right: Policies, finding: Finding) -> None:
    wanted = (finding.kind in LOSING, finding.kind in GAINING, finding.kind in _STAYING)
    found = (finding.lost, finding.gained, finding.kept)
    if finding.kind is not Kind.UNKNOWN and finding.before is not Truth.UNKNOWN:  # equal, but perhaps both nothing
        assert tuple(each is not None for each in found) == wanted, f"seed {seed}: {finding}"
    expected = ((True, False), (False, True), (True, True))
    for request, (before, after) in zip(found, expected, strict=True):
        if request is not None:
            assert (_allows(left, request), _allows(right, request)) == (before, after), f"seed {seed}: {request}"


_STAYING = frozenset({Kind.NARROWED, Kind.WIDENED, Kind.SAME})


def _allows(policies: Sequence[Policy], request: Request) -> bool:
    return authorize(policies, request).access is Access.ALLOWED


def _relation(seed: int, left: Policies, right: Policies, diff: PolicyDiff) -> None:
    """The whole is what its actions are, and equivalent if and only if nothing changes."""
    kinds = {each.kind for each in diff.changes}
    if Kind.UNKNOWN in kinds or diff.relation is Relation.UNKNOWN:
        return
    lost, gained = bool(kinds & LOSING), bool(kinds & GAINING)
    expected = {
        (False, False): Relation.EQUIVALENT,
        (True, False): Relation.NARROWER,
        (False, True): Relation.WIDER,
        (True, True): Relation.INCOMPARABLE,
    }
    assert diff.relation is expected[lost, gained], f"seed {seed}"
    assert isinstance(diff.no_new_access, Holds) is not gained, f"seed {seed}"


def _mirror(seed: int, left: Policies, right: Policies, diff: PolicyDiff) -> None:
    """Seen from the other side, removed is added and narrowed is widened."""
    other = COMPARER.compare(right, left)
    assert _kinds(other) == {key: MIRROR.get(kind, kind) for key, kind in _kinds(diff).items()}, f"seed {seed}"
    swapped = {Relation.NARROWER: Relation.WIDER, Relation.WIDER: Relation.NARROWER}
    assert other.relation is swapped.get(diff.relation, diff.relation), f"seed {seed}"
    pairs = zip(_ordered(diff), _ordered(other), strict=True)
    assert all((one.added, one.removed) == (two.removed, two.added) for one, two in pairs), f"seed {seed}"


def _ordered(diff: PolicyDiff) -> list[ConditionChange]:
    return sorted(diff.conditions, key=lambda each: each.actions)


def _kinds(diff: PolicyDiff) -> dict[tuple[str, str], Kind]:
    found = {(action, ""): each.kind for each in diff.changes for action in each.actions}
    scopes = ((action, each, scope) for each in diff.changes for action in each.actions for scope in each.scopes)
    return found | {(action, str(scope.scope)): scope.finding.kind for action, _, scope in scopes}


def _order(seed: int, left: Policies, right: Policies, diff: PolicyDiff) -> None:
    """Documents cut and sorted in another way give the same answer, to the last request."""
    random = Random(seed)
    assert COMPARER.compare(_shuffled(random, left), _shuffled(random, right)) == diff, f"seed {seed}"


def _shuffled(random: Random, policies: Policies) -> Policies:
    cut = [Policy((_turned(random, each),), policy.version) for policy in policies for each in policy.statements]
    return random.sample(cut, len(cut))


def _turned(random: Random, statement: Statement) -> Statement:
    def any_order(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(random.sample(texts, len(texts)))

    return replace(
        statement,
        sid=f"S{random.randint(0, 99)}",
        actions=any_order(statement.actions),
        resources=any_order(statement.resources),
        not_actions=any_order(statement.not_actions),
        not_resources=any_order(statement.not_resources),
        conditions=tuple(replace(each, values=any_order(each.values)) for each in statement.conditions),
    )


def _itself(seed: int, left: Policies, right: Policies, diff: PolicyDiff) -> None:
    """Nothing changes from a set of policies to itself."""
    same = COMPARER.compare(left, left)
    assert same.same_text, f"seed {seed}"
    assert same.relation is Relation.EQUIVALENT, f"seed {seed}"
    assert {each.kind for each in same.changes} <= {Kind.SAME}, f"seed {seed}"
    assert not same.conditions, f"seed {seed}"


LAWS = {
    "brute force": _brute_force,
    "witnesses": _witnesses,
    "relation": _relation,
    "mirror": _mirror,
    "order": _order,
    "itself": _itself,
}


@pytest.mark.parametrize("law", sorted(LAWS))
def test_diff(law: str) -> None:
    _over(LAWS[law], SOME)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 2000, 500))
@pytest.mark.parametrize("law", sorted(LAWS))
def test_many_diffs(law: str, start: int) -> None:
    _over(LAWS[law], range(start, start + 500))


def test_unknown_is_rare() -> None:
    """These policies have next to nothing that is not documented."""
    kinds = [each.kind for seed in SOME for each in _diff(seed).changes]
    assert kinds.count(Kind.UNKNOWN) < len(kinds) // 50


def test_without_steps_everything_is_unknown_or_right() -> None:
    """Few steps make more unknown and nothing else."""
    for seed in SOME:
        left, right = pair(Random(seed))
        full, poor = _kinds(_diff(seed)), _kinds(COMPARER.compare(left, right, Budget(0)))
        actions = [key for key in poor if not key[1] and poor[key] is not Kind.UNKNOWN]
        assert all(full.get(key) in (poor[key], Kind.UNKNOWN) for key in actions), f"seed {seed}"
