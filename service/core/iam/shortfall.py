"""Why policies do not allow a request: the statement that comes nearest, and the first of its elements that fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from service.core.iam.condition import Operator, Quantifier, holds, parse_operator
from service.core.iam.context import Context, Values
from service.core.iam.evaluate import Access, Decision, Request, StatementIndex, applies, authorize
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.action_set import listed_actions
from service.core.iam.truth import Truth
from service.core.iam.values import (
    parse_address,
    parse_binary,
    parse_boolean,
    parse_date,
    parse_number,
    parse_range,
)


class Cause(StrEnum):
    """Classes of reasons."""

    ACTION = "no statement is about the action"
    RESOURCE = "no statement about the action is about the resource"
    CONDITION = "a condition does not hold"
    UNKNOWN = "it hangs on a condition key that is not shown"
    INCOMPARABLE = "a condition compares values of which one is not of its kind, and AWS does not say what comes of it"
    EMPTY = "a value of a condition key is empty, and AWS does not say what comes of it"
    SEVERAL = "a condition key has several values where one is expected, and AWS does not say what comes of it"
    UNDOCUMENTED = "AWS does not say what comes of it"
    UNSHOWN = "the resource is not shown whole, and a statement is about some such resources"
    DENIED = "a statement denies it"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """`statement` is the nearest, None where none is about the action; `element` is its part that decides."""

    cause: Cause
    statement: StatementIndex | None = None
    element: str = ""


def shortfall(policies: Sequence[Policy], request: Request, decision: Decision | None = None) -> Shortfall | None:
    """Why the policies do not allow the request; None where they do. `decision` is that on it, where it is known."""
    found = decision or authorize(policies, request)
    match found.access:
        case Access.ALLOWED:
            return None
        case Access.EXPLICITLY_DENIED:
            return Shortfall(Cause.DENIED, found.statements[0], "Effect")
        case Access.UNKNOWN:
            return _undecided(policies, found.statements[0], request)
        case Access.IMPLICITLY_DENIED:
            return _nearest(policies, request)


def is_about(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action, on whatever resource."""
    name, listed = action.lower(), listed_actions(statement.actions or statement.not_actions)
    found = name in listed.names or any(parse_pattern(each, variables=False).matches(name) for each in listed.patterns)
    return found is bool(statement.actions)


def _nearest(policies: Sequence[Policy], request: Request) -> Shortfall:
    """The first of the statements about the action whose condition fails, else the first whose resource does."""
    context = Context.of(request.context, request.unknown_keys)
    found = Shortfall(Cause.ACTION, element="Action")
    for at, policy, statement in _allowing(policies, request.action):
        anyhow = replace(statement, conditions=())
        if applies(anyhow, request, context, variables=policy.has_variables) is not Truth.NO:
            return Shortfall(Cause.CONDITION, at, _condition(statement, context, policy, Truth.NO))
        if found.statement is None:
            found = Shortfall(Cause.RESOURCE, at, "Resource")
    return found


def _allowing(policies: Iterable[Policy], action: str) -> Iterator[tuple[StatementIndex, Policy, Statement]]:
    for number, policy in enumerate(policies):
        for position, statement in enumerate(policy.statements):
            if statement.effect is Effect.ALLOW and is_about(statement, action):
                yield StatementIndex(number, position), policy, statement


def _undecided(policies: Sequence[Policy], place: StatementIndex, request: Request) -> Shortfall:
    """The first element of a statement of which it is not known whether it matches, and why not."""
    policy = policies[place.policy]
    statement, context = policy.statements[place.statement], Context.of(request.context, request.unknown_keys)
    for each in statement.conditions:
        if holds(each, context, variables=policy.has_variables) is Truth.UNKNOWN:
            return Shortfall(_why_unknown(each, context, variables=policy.has_variables), place, _element(each))
    texts = (*statement.resources, *statement.not_resources) if policy.has_variables else ()
    values = [context.get(found.key) for text in texts for found in parse_pattern(text).variables]
    return Shortfall(_of_variables(values) or Cause.UNDOCUMENTED, place, "Resource")


def _why_unknown(condition: Condition, context: Context, *, variables: bool) -> Cause:
    """Why it is not known whether a condition holds."""
    operator, values = parse_operator(condition.operator), context.get(condition.key)
    if operator is None or values is None:
        return Cause.UNKNOWN
    parsers = next((found for kind, found in _KINDS.items() if kind in operator.comparison.name), None)
    if parsers is not None:
        texts = ((parsers[0], condition.values), (parsers[1], values))
        wrong = any(parse(text) is None for parse, each in texts for text in each)
        return Cause.INCOMPARABLE if wrong else _of_values(operator, values)
    used = [found.key for text in condition.values for found in parse_pattern(text, variables=variables).variables]
    return _of_variables(context.get(key) for key in used) or _of_values(operator, values)


def _of_variables(found: Iterable[Values | None]) -> Cause | None:
    """Why the values of variables leave it open; None where they do not."""
    causes = [_of_variable(each) for each in found]
    return next((each for each in _OF_VARIABLES if each in causes), None)


def _of_variable(values: Values | None) -> Cause | None:
    if values is None:
        return Cause.UNKNOWN
    return Cause.SEVERAL if len(values) > 1 else Cause.EMPTY if values == ("",) else None


_OF_VARIABLES = (Cause.UNKNOWN, Cause.EMPTY, Cause.SEVERAL)


def _of_values(operator: Operator, values: Values) -> Cause:
    if "" in values:
        return Cause.EMPTY
    several = len(values) > 1 and operator.quantifier is Quantifier.ONE_VALUE
    return Cause.SEVERAL if several else Cause.UNDOCUMENTED


_Parsers = tuple[Callable[[str], object], Callable[[str], object]]
_KINDS: dict[str, _Parsers] = {
    "Numeric": (parse_number, parse_number),
    "Date": (parse_date, parse_date),
    "Bool": (parse_boolean, parse_boolean),
    "Binary": (parse_binary, parse_binary),
    "IpAddress": (parse_range, parse_address),
    "Null": (parse_boolean, str),
}
"""What reads the values of a condition and those of a request, by a part of the operator's name."""


def _condition(statement: Statement, context: Context, policy: Policy, answer: Truth) -> str:
    """The first condition with that answer; it is a variable of the resource where none has it."""
    for each in statement.conditions:
        if holds(each, context, variables=policy.has_variables) is answer:
            return _element(each)
    return "Resource"


def _element(condition: Condition) -> str:
    return f"Condition, {condition.operator}, {condition.key}"
