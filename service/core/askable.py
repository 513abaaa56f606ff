"""Conditions one by one: the values of its key with which one is met, and the condition that asks for the opposite."""

from __future__ import annotations

from collections.abc import Iterator

from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.policy import Condition
from service.core.iam.truth import Truth


def asked_with(condition: Condition) -> tuple[str, ...]:
    """Values of the key with which the condition is met: one for each of its own, or another where none of them does.

    There are none where no value is known to meet it.
    """
    own = (next((each for each in _like(value) if _meets(condition, each)), None) for value in condition.values)
    found = tuple(each for each in own if each is not None)
    return found or tuple(each for each in _OTHERS if _meets(condition, each))[:1]


def opposite(condition: Condition) -> Condition | None:
    """A condition that nothing meets which meets this one; None where one operator cannot say it.

    The two may both fail without the key: an Allow under the opposite gives no more than a Deny leaves.
    """
    operator = condition.operator.lower().removesuffix("ifexists")
    if operator in _OPPOSITES:
        return Condition(_OPPOSITES[operator], condition.key, condition.values)
    if operator in _TWO_VALUED and len(condition.values) == 1:
        value = {"true": "false", "false": "true"}.get(condition.values[0].lower())
        return Condition(_TWO_VALUED[operator], condition.key, (value,)) if value else None
    return None


def _meets(condition: Condition, value: str) -> bool:
    return holds(condition, Context.of({condition.key: (value,)})) is Truth.YES


def _like(value: str) -> Iterator[str]:
    """The value, as a text that is a pattern matches itself; the first address of a range; a number on either side."""
    yield value
    yield value.partition("/")[0]
    if value.removeprefix("-").isdecimal():
        yield from (str(int(value) + 1), str(int(value) - 1))


# Documentation's own: https://www.rfc-editor.org/rfc/rfc5737, https://www.rfc-editor.org/rfc/rfc3849
_OTHERS = ("example", "arn:aws:iam::111122223333:role/example", "192.0.2.1", "198.51.100.1", "2001:db8::1", "0")

_PAIRS = (
    ("StringEquals", "StringNotEquals"),
    ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
    ("StringLike", "StringNotLike"),
    ("NumericEquals", "NumericNotEquals"),
    ("NumericLessThan", "NumericGreaterThanEquals"),
    ("NumericGreaterThan", "NumericLessThanEquals"),
    ("DateEquals", "DateNotEquals"),
    ("DateLessThan", "DateGreaterThanEquals"),
    ("DateGreaterThan", "DateLessThanEquals"),
    ("IpAddress", "NotIpAddress"),
    ("ArnEquals", "ArnNotEquals"),
    ("ArnLike", "ArnNotLike"),
)
"""Operators of which a value fits one or the other.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""
_OPPOSITES = {one.lower(): other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_TWO_VALUED = {"bool": "Bool", "null": "Null"}
