"""Random problems with everything in them that is hard to get right: variables at every place, escapes, letters of
either case, stars beside colons, every family of operators, keys that are absent, empty or of many values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from service.core.iam.evaluate import Request
from service.core.iam.policy import VERSIONS, Condition, Effect, Policy, Statement

KNOWN = ("s:ga", "s:gb", "s:pa", "t:ga", "t:x", "s:gab", "s:g", "u:z", "s:pab", "t:zz")
"""Actions that there are."""

_ACTIONS = (*KNOWN, "S:Ga", "*", "s:*", "s:g*", "S:?a", "*:g*", "t:?a", "s:*b", "s:g?*", "?:*", "*:?a", "s:*a*", "t:*x")
_CORE = ("s:ga", "s:gb", "t:ga", "s:g*", "*", "s:*")
_WHOLE = ("*", "*", "arn:*", "arn:p:*", "arn:p:s:*", "arn:*:b", "arn:p:s:r:a", "arn:?", "arn:p:s:?:*")
_HEADS = ("s::", "s::", "s::", "s:r:a", "s:*:a", "s:?:a", "s:${aws:r}:a", "s:r:${aws:u}")
_PLAIN = ("a", "a", "b", "*", "*", "?", "/", "A", ":")
_SPECIAL = ("${aws:u}", "${aws:v}", "${aws:u, 'a'}", "${*}", "${?}", "${$}", "${AWS:U}", "ab")
_TEXTS = ("a", "b", "", "A", "ab", "*", "a*", "?", "*b", "?*", "${aws:v}", "a${aws:v}", "${*}", "a/*", "${aws:u, 'a'}")
_ARNS = ("arn:p:s:::b", "arn:p:s:*::b", "arn:*:s:::*", "arn:p:s:::b?", "arn:p:s:*", "*", "arn:p:s:::${aws:v}")
_DATES = ("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z", "1577836800")
_ADDRESSES = ("10.0.0.0/8", "10.1.0.0/16", "::/0", "10.0.0.1", "0.0.0.0/0", "2001:db8::", "2001:db8::/32")

_STRINGS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "stringlike")
_NUMBERS = ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan")
_MOMENTS = ("DateLessThan", "DateGreaterThan", "DateEquals", "DateNotEquals", "DateLessThanEquals")

_CONDITIONS: tuple[tuple[tuple[str, ...], str, tuple[str, ...]], ...] = (
    (_STRINGS, "aws:u", _TEXTS),
    (_STRINGS, "aws:v", _TEXTS),
    (("Null",), "aws:u", ("true", "false")),
    (("Null",), "aws:s", ("true", "false")),
    (tuple(f"{each}:{name}" for each in ("ForAllValues", "ForAnyValue") for name in _STRINGS), "aws:s", _TEXTS),
    (("ForAnyValue:StringLikeIfExists", "ForAllValues:StringNotLikeIfExists"), "aws:s", _TEXTS),
    ((*_NUMBERS, "NumericGreaterThanEqualsIfExists"), "aws:n", ("1", "2", "2.0", "1.5", "x", "-1")),
    ((*_NUMBERS, "NumericNotEqualsIfExists"), "aws:tag/n", ("1", "2")),
    (("Bool", "BoolIfExists"), "aws:m", ("true", "false", "TRUE")),
    (("IpAddress", "NotIpAddress", "NotIpAddressIfExists"), "aws:i", _ADDRESSES),
    ((*_MOMENTS, "DateEqualsIfExists"), "aws:d", _DATES),
    (("ArnLike", "ArnNotEquals", "ArnEqualsIfExists", "ArnNotLike", "StringLike"), "aws:a", _ARNS),
)

_VALUES: dict[str, tuple[tuple[str, ...], ...]] = {
    "aws:u": ((), ("a",), ("b",), ("A",), ("ab",), ("",), ("*",), ("a/b",), ("b:c",), ("?",), ("aa",)),
    "aws:v": ((), ("a",), ("b",), ("",), ("ab",), ("*",), ("a/",)),
    "aws:r": ((), ("r",), ("",), ("x",)),
    "aws:s": ((), ("a",), ("b",), ("a", "b"), ("ab", "c"), ("A", "a"), ("",), ("", "a"), ("*",)),
    "aws:n": ((), ("0",), ("1",), ("1.5",), ("2",), ("3",), ("1.25",), ("1.75",)),
    "aws:tag/n": ((), ("0",), ("1",), ("1.5",), ("2",), ("x",), ("",)),
    "aws:m": ((), ("true",), ("false",), ("True",)),
    "aws:i": ((), ("10.1.2.3",), ("10.2.0.0",), ("10.0.0.1",), ("192.0.2.1",), ("2001:db8::1",), ("2001:db8::",)),
    "aws:d": ((), *((each,) for each in (*_DATES, "2019-01-01T00:00:00Z", "2020-06-01T00:00:00Z"))),
    "aws:a": ((), ("arn:p:s:::b",), ("arn:p:s:r::b",), ("arn:p:s:::bb",), ("arn:q:s:::b",), ("arn:p:t:::b",), ("x",)),
}

_HOLE = re.compile(r"\$\{([^}]*)\}")


def problem(seed: int) -> tuple[Random, list[Policy], list[Policy]]:
    """Two sets of policies, mostly alike."""
    random = Random(f"second opinion {seed}")
    conditions = random.choice(((0,), (0, 0, 1, 1, 2), (1, 2, 3)))
    first, second = _policy(random, conditions), _policy(random, conditions)
    if random.random() < 0.75:
        kept = [_tweaked(random, each) for each in first.statements if random.random() < 0.8]
        second = Policy((*kept, *second.statements[: random.randint(0 if kept else 1, 1)]), first.version)
    if random.random() < 0.5:
        first, second = second, first
    return random, [first], [second]


def requests(random: Random, policies: list[Policy], count: int) -> Iterator[Request]:
    """Requests that the patterns are about, or nearly."""
    statements = [(each, policy.has_variables) for policy in policies for each in policy.statements]
    patterns = [(text, new) for each, new in statements for text in each.resources + each.not_resources]
    actions = [text for each, _ in statements for text in each.actions + each.not_actions]
    tested = {condition.key.lower() for each, _ in statements for condition in each.conditions}
    for _ in range(count):
        chosen = {key: random.choice(_VALUES[key]) for key in sorted(tested | {"aws:u", "aws:v", "aws:r"})}
        shown = {key: values for key, values in chosen.items() if values}
        resource = _instance(random, *random.choice(patterns), shown)
        if random.random() < 0.15:
            place = random.randint(4, max(4, len(resource)))
            resource = resource[:place] + random.choice(("", "a", ":")) + resource[place + 1 :]
        action = random.choice((random.choice(KNOWN), _named(random, random.choice(actions))))
        yield Request(action if ":" in action[1:-1] else "s:ga", resource, shown)


def _named(random: Random, pattern: str) -> str:
    parts = {"*": ("a", "b", "ga", "z", "q:z"), "?": ("a", "g", "s")}
    return "".join(random.choice(parts.get(letter, (letter,))) for letter in pattern)


def _instance(random: Random, pattern: str, new: bool, shown: dict[str, tuple[str, ...]]) -> str:
    """A resource that the pattern has, or would have if its variables had values."""
    parts = {"*": ("", "a", "b", "ab", "/", ":", "z", "b:a"), "?": ("a", "b", "z", "/", ":")}
    pieces = _HOLE.split(pattern) if new else [pattern]
    text = ""
    for number, piece in enumerate(pieces):
        if number % 2:
            key, comma, default = piece.partition(",")
            values = shown.get(key.strip().lower(), (default.strip(" '") if comma else "a",))
            text += piece if piece in ("*", "?", "$") else values[0]
        else:
            text += "".join(random.choice(parts.get(letter, (letter,))) for letter in piece)
    return text


def _resource(random: Random) -> str:
    if random.random() < 0.1:
        return random.choice(_WHOLE)
    pieces = _PLAIN + (_SPECIAL if random.random() < 0.5 else ())
    tail = "".join(random.choice(pieces) for _ in range(random.choice((1, 1, 2, 2, 3, 4))))
    return f"arn:p:{random.choice(_HEADS) if random.random() < 0.4 else 's::'}:{tail}"


def _condition(random: Random) -> Condition:
    operators, key, values = random.choice(_CONDITIONS)
    spelled = key.upper() if random.random() < 0.05 else key
    count = random.randint(1, min(3, len(values)))
    return Condition(random.choice(operators), spelled, tuple(random.sample(values, count)))


def _distinct(conditions: Iterator[Condition]) -> tuple[Condition, ...]:
    return tuple({(each.operator, each.key): each for each in conditions}.values())


def _statement(random: Random, conditions: tuple[int, ...]) -> Statement:
    actions = tuple(random.sample(_CORE if random.random() < 0.6 else _ACTIONS, random.choice((1, 1, 2))))
    resources = tuple(_resource(random) for _ in range(random.choice((1, 1, 2, 3))))
    except_actions, except_resources = random.random() < 0.15, random.random() < 0.15
    return Statement(
        random.choice((Effect.ALLOW, Effect.ALLOW, Effect.DENY)),
        () if except_actions else actions,
        () if except_resources else resources,
        _distinct(_condition(random) for _ in range(random.choice(conditions))),
        not_actions=actions if except_actions else (),
        not_resources=resources if except_resources else (),
    )


def _tweaked(random: Random, statement: Statement) -> Statement:
    """A statement that says nearly the same."""
    match random.randint(0, 5):
        case 0:
            return replace(
                statement,
                resources=tuple(_blurred(random, each) for each in statement.resources),
                not_resources=tuple(_blurred(random, each) for each in statement.not_resources),
            )
        case 1:
            return replace(statement, conditions=_distinct(iter((*statement.conditions, _condition(random)))))
        case 2:
            return replace(statement, conditions=statement.conditions[1:])
        case 3:
            return replace(statement, resources=statement.not_resources, not_resources=statement.resources)
        case 4:
            other = Effect.DENY if statement.effect is Effect.ALLOW else Effect.ALLOW
            return replace(statement, effect=other)
        case _:
            return statement


def _blurred(random: Random, pattern: str) -> str:
    """The pattern with one more wildcard or letter, not inside of a variable."""
    place = random.randint(4, max(4, len(pattern)))
    inside = any(hole.start() < place < hole.end() for hole in _HOLE.finditer(pattern))
    return pattern if inside or pattern == "*" else pattern[:place] + random.choice(("*", "?", "a")) + pattern[place:]


def _policy(random: Random, conditions: tuple[int, ...]) -> Policy:
    version = VERSIONS[-1] if random.random() < 0.9 else random.choice(VERSIONS)
    return Policy(tuple(_statement(random, conditions) for _ in range(random.randint(1, 3))), version)
