"""Why policies do not allow a request: the statement that comes nearest, and the first of its elements that fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.evaluate import Access, Decision, Request, StatementIndex, applies, authorize
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import listed_actions
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


def shortfall(policies: Sequence[Policy], request: Request, decision: Decision | None = None) -> Shortfall | None:
    """Why the policies do not allow the request; None where they do. `decision` is that on it, where it is known."""
    found = decision or authorize(policies, request)
    match found.access:
        case Access.ALLOWED:
            return None
        case Access.EXPLICITLY_DENIED:
            return Shortfall(Cause.DENIED, found.statements[0], "Effect")
        case Access.UNKNOWN:
            place = found.statements[0]
            return Shortfall(Cause.UNKNOWN, place, _unknown(policies[place.policy], place, request))
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


def _unknown(policy: Policy, place: StatementIndex, request: Request) -> str:
    context = Context.of(request.context, request.unknown_keys)
    return _condition(policy.statements[place.statement], context, policy, Truth.UNKNOWN)


def _condition(statement: Statement, context: Context, policy: Policy, answer: Truth) -> str:
    """The first condition with that answer; it is a variable of the resource where none has it."""
    for each in statement.conditions:
        if holds(each, context, variables=policy.has_variables) is answer:
            return f"Condition, {each.operator}, {each.key}"
    return "Resource"
