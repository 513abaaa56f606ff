"""Laws of proofs: globs against brute force, verdicts against evaluation, the index against the plain evaluator.

Problems are made from seeds, one each; a failure names its seed. The small runs are part of every test run; the large
ones are marked slow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from random import Random

import pytest

from service.core import proof
from service.core.iam.arn import matches
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.containment import contained
from service.core.iam.proving.glob import resource_glob, text_glob
from service.core.iam.proving.inclusion import find_word
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Unknown, Verdict
from tests.laws.random_policies import ACTIONS, glob, pair, policy, requests, resource, statement, words

CATALOG = Universe((*ACTIONS, *(f"u:filler{number}" for number in range(70))))
"""The fillers make sets of actions large enough to be told apart as a whole."""

DENIED = (Access.IMPLICITLY_DENIED, Access.EXPLICITLY_DENIED)
WORDS = words("abx", 6)


def _seeds(count: int, size: int) -> list[object]:
    return [pytest.param(range(at, at + size), id=f"seeds-{at}-{at + size - 1}") for at in range(0, count, size)]


@cache
def _language(pattern: str) -> frozenset[str]:
    expression = re.compile("".join({"*": ".*", "?": "."}.get(each, each) for each in pattern), re.DOTALL)
    return frozenset(word for word in WORDS if expression.fullmatch(word))


def _glob_law(seeds: range) -> None:
    proved = 0
    for seed in seeds:
        random = Random(seed)
        letters = "aab**?" if seed % 4 == 0 else "ab*?"
        inside = [glob(random, letters, 5) for _ in range(random.choice((1, 1, 1, 2, 3)))]
        outside = [glob(random, letters, 5) for _ in range(random.randint(0, 6))]
        word = find_word(list(map(text_glob, inside)), list(map(text_glob, outside)), Budget(10**6))
        left = frozenset.intersection(*map(_language, inside)) - frozenset().union(*map(_language, outside))
        if word is None:
            proved += 1
            assert not left, f"seed {seed}: {inside} without {outside} has {min(left, key=len)}"
            continue
        text = "".join(map(str, word))
        assert all(_fits(each, text) for each in inside), f"seed {seed}: `{text}` is not in {inside}"
        assert not any(_fits(each, text) for each in outside), f"seed {seed}: `{text}` is in {outside}"
    assert proved > len(seeds) // 4


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch("".join({"*": ".*", "?": "."}.get(each, each) for each in pattern), text, re.DOTALL) is not None


@pytest.mark.parametrize("seeds", _seeds(1500, 1500))
def test_globs_are_as_brute_force_has_them(seeds: range) -> None:
    _glob_law(seeds)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", _seeds(16_000, 4000))
def test_many_globs_are_as_brute_force_has_them(seeds: range) -> None:
    _glob_law(seeds)


def test_resources_keep_to_their_segments() -> None:
    """What is found matches as `arn.matches` has it; where nothing is found, no word of the pattern is left over."""
    proved = 0
    for seed in range(1500):
        random = Random(seed)
        inside = resource(random)
        outside = [_blurred(random, random.choice((inside, resource(random)))) for _ in range(random.randint(1, 5))]
        globs = [resource_glob(each, variables=False) for each in (inside, *outside)]
        word = find_word(globs[:1], globs[1:], Budget(10**6))
        tried = ["".join(map(str, word))] if word is not None else [_instance(random, inside) for _ in range(20)]
        left = [each for each in tried if matches(inside, each) and not any(matches(other, each) for other in outside)]
        assert left == ([] if word is None else tried), f"seed {seed}: {inside} without {outside}"
        proved += word is None
    assert proved > 300


def _blurred(random: Random, pattern: str) -> str:
    """The pattern with some of its letters, never `arn:`, turned into wildcards."""
    return pattern[:4] + "".join(random.choice((letter, letter, "*", "?")) for letter in pattern[4:])


def _instance(random: Random, pattern: str) -> str:
    filled = {"*": ("", "a", "b", "ab", ":", "a:b"), "?": ("a", "b", ":")}
    return "".join(random.choice(filled.get(letter, (letter,))) for letter in pattern)


def _check(seed: int, left: list[Policy], right: list[Policy], verdict: Verdict, count: int) -> None:
    """No request speaks against the verdict."""
    if isinstance(verdict, Refuted):
        assert authorize(left, verdict.request).access is Access.ALLOWED, f"seed {seed}"
        assert authorize(right, verdict.request).access in DENIED, f"seed {seed}"
    if isinstance(verdict, Holds):
        mine, theirs = PolicyIndex(left), PolicyIndex(right)
        for request in requests(Random(seed), left + right, count):
            if mine.authorize(request).access is Access.ALLOWED:
                assert theirs.authorize(request).access is Access.ALLOWED, f"seed {seed}: {request}"


def _verdict_law(seeds: range) -> None:
    """Holds is sound, Refuted is confirmed, and Unknown is rare: these policies have next to nothing undocumented."""
    found = {Holds: 0, Refuted: 0, Unknown: 0}
    for seed in seeds:
        left, right = pair(Random(seed))
        verdict = contained(left, right, CATALOG)
        found[type(verdict)] += 1
        _check(seed, left, right, verdict, 24)
    assert min(found[Holds], found[Refuted]) > len(seeds) // 5
    assert found[Unknown] < len(seeds) // 100


@pytest.mark.parametrize("seeds", _seeds(1000, 1000))
def test_verdicts_are_sound(seeds: range) -> None:
    _verdict_law(seeds)


@pytest.mark.slow
@pytest.mark.parametrize("seeds", _seeds(100_000, 10_000))
def test_many_verdicts_are_sound(seeds: range) -> None:
    _verdict_law(seeds)


SOME = range(300)


@pytest.mark.parametrize("seed", SOME[:100:20])
def test_everything_is_within_itself(seed: int) -> None:
    for each in range(seed, seed + 20):
        policies = [policy(Random(each)), policy(Random(-each - 1))]
        assert contained(policies, policies[::-1], CATALOG) == Holds(Assumption.SYNTACTIC)


def test_an_allow_more_is_wider_and_a_deny_more_is_narrower() -> None:
    for seed in SOME:
        random = Random(seed)
        before, more = policy(random), statement(random)
        narrow, wide = ([before, Policy((more,))], [before])
        if more.effect is Effect.ALLOW:
            narrow, wide = wide, narrow
        verdict = contained(narrow, wide, CATALOG)
        assert not isinstance(verdict, Refuted), f"seed {seed}"


def test_containment_is_transitive() -> None:
    chains = 0
    for seed in SOME:
        random = Random(seed)
        (first, second), third = pair(random), [policy(random)]
        if isinstance(contained(first, second, CATALOG), Holds):
            chains += 1
            wider = [*second, *third]
            if isinstance(contained(second, wider, CATALOG), Holds):
                assert not isinstance(contained(first, wider, CATALOG), Refuted), f"seed {seed}"
    assert chains > len(SOME) // 5


def test_disjoint_and_equivalent_have_no_sides() -> None:
    for seed in SOME:
        first, second = pair(Random(seed))
        for question in (proof.disjoint, proof.equivalent):
            kinds = {type(question(first, second, CATALOG)), type(question(second, first, CATALOG))}
            assert kinds != {Holds, Refuted}, f"seed {seed}: {question.__name__}"


def test_disjoint_is_sound() -> None:
    holding = 0
    for seed in SOME:
        first, second = pair(Random(seed))
        verdict = proof.disjoint(first, second, CATALOG)
        asked = [verdict.request] if isinstance(verdict, Refuted) else requests(Random(seed), first + second, 60)
        both = {_allows(first, each) and _allows(second, each) for each in asked}
        if not isinstance(verdict, Unknown):
            assert both == {isinstance(verdict, Refuted)}, f"seed {seed}"
        holding += isinstance(verdict, Holds)
    assert holding > len(SOME) // 10


def _allows(policies: list[Policy], request: Request) -> bool:
    return authorize(policies, request).access is Access.ALLOWED


def test_the_index_decides_as_the_definition_does() -> None:
    allowed = 0
    for seed in range(400):
        random = Random(seed)
        policies = [policy(random, 6), policy(random, 6)]
        index = PolicyIndex(policies)
        for request in requests(random, policies, 12, unknown=0.2):
            decision = index.authorize(request)
            assert decision == authorize(policies, request), f"seed {seed}: {request}"
            allowed += decision.access is Access.ALLOWED
    assert allowed > 400


_PIECES = ("a", "b", "?", "*", "${aws:u}", "${aws:u}", "${aws:v}")
_TEXTS = ("", "a", "b", "ab", "aba")


def _about(random: Random) -> Policy:
    pattern = "".join(random.choice(_PIECES) for _ in range(random.randint(1, 3)))
    return Policy((Statement(Effect.ALLOW, ("s:ga",), (f"arn:p:s:::{pattern}",)),))


def _readings(policy: Policy) -> Iterator[Request]:
    """Every resource that the policy's pattern is with short texts for its variables and its wildcards."""
    pattern = policy.statements[0].resources[0]
    for u, v in product(_TEXTS, _TEXTS):
        said = pattern.replace("${aws:u}", u).replace("${aws:v}", v)
        for star, letter in product(("", "a", "ab"), "ab"):
            resource = said.replace("*", star).replace("?", letter)
            yield Request("s:ga", resource, {"aws:u": (u,), "aws:v": (v,)})


def test_a_variable_has_any_length() -> None:
    """What holds, holds for values of no letter, of one and of several; a `?` takes one letter and no variable."""
    held = 0
    for seed in range(1500):
        random = Random(seed)
        left, right = _about(random), _about(random)
        if not isinstance(contained([left], [right]), Holds):
            continue
        held += 1
        for request in _readings(left):
            if authorize([left], request).access is Access.ALLOWED:
                assert authorize([right], request).access is not Access.IMPLICITLY_DENIED, (seed, left, right, request)
    assert held > 100
