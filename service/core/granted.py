"""What a principal is granted now, asked need by need: whether one is within it, how it is narrowed to it, and what of
an action there is to keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice, product
from math import prod

from catalog.model import AccessLevel
from service.core.actions import Need, Reason
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

MAX_WAYS = 8
"""So many ways around the Deny statements about a need are tried."""

MAX_VALUES = 20
"""Conditions with more combinations of values than this are not kept: each is put to the policies."""


NOTHING_OWN = Context.of({}, UNKNOWN_KEYS)
"""What every request of a principal has of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is granted now of an action, as needs within the policies; `lost` says what could not be kept, and why."""

    needs: tuple[Need, ...]
    lost: tuple[str, ...]


def granted_by(current: Current, requests: Iterable[ObservedRequest] = ()) -> Granted:
    """What the identity policies of a principal grant; `requests` are those that it was seen making."""
    contexts: dict[tuple[str, str], list[Context]] = {}
    for each in requests:
        context = Context.of(dict(each.context), UNKNOWN_KEYS)
        contexts.setdefault((each.action, each.resource), []).append(context)
    own = Context.of({key: (value,) for key, value in current.known}, UNKNOWN_KEYS)
    return Granted(current.own, contexts, own)


@dataclass(frozen=True)
class Granted:
    """The current policies, and the contexts in which each pair of action and resource was requested; `own` is what
    every request of the principal has.
    """

    named: Sequence[GrantedPolicy]
    contexts: Mapping[tuple[str, str], Sequence[Context]]
    own: Context = NOTHING_OWN

    def narrowed(self, need: Need) -> Need:
        """The need on the patterns of the current policies, if it is not within them and they are within it."""
        if (need.exact and len(need.patterns) == 1) or self.holds(need):
            return need
        found = sorted(set(self._meeting(need)))
        if found == sorted(need.patterns) or not 0 < len(found) <= MAX_PATTERNS:
            return need
        if any(parse_pattern(each).variables for each in found):
            return need
        narrower = replace(need, patterns=tuple(found), request=literal(found[0]))
        inside = no_new_access([_policy(need)], [_policy(narrower)])
        return narrower if isinstance(inside, Holds) else need

    def conditioned(self, seen: Need, need: Need) -> Need:
        """The need under the conditions of a current statement, and outside of those of the Deny statements about it,
        if it is within the policies only so.

        `seen` is the need as it was observed.
        """
        if self._anyhow(need) is not Access.UNKNOWN or self.holds(need):
            return need
        contexts = self.contexts[seen.action, seen.request]
        undenied = self._undenied(need, contexts)
        for clause in self._about(need, Effect.ALLOW):
            own = clause.statement.conditions
            if not _all_meet(contexts, own, variables=clause.variables):
                continue
            for more in dict.fromkeys((own, (*own, *undenied))):
                candidate = replace(need, conditions=_together(need.conditions, more))
                if _can_be_kept(candidate.conditions) and self.holds(candidate):
                    return candidate
        return need

    def not_kept(self, seen: Need, need: Need) -> Iterator[str]:
        """What of the current policies the need does without, where it is not within them for that."""
        if self.holds(need) or self._anyhow(need) is Access.EXPLICITLY_DENIED:
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

    def kept(self, action: str, level: AccessLevel, reason: Reason) -> Kept:
        """All that is granted of an action, one need for each resource of a statement: to be kept without a call."""
        needs: list[Need] = []
        lost: list[str] = []
        for clause in self._about_action(action, Effect.ALLOW):
            for pattern in clause.statement.resources or ("*",):
                need = Need(action, level, literal(pattern), (pattern,), False, clause.statement.conditions, reason)
                found = self._keepable(need, clause)
                needs += filter(None, [found])
                if found is None:
                    lost.append(f"{action} on {pattern}: {self._why_lost(need, clause)}")
        whole = [each for each in needs if each.patterns == ("*",) and not each.conditions]
        return Kept(tuple(sorted(set(whole[:1] or needs))), tuple(sorted(set(lost))))

    def _keepable(self, need: Need, clause: _Clause) -> Need | None:
        """The need if it is within the policies, else outside of those of the Deny statements about it; or None."""
        texts = (*need.patterns, *(value for each in need.conditions for value in each.values))
        if not clause.variables and any("${" in each for each in texts):
            return None
        if any(self._own(each) is Truth.NO for each in need.conditions):  # no request of the principal meets it
            return None
        ways = [self._opposites(each) for each in self._about(need, Effect.DENY)]
        undenied = islice(product(*filter(None, ways)), MAX_WAYS)
        candidates = (need, *(replace(need, conditions=_together(need.conditions, each)) for each in undenied))
        return next((each for each in dict.fromkeys(candidates) if _is_apart(each) and self.holds(each)), None)

    def _opposites(self, clause: _Clause) -> list[Condition]:
        """Conditions under each of which a Deny does not apply; first those that every request of the principal meets,
        and none that no request of it does.
        """
        found = [each for each in map(opposite, clause.statement.conditions) if each]
        return sorted((each for each in found if self._own(each) is not Truth.NO), key=self._is_open)

    def _is_open(self, condition: Condition) -> bool:
        return self._own(condition) is not Truth.YES

    def _own(self, condition: Condition) -> Truth:
        """Whether every request of the principal meets a condition."""
        return holds(condition, self.own)

    def _why_lost(self, need: Need, clause: _Clause) -> str:
        denying = ", ".join(each.place for each in self._about(need, Effect.DENY))
        if denying:
            return f"{clause.place} grants it and {denying} denies a part of it, which a policy that allows cannot say"
        return f"{clause.place} grants it in a way that cannot be kept"

    def _undenied(self, need: Need, contexts: Sequence[Context]) -> tuple[Condition, ...]:
        """For each Deny about the need, the opposite of its first condition that every request is known not to meet."""
        found: list[Condition] = []
        for clause in self._about(need, Effect.DENY):
            ways = (each for each in map(opposite, clause.statement.conditions) if each)
            found += next(([each] for each in ways if _all_meet(contexts, [each], variables=clause.variables)), [])
        return tuple(dict.fromkeys(found))

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """The current policies without their names."""
        return tuple(each.policy for each in self.named)

    @cached_property
    def _index(self) -> PolicyIndex:
        return PolicyIndex(self.policies)

    @cached_property
    def _within(self) -> dict[Policy, bool]:
        return {}

    def _anyhow(self, need: Need) -> Access:
        """The answer where nothing is known of the request but its action and resource."""
        return self._index.authorize(Request(need.action, need.request, unknown_keys=UNKNOWN_KEYS)).access

    def holds(self, need: Need) -> bool:
        """Whether the policies allow all that the need does."""
        asked = _policy(need)
        if asked not in self._within:
            self._within[asked] = isinstance(no_new_access(self.policies, [asked]), Holds)
        return self._within[asked]

    def _about(self, need: Need, effect: Effect) -> Iterator[_Clause]:
        """The statements about the action and some resource that the need may be about."""
        asked = [resource_glob(each, variables=True) for each in need.patterns]
        for clause in self._about_action(need.action, effect):
            globs = (resource_glob(text, variables=clause.variables) for text in clause.statement.resources or ("*",))
            if any(glob.may_meet(one) for glob in globs for one in asked):
                yield clause

    def _about_action(self, action: str, effect: Effect) -> Iterator[_Clause]:
        """The statements about the action."""
        for number, named in enumerate(self.named):
            for position, each in enumerate(named.policy.statements):
                if each.effect is effect and is_about(each, action):
                    place = place_of(self.named, StatementIndex(number, position))
                    yield _Clause(place, each, named.policy.has_variables)

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


def _is_apart(need: Need) -> bool:
    """A statement tests a key once."""
    return len({each.key.lower() for each in need.conditions}) == len(need.conditions)


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


def literal(pattern: str) -> str:
    """The pattern's text as a resource that it matches."""
    return pattern.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
