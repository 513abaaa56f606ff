"""Random problems for proofs: small alphabets, so that brute force sees every case. Deterministic for a seed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

from service.core.iam.evaluate import Request
from service.core.iam.policy import VERSIONS, Condition, Effect, Policy, Statement

ACTIONS = ("s:ga", "s:gb", "s:pa", "t:ga", "t:x")
"""The actions of the small universe."""

_ACTION_PATTERNS = (*ACTIONS, "*", "s:*", "s:g*", "S:?a", "*:g*", "t:?a", "s:*b", "s:g?")
_RESOURCES = (
    "*",
    "arn:p:s:::b",
    "arn:p:s:::b/*",
    "arn:p:s:::*",
    "arn:p:*:::b/c",
    "arn:p:s:::b/?",
    "arn:*",
    "arn:p:s:r:*:c",
)
_VARIABLES = ("arn:p:s:::${aws:u}", "arn:p:s:::b/${aws:u}", "arn:p:s:::${aws:u}/*", "arn:p:s:::${aws:v, 'b'}/c")

RESOURCES = (
    "*",
    "arn:p:s:::b",
    "arn:p:s:::b/c",
    "arn:p:s:::b/",
    "arn:p:s:::d",
    "arn:p:t:::b/c",
    "arn:p:s:::b/c/d:e",
    "arn:p:s:r:a:c",
    "arn:p:s:r:b/c",
    "arn:p:s:::c/d",
    "arn:p:s:::ab",
    "arn:p:s:::b/ab",
)

_VALUES = ("a", "b", "", "A", "ab", "*", "a*", "?", "*b", "?*")
_CONDITIONS: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = (
    (("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"), "aws:u", _VALUES),
    (("StringNotEqualsIgnoreCase", "StringLikeIfExists", "StringNotEqualsIfExists"), "aws:u", _VALUES),
    (("Null",), "aws:u", ("true", "false")),
    (("ForAllValues:StringLike", "ForAnyValue:StringLike", "ForAnyValue:StringNotEquals"), "aws:s", _VALUES),
    (("ForAllValues:StringNotLike", "ForAllValues:StringEqualsIfExists"), "aws:s", _VALUES),
    (("Null",), "aws:s", ("true", "false")),
    (("NumericEquals", "NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"), "aws:n", ("1", "2", "2.0")),
    (("NumericLessThanEqualsIfExists", "NumericGreaterThan"), "aws:n", ("1", "2")),
    (("Bool", "BoolIfExists"), "aws:m", ("true", "false")),
    (("IpAddress", "NotIpAddress"), "aws:i", ("10.0.0.0/8", "10.1.0.0/16", "::/0", "10.0.0.1", "0.0.0.0/0")),
    (("DateLessThan", "DateGreaterThan", "DateEquals"), "aws:d", ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")),
    (("ArnLike", "ArnNotEquals"), "aws:a", ("arn:p:s:::b", "arn:p:s:*::b", "arn:*:s:::*", "arn:p:s:::b?")),
)

CONTEXTS: dict[str, tuple[tuple[str, ...], ...]] = {
    "aws:u": ((), ("a",), ("b",), ("A",), ("ab",), ("c",), ("",), ("*",)),
    "aws:s": ((), ("a",), ("b",), ("a", "b"), ("ab", "c"), ("A", "a"), ("",)),
    "aws:n": ((), ("0",), ("1",), ("1.5",), ("2",), ("3",)),
    "aws:m": ((), ("true",), ("false",)),
    "aws:i": ((), ("10.1.2.3",), ("10.2.0.0",), ("10.0.0.1",), ("192.0.2.1",), ("2001:db8::1",)),
    "aws:d": (
        (),
        ("2019-01-01T00:00:00Z",),
        ("2020-01-01T00:00:00Z",),
        ("2020-06-01T00:00:00Z",),
        ("2022-01-01T00:00:00Z",),
    ),
    "aws:a": ((), ("arn:p:s:::b",), ("arn:p:s:r::b",), ("arn:p:s:::bb",), ("arn:q:s:::b",), ("arn:p:t:::b",)),
}
"""What keys may hold in the small universe."""


def _some(random: Random, values: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(random.sample(values, random.randint(1, min(most, len(values)))))


def resource(random: Random) -> str:
    """A random ARN pattern, with few letters."""
    parts = [
        "".join(random.choice("ab*?") for _ in range(random.choice((0, 1, 1, 2)))) for _ in range(random.randint(2, 7))
    ]
    return ":".join(("arn", *parts))


def _condition(random: Random) -> Condition:
    operators, key, values = random.choice(_CONDITIONS)
    return Condition(random.choice(operators), key, _some(random, values, 2))


def statement(random: Random) -> Statement:
    actions, resources = _some(random, _ACTION_PATTERNS, 2), _some(random, _RESOURCES, 2)
    if random.random() < 0.15:
        resources += (random.choice(_VARIABLES),)
    found = [_condition(random) for _ in range(random.choice((0, 0, 1, 1, 2)))]
    conditions = tuple({(each.operator, each.key): each for each in found}.values())
    except_actions, except_resources = random.random() < 0.12, random.random() < 0.12
    return Statement(
        random.choice((Effect.ALLOW, Effect.ALLOW, Effect.DENY)),
        () if except_actions else actions,
        () if except_resources else resources,
        conditions,
        not_actions=actions if except_actions else (),
        not_resources=resources if except_resources else (),
    )


def policy(random: Random, most: int = 3) -> Policy:
    """A policy of some statements."""
    version = VERSIONS[-1] if random.random() < 0.9 else random.choice(VERSIONS)
    return Policy(tuple(statement(random) for _ in range(random.randint(1, most))), version)


def pair(random: Random) -> tuple[list[Policy], list[Policy]]:
    """Two sets of policies, often alike: then containment hangs on little."""
    left, right = policy(random), policy(random)
    if random.random() < 0.5:
        kept = random.sample(left.statements, random.randint(1, len(left.statements)))
        right = Policy(tuple(kept) + right.statements[: random.randint(0, 1)], left.version)
    if random.random() < 0.5:
        left, right = right, left
    return [left], [right]


def requests(random: Random, policies: list[Policy], count: int, unknown: float = 0) -> Iterator[Request]:
    """Requests of the small universe; keys that no policy tests are left out, and some are unknown if wanted."""
    keys = {each.key for one in policies for found in one.statements for each in found.conditions}
    for _ in range(count):
        chosen = {key: random.choice(CONTEXTS[key]) for key in sorted(keys | {"aws:u"})}
        hidden = frozenset(key for key in sorted(chosen) if unknown and random.random() < unknown)
        shown = {key: values for key, values in chosen.items() if values and key not in hidden}
        yield Request(random.choice(ACTIONS), random.choice(RESOURCES), shown, hidden)


def words(alphabet: str, longest: int) -> list[str]:
    """Every word of the alphabet up to a length."""
    return ["".join(letters) for length in range(longest + 1) for letters in product(alphabet, repeat=length)]


def glob(random: Random, alphabet: str, longest: int) -> str:
    """A random pattern."""
    return "".join(random.choice(alphabet) for _ in range(random.randint(0, longest)))
