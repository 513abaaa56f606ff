"""Needs kept within what is granted now, as far as the evidence goes.

Where a record does not show all of a resource, the current policies may: a call that was allowed was on a resource that
a policy allowed. And where they allow something under conditions that every call met, the conditions are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from service.core.actions import Findings, Need
from service.core.current import Current
from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.evaluate import Access, Request
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.glob import resource_glob
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Holds
from service.core.iam.shortfall import is_about
from service.core.iam.truth import Truth
from service.core.observed import UNKNOWN_KEYS, ObservedRequest
from service.core.proof import disjoint, no_new_access

MAX_PATTERNS = 100
"""More patterns than this are not put in the place of one."""

MAX_VALUES = 20
"""Conditions with more combinations of values than this are not kept: each is put to the policies."""


def confined(findings: Findings, current: Current, requests: Iterable[ObservedRequest]) -> Findings:
    """The findings within the current policies where these leave no other way; what was changed has a note."""
    contexts: dict[tuple[str, str], list[Context]] = {}
    for each in requests:
        context = Context.of(dict(each.context), UNKNOWN_KEYS)
        contexts.setdefault((each.action, each.resource), []).append(context)
    granted = _Granted(current.identity, contexts)
    needs: dict[Need, frozenset[int]] = {}
    notes = dict(findings.notes)
    for need, calls in findings.needs.items():
        changed = granted.conditioned(need, granted.narrowed(need))
        needs[changed] = needs.get(changed, frozenset()) | calls
        for note in _notes(need, changed):
            notes[note] = notes.get(note, frozenset()) | calls
    return replace(findings, needs=needs, notes=notes)


def _notes(need: Need, changed: Need) -> Iterator[str]:
    if changed.patterns != need.patterns:
        yield f"{need.action}: the current policies name the only resources it can be about, in the place of `*`"
    for key in sorted({each.key for each in changed.conditions} - {each.key for each in need.conditions}):
        yield f"all that was seen meets a condition of the current policies, so it is kept: {key}"


@dataclass(frozen=True)
class _Granted:
    """The current policies, and the contexts in which each pair of action and resource was requested."""

    policies: Sequence[Policy]
    contexts: Mapping[tuple[str, str], Sequence[Context]]

    def narrowed(self, need: Need) -> Need:
        """The need on the patterns of the current policies, if it is not within them and they are within it."""
        if need.exact or self._holds(need):
            return need
        found = sorted(set(self._meeting(need)))
        if found == sorted(need.patterns) or not 0 < len(found) <= MAX_PATTERNS:
            return need
        if any(parse_pattern(each).variables for each in found):
            return need
        narrower = replace(need, patterns=tuple(found), request=_literal(found[0]))
        inside = no_new_access([_policy(need)], [_policy(narrower)])
        return narrower if isinstance(inside, Holds) else need

    def conditioned(self, seen: Need, need: Need) -> Need:
        """The need under the conditions of a current statement, if it is within the policies only so.

        `seen` is the need as it was observed.
        """
        anyhow = self._index.authorize(Request(need.action, need.request, unknown_keys=UNKNOWN_KEYS))
        if anyhow.access is not Access.UNKNOWN or self._holds(need):
            return need
        contexts = self.contexts[seen.action, seen.request]
        for policy, statement in self._allowing(need.action):
            if _can_be_kept(statement.conditions) and _all_meet(contexts, statement.conditions, policy):
                candidate = replace(need, conditions=_together(need.conditions, statement.conditions))
                if self._holds(candidate):
                    return candidate
        return need

    @cached_property
    def _index(self) -> PolicyIndex:
        return PolicyIndex(self.policies)

    def _holds(self, need: Need) -> bool:
        return isinstance(no_new_access(self.policies, [_policy(need)]), Holds)

    def _allowing(self, action: str) -> Iterator[tuple[Policy, Statement]]:
        for policy in self.policies:
            for each in policy.statements:
                if each.effect is Effect.ALLOW and is_about(each, action):
                    yield policy, each

    def _meeting(self, need: Need) -> Iterator[str]:
        """The patterns under which the policies allow the action on some resource that the need may be about.

        A policy without variables may mean `${*}` as text. Taken for an escape it is a resource of another name, which
        the check of the narrower need then refuses or which nobody has.
        """
        asked = [resource_glob(each, variables=True) for each in need.patterns]
        for policy, statement in self._allowing(need.action):
            for pattern in statement.resources or ("*",):
                glob = resource_glob(pattern, variables=policy.has_variables)
                if any(glob.may_meet(each) for each in asked) and self._meets(need, pattern):
                    yield pattern

    def _meets(self, need: Need, pattern: str) -> bool:
        return not isinstance(disjoint([_policy(need)], [_policy(replace(need, patterns=(pattern,)))]), Holds)


# Of these, every value of a condition is one that the key can have, so that requests can be made of them.
_KEPT_OPERATORS = frozenset({"StringEquals", "ArnEquals", "Bool"})


def _can_be_kept(conditions: Sequence[Condition]) -> bool:
    plain = all(
        each.operator in _KEPT_OPERATORS and not any(set("*?$") & set(value) for value in each.values)
        for each in conditions
    )
    return bool(conditions) and plain and prod(len(each.values) for each in conditions) <= MAX_VALUES


def _all_meet(contexts: Iterable[Context], conditions: Sequence[Condition], policy: Policy) -> bool:
    """Whether every request is known to meet every condition."""
    return all(
        holds(each, context, variables=policy.has_variables) is Truth.YES for context in contexts for each in conditions
    )


def _together(own: Sequence[Condition], more: Sequence[Condition]) -> tuple[Condition, ...]:
    """Both; the need's own are narrower where both test a key, since the requests met the others as well."""
    keys = {each.key.lower() for each in own}
    return tuple(sorted((*own, *(each for each in more if each.key.lower() not in keys))))


def _policy(need: Need) -> Policy:
    return Policy((Statement(Effect.ALLOW, (need.action,), need.patterns, need.conditions),))


def _literal(pattern: str) -> str:
    """The pattern's text as a resource that it matches."""
    return pattern.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
