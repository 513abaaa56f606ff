"""Where the Allow statements of both sides reach, and what becomes of an action on each of those resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from service.core.diff.groups import Policies
from service.core.diff.model import Finding, Kind, Scope, ScopeChange
from service.core.diff.sides import Ration, Settled, compared
from service.core.iam.policy import CURRENT_VERSION, Effect, Policy, Statement
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.rule import burden
from service.core.iam.truth import Truth

MOST_SCOPES = 48
"""On how many resources an action is compared one by one."""


EVERYTHING = Scope(("*",))
"""All resources."""


def scopes_of(policies: Sequence[Policy]) -> list[Scope]:
    """The scopes of the Allow statements, sorted."""
    return sorted({each for policy in policies for found in policy.statements for each in _scopes(policy, found)})


def scope_changes(
    left: Policies, right: Policies, whole: Finding, universe: Universe, ration: Ration
) -> Iterator[ScopeChange]:
    """What becomes of an action on each of its scopes, given what becomes of it on all resources.

    Where there are more than can be afforded, that is said of all resources together.
    """
    if not ration.afford(burden(left + right)):
        yield ScopeChange(EVERYTHING, _plain(whole))
        return
    scopes = scopes_of(left + right)
    if len(scopes) == 1 or whole.kind in _UNIFORM:
        yield from (ScopeChange(each, _plain(whole)) for each in scopes)
        return
    for number, scope in enumerate(scopes):
        if _is_everything(scope):
            yield ScopeChange(scope, whole)
        elif number >= MOST_SCOPES or ration.is_spent:
            yield ScopeChange(scope, _NOT_COMPARED)
        else:
            outside = _outside(scope, left + right)
            found = compared((*left, outside), (*right, outside), universe, ration, Settled.by(whole.kind))
            if found is not None:
                yield ScopeChange(scope, found)


_UNIFORM = frozenset({Kind.REMOVED, Kind.ADDED, Kind.SAME})
_NOT_COMPARED = Finding(
    Kind.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN, reason="there are too many resources to compare them one by one"
)


def _plain(whole: Finding) -> Finding:
    """The finding without its requests."""
    return Finding(whole.kind, whole.before, whole.after, reason=whole.reason)


def _scopes(policy: Policy, statement: Statement) -> Iterator[Scope]:
    if statement.effect is not Effect.ALLOW:
        return
    if statement.not_resources:
        yield _scope(policy, statement.not_resources, excepted=True)
    yield from (_scope(policy, (each,), excepted=False) for each in statement.resources)


def _scope(policy: Policy, resources: tuple[str, ...], *, excepted: bool) -> Scope:
    """The version matters only to what has `${`."""
    literal = not policy.has_variables and any("${" in each for each in resources)
    return Scope(resources, excepted, not literal)


def _is_everything(scope: Scope) -> bool:
    return not _fixed(scope) if scope.excepted else scope == EVERYTHING


def _fixed(scope: Scope) -> tuple[str, ...]:
    """What is always in the list, whatever the values of variables are."""
    return tuple(each for each in scope.resources if not (scope.variables and _VARIABLE.search(each)))


def _outside(scope: Scope, policies: Policies) -> Policy:
    """A policy that denies everything that is outside of the scope for sure: a variable may have any value."""
    action = next(each for policy in policies for each in policy.statements).actions
    if scope.excepted:
        statement = Statement(Effect.DENY, action, _fixed(scope))
    else:
        resources = tuple(_VARIABLE.sub("*", each) if scope.variables else each for each in scope.resources)
        statement = Statement(Effect.DENY, action, (), not_resources=resources)
    return Policy((statement,), CURRENT_VERSION if scope.variables else "")


# Not an escape such as `${*}`.
_VARIABLE = re.compile(r"\$\{[^}*?$][^}]*\}")
