"""Needs kept within what is granted now, as far as the evidence goes.

Where a record does not show all of a resource, the current policies may: a call that was allowed was on a resource that
a policy allowed. Where they allow something under conditions that every call met, or deny it where no call was, the
conditions are kept. What stays outside of them, because the evidence asks for it or a condition cannot be kept, has a
note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod

from service.core.actions import STAR_STANDS, Findings, Need
from service.core.askable import asked_with, opposite
from service.core.current import Current, GrantedPolicy, place_of
from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.evaluate import Access, Request, StatementIndex
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.glob import resource_glob
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Holds
from service.core.iam.shortfall import is_about
from service.core.iam.truth import Truth, every
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
    granted = _Granted(current.own, contexts)
    needs: dict[Need, frozenset[int]] = {}
    notes: dict[str, frozenset[int]] = {}
    narrowed: dict[str, frozenset[int]] = {}
    wide: dict[str, frozenset[int]] = {}
    for need, calls in findings.needs.items():
        changed = granted.conditioned(need, granted.narrowed(need))
        needs[changed] = needs.get(changed, frozenset()) | calls
        if not need.exact:
            kind = wide if changed.patterns == need.patterns else narrowed
            kind[need.action] = kind.get(need.action, frozenset()) | calls
        for note in (*_notes(need, changed), *granted.not_kept(need, changed)):
            notes[note] = notes.get(note, frozenset()) | calls
    older = _still_true(findings.notes, {each: calls - wide.get(each, frozenset()) for each, calls in narrowed.items()})
    return replace(findings, needs=needs, notes={**older, **notes})


def _still_true(
    notes: Mapping[str, frozenset[int]], narrowed: Mapping[str, frozenset[int]]
) -> dict[str, frozenset[int]]:
    """The notes that were there, less that `*` stands for something where it no longer does."""
    found: dict[str, frozenset[int]] = {}
    for note, calls in notes.items():
        gone = narrowed.get(note.partition(": ")[0], frozenset()) if STAR_STANDS in note else frozenset()
        if left := calls - gone:
            found[note] = left
    return found


def _notes(need: Need, changed: Need) -> Iterator[str]:
    if changed.patterns != need.patterns:
        yield f"{need.action}: the current policies name the only resources it can be about, in the place of a wildcard"
    for key in sorted({each.key for each in changed.conditions} - {each.key for each in need.conditions}):
        yield f"all that was seen meets a condition of the current policies, so it is kept: {key}"


@dataclass(frozen=True)
class _Granted:
    """The current policies, and the contexts in which each pair of action and resource was requested."""

    named: Sequence[GrantedPolicy]
    contexts: Mapping[tuple[str, str], Sequence[Context]]

    def narrowed(self, need: Need) -> Need:
        """The need on the patterns of the current policies, if it is not within them and they are within it."""
        if (need.exact and len(need.patterns) == 1) or self._holds(need):
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
        """The need under the conditions of a current statement, and outside of those of the Deny statements about it,
        if it is within the policies only so.

        `seen` is the need as it was observed.
        """
        if self._anyhow(need) is not Access.UNKNOWN or self._holds(need):
            return need
        contexts = self.contexts[seen.action, seen.request]
        undenied = self._undenied(need, contexts)
        for clause in self._about(need, Effect.ALLOW):
            own = clause.statement.conditions
            if not _all_meet(contexts, own, variables=clause.variables):
                continue
            for more in dict.fromkeys((own, (*own, *undenied))):
                candidate = replace(need, conditions=_together(need.conditions, more))
                if _can_be_kept(candidate.conditions) and self._holds(candidate):
                    return candidate
        return need

    def not_kept(self, seen: Need, need: Need) -> Iterator[str]:
        """What of the current policies the need does without, where it is not within them for that."""
        if self._holds(need) or self._anyhow(need) is Access.EXPLICITLY_DENIED:
            return
        contexts = self.contexts[seen.action, seen.request]
        for clause in self._about(need, Effect.ALLOW):
            yield from filter(None, (_lost(need, clause, each, contexts) for each in clause.statement.conditions))
            yield from _by_variables(need, clause)
        for clause in self._about(need, Effect.DENY):
            ways = [each for each in map(opposite, clause.statement.conditions) if each]
            if not clause.statement.conditions:
                yield f"{need.action}: {clause.place} denies a part of it, and a proposal only allows: keep it beside"
            yield from filter(None, (_lost(need, clause, each, contexts) for each in ways[:1]))

    def _undenied(self, need: Need, contexts: Sequence[Context]) -> tuple[Condition, ...]:
        """For each Deny about the need, the opposite of its first condition that every request is known not to meet."""
        found: list[Condition] = []
        for clause in self._about(need, Effect.DENY):
            ways = (each for each in map(opposite, clause.statement.conditions) if each)
            found += next(([each] for each in ways if _all_meet(contexts, [each], variables=clause.variables)), [])
        return tuple(dict.fromkeys(found))

    @cached_property
    def _policies(self) -> tuple[Policy, ...]:
        return tuple(each.policy for each in self.named)

    @cached_property
    def _index(self) -> PolicyIndex:
        return PolicyIndex(self._policies)

    @cached_property
    def _within(self) -> dict[Policy, bool]:
        return {}

    def _anyhow(self, need: Need) -> Access:
        """The answer where nothing is known of the request but its action and resource."""
        return self._index.authorize(Request(need.action, need.request, unknown_keys=UNKNOWN_KEYS)).access

    def _holds(self, need: Need) -> bool:
        asked = _policy(need)
        if asked not in self._within:
            self._within[asked] = isinstance(no_new_access(self._policies, [asked]), Holds)
        return self._within[asked]

    def _about(self, need: Need, effect: Effect) -> Iterator[_Clause]:
        """The statements about the action and some resource that the need may be about."""
        asked = [resource_glob(each, variables=True) for each in need.patterns]
        for number, named in enumerate(self.named):
            variables = named.policy.has_variables
            for position, each in enumerate(named.policy.statements):
                if each.effect is not effect or not is_about(each, need.action):
                    continue
                globs = (resource_glob(text, variables=variables) for text in each.resources or ("*",))
                if any(glob.may_meet(one) for glob in globs for one in asked):
                    yield _Clause(place_of(self.named, StatementIndex(number, position)), each, variables)

    def _meeting(self, need: Need) -> Iterator[str]:
        """The patterns under which the policies allow the action on some resource that the need may be about.

        A policy without variables may mean `${*}` as text. Taken for an escape it is a resource of another name, which
        the check of the narrower need then refuses or which nobody has.
        """
        asked = [resource_glob(each, variables=True) for each in need.patterns]
        for clause in self._about(need, Effect.ALLOW):
            for pattern in clause.statement.resources or ("*",):
                glob = resource_glob(pattern, variables=clause.variables)
                if any(glob.may_meet(each) for each in asked) and self._meets(need, pattern):
                    yield pattern

    def _meets(self, need: Need, pattern: str) -> bool:
        return not isinstance(disjoint([_policy(need)], [_policy(replace(need, patterns=(pattern,)))]), Holds)


@dataclass(frozen=True, slots=True)
class _Clause:
    """A statement of the current policies, where it stands, and whether `${` begins a variable in it."""

    place: str
    statement: Statement
    variables: bool


def _can_be_kept(conditions: Sequence[Condition]) -> bool:
    """Whether requests can be made that meet them all: each is on a key of its own, and known to be met by a value."""
    keys = {each.key.lower() for each in conditions}
    texts = [value for each in conditions for value in each.values]
    ways = prod(len(asked_with(each)) for each in conditions)
    return len(keys) == len(conditions) and not any("$" in each for each in texts) and 0 < ways <= MAX_VALUES


def _all_meet(contexts: Iterable[Context], conditions: Sequence[Condition], *, variables: bool) -> bool:
    """Whether every request is known to meet every condition."""
    return all(_met(contexts, each, variables=variables) is Truth.YES for each in conditions)


def _met(contexts: Iterable[Context], condition: Condition, *, variables: bool) -> Truth:
    return every(holds(condition, context, variables=variables) for context in contexts)


def _lost(need: Need, clause: _Clause, condition: Condition, contexts: Sequence[Context]) -> str:
    """Why a condition is not kept; empty where a request does not meet it, which is then beyond the policies."""
    why = {
        Truth.YES: "a proposal cannot ask for it",
        Truth.UNKNOWN: "no record shows whether it is met",
        Truth.NO: "",
    }[_met(contexts, condition, variables=clause.variables)]
    said = f"{condition.operator} {condition.key} {', '.join(condition.values)}"
    kept = any(each.key.lower() == condition.key.lower() for each in need.conditions)
    return f"{need.action}: {clause.place} asks for {said}; {why}, so it is not kept" if why and not kept else ""


def _by_variables(need: Need, clause: _Clause) -> Iterator[str]:
    """That a statement is about resources by a value which no record shows."""
    texts = clause.statement.resources if clause.variables else ()
    names = sorted({each.key for text in texts for each in parse_pattern(text).variables})
    if names:
        by = ", ".join(f"${{{each}}}" for each in names)
        yield f"{need.action}: {clause.place} names resources by {by}; no record shows that it means this one"


def _together(own: Sequence[Condition], more: Sequence[Condition]) -> tuple[Condition, ...]:
    """Both; the need's own are narrower where both test a key, since the requests met the others as well."""
    keys = {each.key.lower() for each in own}
    return tuple(sorted({*own, *(each for each in more if each.key.lower() not in keys)}))


def _policy(need: Need) -> Policy:
    return Policy((Statement(Effect.ALLOW, (need.action,), need.patterns, need.conditions),))


def _literal(pattern: str) -> str:
    """The pattern's text as a resource that it matches."""
    return pattern.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
