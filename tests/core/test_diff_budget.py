"""Comparisons of policies that were written to take long: whatever they do not get to is unknown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import accumulate
from types import FrameType

import pytest

from catalog.load import load_catalog
from service.core.diff.compare import Comparer
from service.core.diff.model import Kind, Relation
from service.core.diff.sides import TOTAL_STEPS
from service.core.iam.document import characters
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.containment import TOO_MANY_STEPS

COMPARER = Comparer(load_catalog())
NAMES = sorted(COMPARER.universe.actions)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
S3 = "arn:aws:s3:::"
EVERYTHING = Statement(Effect.ALLOW, ("*",), ("*",))

Maker = Callable[[int], Statement]


def _allow(*resources: str, action: str = "s3:*", keys: Sequence[Condition] = ()) -> Statement:
    return Statement(Effect.ALLOW, (action,), resources or ("*",), tuple(keys))


def _deny(resource: str, action: str) -> Statement:
    return Statement(Effect.DENY, (action,), (resource,))


def _but(number: int, *resources: str) -> Statement:
    few = tuple(NAMES[(number * 97 + each * 4001) % len(NAMES)] for each in range(4))
    return Statement(Effect.ALLOW, (), (), not_actions=few, not_resources=resources)


def _letters(number: int) -> tuple[str, str]:
    return LETTERS[number % 26], LETTERS[number // 26 % 26]


def _wild(form: str) -> Maker:
    return lambda number: _allow(f"{S3}{number}/*", action=form.format(*_letters(number)))


def _tests(operator: str, key: str, value: str, count: int = 1) -> Maker:
    """Statements with conditions on a few keys, of some values each."""

    def made(number: int) -> Statement:
        values = tuple(value.format(number * count + each) for each in range(count))
        return _allow(keys=(Condition(operator, key.format(number % 9), values),))

    return made


def _some(size: int, made: Maker) -> list[Statement]:
    """As many of the statements as so many characters hold."""
    statements = list(map(made, range(size // 60)))
    sizes = accumulate(characters(Policy((each,))) for each in statements)
    return [each for each, end in zip(statements, sizes, strict=True) if end < size] or statements[:1]


HARD: dict[str, tuple[Maker, Maker]] = {
    "wild actions": (_wild("*:{0}*{1}*"), _wild("*:?{0}*?{1}*")),
    "actions that cross": (_wild("*:*{0}*{1}*"), _wild("*:*{1}*{0}")),
    "actions of a service that cross": (_wild("ec2:*{0}*{1}*"), _wild("ec2:*{1}*{0}")),
    "not these, not there": (
        lambda n: _but(n, f"{S3}{n}*a/*", f"{S3}{n}/*"),
        lambda n: _but(n, f"{S3}*{n}", f"{S3}{n}b*"),
    ),
    "numbers": (_tests("NumericNotEquals", "aws:n", "{}", 300), _tests("NumericNotEquals", "aws:n", "{}.5", 300)),
    "dates": (_tests("DateNotEquals", "aws:d", "15{:08}", 200), _tests("DateLessThan", "aws:d", "16{:08}", 200)),
    "ranges": (
        _tests("NotIpAddress", "aws:i", "10.0.{}.0/24", 12),
        _tests("IpAddress", "aws:i", "10.{}.0.0/16", 12),
    ),
    "letters beyond ASCII": (lambda n: _allow(f"{S3}{'é' * 40}*{n}*"), lambda n: _allow(f"{S3}*{'é*' * 9}{n}*")),
    "many scopes": (lambda n: _allow(f"{S3}{n}/*", action="s3:GetObject"), lambda n: _allow(f"{S3}{n}/a*")),
    "scopes of what is excepted": (
        lambda n: Statement(Effect.ALLOW, ("s3:*",), (), not_resources=(f"{S3}{n}/*", f"{S3}*{n}")),
        lambda n: Statement(Effect.ALLOW, ("s3:Get*",), (), not_resources=(f"{S3}{n}/*", f"{S3}*{n}/*")),
    ),
    "everything with a condition": (
        lambda n: _allow(action="*", keys=(Condition("StringEquals", f"aws:k{n % 50}", (f"v{n}",)),)),
        lambda n: _allow(action="*", keys=(Condition("StringLike", f"aws:k{n % 40}", (f"v{n}*",)),)),
    ),
    "denies that cross": (
        lambda n: _deny(f"{S3}*{n}*", f"s3:*{_letters(n)[0]}*") if n else EVERYTHING,
        lambda n: _deny(f"{S3}{n}*", f"s3:*{_letters(n)[0]}") if n else EVERYTHING,
    ),
    "names that nobody knows": (
        lambda n: Statement(Effect.ALLOW, tuple(f"a{n}:B{each}" for each in range(90)), ("*",)),
        lambda n: Statement(Effect.ALLOW, tuple(f"a{n}:B{each}" for each in range(80)), ("*",)),
    ),
    "services that nobody knows": (lambda n: _allow(action=f"a{n}:*"), lambda n: _allow(action=f"a{n}:B*")),
    "a key for each test": (
        lambda n: _allow(keys=[Condition("StringEquals", f"aws:k{n}{each}", ("a",)) for each in range(60)]),
        lambda n: _allow(keys=[Condition("StringLike", f"aws:k{n}{each}", ("a*",)) for each in range(60)]),
    ),
    "variables": (_tests("StringLike", "aws:k", "${{aws:v{}}}*"), _tests("StringLike", "aws:k", "${{aws:v{}}}/*")),
    "sets": (
        _tests("ForAllValues:StringLike", "aws:k{}", "*{}*", 2),
        _tests("ForAnyValue:StringLike", "aws:k{}", "?{}*", 2),
    ),
    "question marks": (
        lambda n: _allow(*(f"{S3}{'?' * each}" for each in range(1, 90))),
        lambda n: _allow(*(f"{S3}{'?' * each}*" for each in range(1, 90))),
    ),
    "one pattern after another": (
        lambda n: _allow(*(f"{S3}*{n}{each}*/{each % 7}*" for each in range(200))),
        lambda n: _allow(*(f"{S3}*{each % 9}?*{n}{each}*" for each in range(200))),
    ),
    "stars": (lambda n: _allow(f"{S3}{'*a' * 200}{n}"), lambda n: _allow(f"{S3}{'a*' * 200}{n}")),
}


def _policies(name: str, size: int) -> tuple[list[Policy], list[Policy]]:
    one, other = HARD[name]
    return [Policy(tuple(_some(size, one)))], [Policy(tuple(_some(size, other)))]


STEPS = 400_000
EASY = {
    "names that nobody knows": 48_000,
    "services that nobody knows": 78_000,
    "sets": 150_000,
}
"""How many steps those take that end before they have used up these."""


@pytest.mark.parametrize("name", sorted(HARD))
def test_all_that_is_done_is_counted(name: str) -> None:
    """Work is paid for: there are some calls to a step and not more, and what is hard takes all the steps."""
    budget = Budget(STEPS)
    with _Calls() as calls:
        COMPARER.compare(*_policies(name, 12_000), budget)
    spent = STEPS - budget.left
    assert calls.count < 8 * spent + 20 * len(NAMES)
    assert EASY.get(name, STEPS) <= spent < STEPS + 50_000


def test_the_same_each_time() -> None:
    policies = _policies("denies that cross", 6_000)
    assert COMPARER.compare(*policies, Budget(STEPS)) == COMPARER.compare(*policies, Budget(STEPS))


def test_what_is_not_looked_at_is_unknown() -> None:
    """No action is left out, and nothing is said of any."""
    diff = COMPARER.compare([Policy((EVERYTHING,))], [Policy((_allow(),))], Budget(0))
    (reason,) = {each.finding.reason for each in diff.changes}
    assert {each.kind for each in diff.changes} == {Kind.UNKNOWN}
    assert reason == TOO_MANY_STEPS
    assert diff.relation is Relation.UNKNOWN
    assert sum(len(each.actions) for each in diff.changes) == len(COMPARER.universe.known.names)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["denies that cross", "many scopes", "names that nobody knows", "not these, not there"]
)
def test_a_million_characters(name: str) -> None:
    """To see them takes most of the steps, and little is done besides."""
    policies = _policies(name, 450_000)
    budget = Budget(TOTAL_STEPS)
    with _Calls() as calls:
        COMPARER.compare(*policies, budget)
    length = sum(characters(policy) for side in policies for policy in side)
    assert budget.left > -100_000
    assert calls.count < 8 * TOTAL_STEPS + 20 * (length + len(NAMES))


class _Calls:
    """Counts calls: a measure of work that is the same on every machine, or nearly."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> _Calls:
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _seen(self, frame: FrameType, event: str, argument: object) -> None:
        self.count += event in ("call", "c_call")
