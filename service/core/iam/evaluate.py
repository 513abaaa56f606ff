"""Whether identity policies allow a request: the definition, plain rather than fast.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from service.core.iam.arn import parse_arn_pattern
from service.core.iam.condition import holds
from service.core.iam.context import Context, Values
from service.core.iam.pattern import Pattern, parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.truth import Truth, every, negated, some, truth

NO_PERMISSION_NEEDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})
"""Actions, in lower case, that succeed whatever the policies say.

"If an administrator attaches a policy to your identity that explicitly denies access to the sts:GetCallerIdentity
action, you can still perform this operation": https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"No permissions are required for users to perform this operation":
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One action on one resource (`*` for an action that takes none), with the condition keys it carries.

    A key that is not in `context` is absent from the request, unless it is in `unknown_keys`: then the request may
    have it with any value. Unknown keys may be patterns; `*` says that whatever is not shown is unknown.
    """

    action: str
    resource: str
    context: Mapping[str, Values] = field(default_factory=dict)
    unknown_keys: frozenset[str] = frozenset()


class Access(Enum):
    """What policies say to a request."""

    ALLOWED = "allowed"
    IMPLICITLY_DENIED = "implicitly denied"
    EXPLICITLY_DENIED = "explicitly denied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class StatementIndex:
    """Where a statement stands, both counted from zero."""

    policy: int
    statement: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and the statements that decide it.

    Those are the Deny statements that match, else the Allow statements that do; where the answer is unknown, the
    statements of which it is not known whether they match. No statement decides an implicit denial.
    """

    access: Access
    statements: tuple[StatementIndex, ...] = ()


def authorize(policies: Iterable[Policy], request: Request) -> Decision:
    """Allowed if and only if some Allow matches and no Deny does."""
    if request.action.lower() in NO_PERMISSION_NEEDED:
        return Decision(Access.ALLOWED)
    return decide(list(_found(policies, request)))


Found = tuple[StatementIndex, Effect, Truth]
"""A statement, and whether it matches a request."""


def decide(found: Sequence[Found]) -> Decision:
    """The decision on a request, from the statements that may match it."""
    allow = some(each for _, effect, each in found if effect is Effect.ALLOW)
    deny = some(each for _, effect, each in found if effect is Effect.DENY)
    if deny is Truth.YES:
        return Decision(Access.EXPLICITLY_DENIED, _which(found, Effect.DENY, Truth.YES))
    if allow is Truth.NO:
        return Decision(Access.IMPLICITLY_DENIED)
    if allow is Truth.YES and deny is Truth.NO:
        return Decision(Access.ALLOWED, _which(found, Effect.ALLOW, Truth.YES))
    undecided = _which(found, Effect.DENY, Truth.UNKNOWN)
    if allow is Truth.UNKNOWN:
        undecided += _which(found, Effect.ALLOW, Truth.UNKNOWN)
    return Decision(Access.UNKNOWN, tuple(sorted(undecided)))


def applies(statement: Statement, request: Request, context: Context, *, variables: bool) -> Truth:
    """Whether the statement matches the request: its actions, its resources and all its conditions."""
    return every(_elements(statement, request, context, variables=variables))


def _found(policies: Iterable[Policy], request: Request) -> Iterator[Found]:
    context = Context.of(request.context, request.unknown_keys)
    for number, policy in enumerate(policies):
        for position, statement in enumerate(policy.statements):
            matched = applies(statement, request, context, variables=policy.has_variables)
            yield StatementIndex(number, position), statement.effect, matched


def _which(found: Sequence[Found], effect: Effect, matched: Truth) -> tuple[StatementIndex, ...]:
    return tuple(index for index, its_effect, its_truth in found if (its_effect, its_truth) == (effect, matched))


def _elements(statement: Statement, request: Request, context: Context, *, variables: bool) -> Iterator[Truth]:
    yield _action(statement, request.action)
    yield _resource(statement, request.resource, context, variables=variables)
    for condition in statement.conditions:
        yield holds(condition, context, variables=variables)


def _action(statement: Statement, action: str) -> Truth:
    """ "The prefix and the action name are case insensitive."

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
    """
    name = action.lower()
    names, patterns = _parsed_actions(statement.actions or statement.not_actions)
    found = name in names or any(pattern.matches(name) for pattern in patterns)
    return truth(found is bool(statement.actions))


@lru_cache(maxsize=4096)
def _parsed_actions(listed: tuple[str, ...]) -> tuple[frozenset[str], tuple[Pattern, ...]]:
    """Actions in lower case: those without a wildcard as they are, since most are, and the patterns."""
    patterns = [each.lower() for each in listed if "*" in each or "?" in each]
    return (
        frozenset(each.lower() for each in listed).difference(patterns),
        tuple(parse_pattern(each, variables=False) for each in patterns),
    )


def _resource(statement: Statement, resource: str, context: Context, *, variables: bool) -> Truth:
    """Resources are case-sensitive.

    A variable without a value makes a NotResource exclude nothing, or "might cause the entire statement to be
    invalid": the page says both, so whether the statement matches what is not excluded is not known.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    patterns = [parse_arn_pattern(each, variables=variables) for each in statement.resources or statement.not_resources]
    found = some(pattern.matches(resource, context) for pattern in patterns)
    if statement.resources:
        return found
    complete = all(pattern.has_values(context) for pattern in patterns)
    return negated(found if complete else max(found, Truth.UNKNOWN))
