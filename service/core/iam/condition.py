"""Condition operators as a table, and whether a condition holds for a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from operator import eq, ge, gt, le, lt
from typing import TypeVar

from service.core.iam.arn import SEGMENTS, parse_arn_pattern
from service.core.iam.context import Context, Values, bind
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Condition
from service.core.iam.truth import Truth, every, negated, some, truth
from service.core.iam.values import (
    parse_address,
    parse_binary,
    parse_boolean,
    parse_date,
    parse_number,
    parse_range,
)

T = TypeVar("T")


class Quantifier(Enum):
    """How many of the values that a key has in the request have to fit."""

    ONE_VALUE = ""
    FOR_ALL = "ForAllValues:"
    FOR_ANY = "ForAnyValue:"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a value of the policy gets its variables from; `variables` as in `parse_pattern`."""

    context: Context
    variables: bool


Fits = Callable[[str, str, Scope], Truth]
"""Whether a value of the policy fits a value of the request."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row of the operator table. A negated one asks that no value of the policy fits."""

    name: str
    fits: Fits
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """What a policy writes, such as `ForAnyValue:StringLikeIfExists`, taken apart."""

    quantifier: Quantifier
    comparison: Comparison
    if_exists: bool


@lru_cache(maxsize=1024)
def parse_operator(text: str) -> Operator | None:
    """The operator of that name, in any case; `None` if there is none."""
    name = text.lower()
    quantifier = next((each for each in _QUANTIFIERS if name.startswith(each.value.lower())), Quantifier.ONE_VALUE)
    name = name.removeprefix(quantifier.value.lower())
    base = name.removesuffix("ifexists")
    if (comparison := _COMPARISONS.get(base)) is None:
        return None
    if comparison is NULL and (base != name or quantifier is not Quantifier.ONE_VALUE):
        return None  # "You can add IfExists to the end of any condition operator name except the Null condition"
    return Operator(quantifier, comparison, base != name)


def holds(condition: Condition, context: Context, *, variables: bool = True) -> Truth:
    """Whether the request meets the condition. `variables` as in `parse_pattern`."""
    operator = parse_operator(condition.operator)
    values = context.get(condition.key)
    if operator is None or values is None:
        return Truth.UNKNOWN
    if operator.comparison is NULL:
        return some(_is_null(wanted, values) for wanted in condition.values)
    if not values:
        return _without_key(operator)
    scope = Scope(context, variables)
    fitting = [_fits(operator.comparison, condition.values, value, scope) for value in values]
    return _quantified(operator.quantifier, fitting, values)


def _fits(comparison: Comparison, wanted: Values, value: str, scope: Scope) -> Truth:
    found = some(comparison.fits(each, value, scope) for each in wanted)
    return negated(found) if comparison.negated else found


def _without_key(operator: Operator) -> Truth:
    """The answer when the request does not have the key.

    "the values do not match and the condition is false. If the policy condition requires that the key is not
    matched, such as StringNotLike or ArnNotLike, and the right key is not present, the condition is true."
    """
    match operator.quantifier:
        case Quantifier.FOR_ANY:
            # ForAnyValue says false and IfExists says true; which of them wins is not documented.
            return Truth.UNKNOWN if operator.if_exists else Truth.NO
        case Quantifier.FOR_ALL:
            return Truth.YES
        case Quantifier.ONE_VALUE:
            return truth(operator.if_exists or operator.comparison.negated)


def _quantified(quantifier: Quantifier, fitting: list[Truth], values: Values) -> Truth:
    """The answer over all values of the request.

    "Multivalued context keys require a condition set operator": what several values do without one is not
    documented, so it is known only where all of them agree.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    """
    match quantifier:
        case Quantifier.FOR_ALL:
            return _unless_empty(every(fitting), values, Truth.YES)
        case Quantifier.FOR_ANY:
            return _unless_empty(some(fitting), values, Truth.NO)
        case Quantifier.ONE_VALUE:
            return every(fitting) if every(fitting) is some(fitting) else Truth.UNKNOWN


def _unless_empty(found: Truth, values: Values, documented: Truth) -> Truth:
    """The answer, unless all values are empty and AWS's page says otherwise.

    "If the key values in the request resolve to an empty data set (for example, an empty string), a condition
    operator modified by ForAllValues returns true, and ... by ForAnyValue returns false."
    """
    return found if any(values) or found is documented else Truth.UNKNOWN


def _is_null(wanted: str, values: Values) -> Truth:
    """Null: "true (the key doesn't exist — it is null) or false (the key exists and its value is not null)"."""
    asked = parse_boolean(wanted)
    return Truth.UNKNOWN if asked is None else truth(asked != bool(values))


def _string(*, wildcards: bool, fold: bool = False) -> Fits:
    def fits(wanted: str, value: str, scope: Scope) -> Truth:
        pattern = parse_pattern(wanted, variables=scope.variables, wildcards=wildcards)
        bound, worth = bind(pattern, scope.context)
        same = bound.folded().matches(value.lower()) if fold else bound.matches(value)
        return min(worth, truth(same))

    return fits


def _arn(wanted: str, value: str, scope: Scope) -> Truth:
    """ "Each of the six colon-delimited components of the ARN is checked separately": fewer are not documented."""
    pattern = parse_arn_pattern(wanted, variables=scope.variables)
    found = pattern.matches(value, scope.context)
    return found if len(pattern.segments) == SEGMENTS else min(found, Truth.UNKNOWN)


def _typed(parse: Callable[[str], T | None], compare: Callable[[T, T], bool]) -> Fits:
    def fits(wanted: str, value: str, _: Scope) -> Truth:
        mine, theirs = parse(wanted), parse(value)
        return Truth.UNKNOWN if mine is None or theirs is None else truth(compare(theirs, mine))

    return fits


def _address(wanted: str, value: str, _: Scope) -> Truth:
    """An address within a range of its own family.

    "If you specify an IP address without the associated routing prefix, IAM uses the default prefix value of /32":
    for IPv6 that may be meant or not, so an address that hangs on it is not known.
    """
    addresses, address = parse_range(wanted), parse_address(value)
    if addresses is None or address is None:
        return Truth.UNKNOWN
    if address in addresses:
        return Truth.YES
    wider = parse_range(f"{wanted}/32") if addresses.version == 6 and "/" not in wanted else None
    return Truth.UNKNOWN if wider is not None and address in wider else Truth.NO


def _never(_wanted: str, _value: str, _scope: Scope) -> Truth:
    return Truth.UNKNOWN


NULL = Comparison("Null", _never)
"""Asks only whether the key is there, so it is answered before any value is looked at."""

COMPARISONS: tuple[Comparison, ...] = (
    Comparison("StringEquals", _string(wildcards=False)),
    Comparison("StringNotEquals", _string(wildcards=False), negated=True),
    Comparison("StringEqualsIgnoreCase", _string(wildcards=False, fold=True)),
    Comparison("StringNotEqualsIgnoreCase", _string(wildcards=False, fold=True), negated=True),
    Comparison("StringLike", _string(wildcards=True)),
    Comparison("StringNotLike", _string(wildcards=True), negated=True),
    Comparison("NumericEquals", _typed(parse_number, eq)),
    Comparison("NumericNotEquals", _typed(parse_number, eq), negated=True),
    Comparison("NumericLessThan", _typed(parse_number, lt)),
    Comparison("NumericLessThanEquals", _typed(parse_number, le)),
    Comparison("NumericGreaterThan", _typed(parse_number, gt)),
    Comparison("NumericGreaterThanEquals", _typed(parse_number, ge)),
    Comparison("DateEquals", _typed(parse_date, eq)),
    Comparison("DateNotEquals", _typed(parse_date, eq), negated=True),
    Comparison("DateLessThan", _typed(parse_date, lt)),
    Comparison("DateLessThanEquals", _typed(parse_date, le)),
    Comparison("DateGreaterThan", _typed(parse_date, gt)),
    Comparison("DateGreaterThanEquals", _typed(parse_date, ge)),
    Comparison("Bool", _typed(parse_boolean, eq)),
    Comparison("BinaryEquals", _typed(parse_binary, eq)),
    Comparison("IpAddress", _address),
    Comparison("NotIpAddress", _address, negated=True),
    # "The ArnEquals and ArnLike condition operators behave identically."
    Comparison("ArnEquals", _arn),
    Comparison("ArnNotEquals", _arn, negated=True),
    Comparison("ArnLike", _arn),
    Comparison("ArnNotLike", _arn, negated=True),
    NULL,
)

_COMPARISONS = {each.name.lower(): each for each in COMPARISONS}
_QUANTIFIERS = (Quantifier.FOR_ALL, Quantifier.FOR_ANY)
