"""Needs kept within what is granted now: where a record does not show all of a resource, the current policies may.

A call that was allowed was on a resource that a policy allowed. Where the current policies name the only resources that
it can have been, those take the place of the wildcard that would stand for the unshown part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.core.actions import Findings, Need
from service.core.current import Current
from service.core.iam.glob import resource_glob
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.shortfall import is_about
from service.core.iam.verdict import Holds
from service.core.proof import no_new_access

PATTERNS = 100
"""More patterns than this are not put in the place of one."""


def confined(findings: Findings, current: Current) -> Findings:
    """The findings with narrower patterns where the current policies leave no other; each has a note."""
    needs: dict[Need, frozenset[int]] = {}
    notes = dict(findings.notes)
    for need, calls in findings.needs.items():
        narrower = need if need.exact else _narrowed(need, current)
        needs[narrower] = needs.get(narrower, frozenset()) | calls
        if narrower is not need:
            note = f"{need.action}: the current policies name the only resources it can have been, so no `*` stands for it"
            notes[note] = notes.get(note, frozenset()) | calls
    return replace(findings, needs=needs, notes=notes)


def _narrowed(need: Need, current: Current) -> Need:
    """The need on the patterns of the current policies, if it is not within them and each of those is within it."""
    asked = [_alone(need.action, pattern) for pattern in need.patterns]
    if isinstance(no_new_access(current.identity, asked), Holds):
        return need
    found = sorted(set(_meeting(need, current.identity)))
    if found == sorted(need.patterns) or not 0 < len(found) <= PATTERNS:
        return need
    if any(parse_pattern(each).variables for each in found):
        return need
    if not isinstance(no_new_access(asked, [_alone(need.action, each) for each in found]), Holds):
        return need
    return replace(need, patterns=tuple(found), request=_literal(found[0]))


def _meeting(need: Need, policies: Iterable[Policy]) -> Iterator[str]:
    """The patterns under which the policies allow the action on some resource that the need may be about.

    Those of a policy without variables may read `${*}` as text: it is taken for a pattern, which is then too narrow
    to be within the need, or not at all there.
    """
    globs = [resource_glob(each, variables=True) for each in need.patterns]
    for policy in policies:
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW and is_about(statement, need.action):
                for pattern in statement.resources or ("*",):
                    glob = resource_glob(pattern, variables=policy.has_variables)
                    if any(glob.may_meet(each) for each in globs):
                        yield pattern


def _alone(action: str, pattern: str) -> Policy:
    return Policy((Statement(Effect.ALLOW, (action,), (pattern,)),))


def _literal(pattern: str) -> str:
    """The pattern's text as a resource that it matches."""
    return pattern.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
