"""Whether policies as Whittle makes them, which only allow, stay within what is granted now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from service.core.current import Current
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.verdict import Holds, Refuted, Unknown, Verdict
from service.core.proof import disjoint, no_new_access
from service.core.synthesis import Grant, grants_of

Formats = Callable[[str], tuple[str, ...]]
"""The ARN formats of an action, for witnesses that look real."""


def no_formats(action: str) -> tuple[str, ...]:
    """For whoever has no catalog: a witness may look less real, the verdict is the same."""
    del action
    return ()


def within_current(
    proposed: Sequence[Policy], current: Current, formats: Formats = no_formats, behind: Iterable[str] = ()
) -> Verdict:
    """Whether the policies, in place of the current ones and under the same boundary, give nothing new.

    What the boundary shuts out gives nobody anything: only the grants that meet it have to be inside the others.
    `behind` are the actions that wildcards of the policies stand for.
    """
    named = {grant.action for grant in grants_of(proposed) if not set("*?") & set(grant.action)}
    universe = Universe(tuple(sorted({*named, *behind})), formats)
    verdict = no_new_access(current.identity, proposed, universe)
    boundary = current.limit
    if boundary is None or not _outside(verdict, boundary):
        return verdict
    alone = (Policy((_statement(grant),)) for grant in grants_of(proposed))
    met = [each for each in alone if not isinstance(disjoint([each], [boundary], universe), Holds)]
    again = no_new_access(current.identity, met, universe)
    return Unknown(_BOTH) if _outside(again, boundary) else again


_BOTH = "what the policies give beyond the current ones meets the boundary in part, and may lie outside of it"


def confirmed(proposed: Sequence[Policy], current: Current, witness: Request) -> bool:
    """Whether the plain evaluator says of a witness that it is new access: the proof of Refuted."""
    inside = current.limit is None or _allows((current.limit,), witness)
    denied = authorize(current.identity, witness).access in (Access.IMPLICITLY_DENIED, Access.EXPLICITLY_DENIED)
    return _allows(proposed, witness) and inside and denied


def without(policies: Iterable[Policy], out: Collection[tuple[str, str]]) -> list[Policy]:
    """The policies less some pairs of action and resource pattern."""
    return [replace(policy, statements=tuple(_kept(policy.statements, out))) for policy in policies]


def _kept(statements: Iterable[Statement], out: Collection[tuple[str, str]]) -> Iterator[Statement]:
    """Statements that lose nothing as they are, the others pair by pair."""
    for statement in statements:
        grants = list(grants_of([Policy((statement,))]))
        left = [each for each in grants if (each.action, each.resource) not in out]
        yield from [statement] if len(left) == len(grants) else map(_statement, left)


def _statement(grant: Grant) -> Statement:
    return Statement(Effect.ALLOW, (grant.action,), (grant.resource,), grant.conditions)


def _outside(verdict: Verdict, boundary: Policy) -> bool:
    return isinstance(verdict, Refuted) and not _allows((boundary,), verdict.request)


def _allows(policies: Sequence[Policy], request: Request) -> bool:
    return authorize(policies, request).access is Access.ALLOWED
