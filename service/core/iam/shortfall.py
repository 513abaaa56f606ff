"""Why policies do not allow a request: the statement that comes nearest, and the first of its elements that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.evaluate import Access, Request, StatementIndex, applies, authorize
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.truth import Truth


class Cause(StrEnum):
    """Classes of reasons."""

    ACTION = "no statement is about the action"
    RESOURCE = "no statement about the action is about the resource"
    CONDITION = "a condition does not hold"
    UNKNOWN = "it hangs on a condition key that is not shown"
    UNSHOWN = "the resource is not shown whole, and a statement is about some such resources"
    DENIED = "a statement denies it"


@dataclass(frozen=True, slots=True)
class Shortfall:
    """`statement` is the nearest, None where none is about the action; `element` is its part that decides."""

    cause: Cause
    statement: StatementIndex | None = None
    element: str = ""


def shortfall(policies: Sequence[Policy], request: Request) -> Shortfall | None:
    """Why the policies do not allow the request; None where they do."""
    decision = authorize(policies, request)
    match decision.access:
        case Access.ALLOWED:
            return None
        case Access.EXPLICITLY_DENIED:
            return Shortfall(Cause.DENIED, decision.statements[0], "Effect")
        case Access.UNKNOWN:
            place = decision.statements[0]
            return Shortfall(Cause.UNKNOWN, place, _unknown(policies[place.policy], place, request))
        case Access.IMPLICITLY_DENIED:
            return _nearest(policies, request)


def is_about(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action, on whatever resource."""
    request, part = Request(action, "*"), _of_actions(statement)
    return applies(part, request, Context.of({}), variables=False) is Truth.YES


def _nearest(policies: Sequence[Policy], request: Request) -> Shortfall:
    """The first of those that come furthest, their elements taken in the order of a statement."""
    context = Context.of(request.context, request.unknown_keys)
    found = [(_failed(each, request, context, policy), at) for at, policy, each in _allowing(policies)]
    furthest = max(found, key=lambda each: _ORDER.index(each[0].cause), default=(Shortfall(Cause.ACTION), None))
    failed, place = furthest
    return replace(failed, statement=None if failed.cause is Cause.ACTION else place)


_ORDER = (Cause.ACTION, Cause.RESOURCE, Cause.CONDITION)


def _allowing(policies: Iterable[Policy]) -> Iterator[tuple[StatementIndex, Policy, Statement]]:
    for number, policy in enumerate(policies):
        for position, statement in enumerate(policy.statements):
            if statement.effect is Effect.ALLOW:
                yield StatementIndex(number, position), policy, statement


def _failed(statement: Statement, request: Request, context: Context, policy: Policy) -> Shortfall:
    """The first element of the statement that the request does not match."""
    for cause, part in (
        (Cause.ACTION, _of_actions(statement)),
        (Cause.RESOURCE, replace(statement, conditions=())),
    ):
        if applies(part, request, context, variables=policy.has_variables) is Truth.NO:
            return Shortfall(cause, element=cause.name.capitalize())
    return Shortfall(Cause.CONDITION, element=_condition(statement, context, policy, Truth.NO))


def _of_actions(statement: Statement) -> Statement:
    """The statement on every resource, without conditions."""
    return replace(statement, resources=("*",), not_resources=(), conditions=())


def _unknown(policy: Policy, place: StatementIndex, request: Request) -> str:
    context = Context.of(request.context, request.unknown_keys)
    return _condition(policy.statements[place.statement], context, policy, Truth.UNKNOWN)


def _condition(statement: Statement, context: Context, policy: Policy, answer: Truth) -> str:
    """The first condition with that answer; it is a variable of the resource where none has it."""
    for each in statement.conditions:
        if holds(each, context, variables=policy.has_variables) is answer:
            return f"Condition, {each.operator}, {each.key}"
    return "Resource"
