"""The managed policies that are closest to what was used: how much of it they cover, and what more they allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalog.model import Catalog
from service.core.current import GrantedPolicy
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import ActionSet
from service.core.iam.proving.verdict import Holds
from service.core.proof import no_new_access, universe_of
from service.core.synthesis import Grant

SHOWN = 5
"""How many are told."""


@dataclass(frozen=True, slots=True)
class Closest:
    """One managed policy. `covered` of `used` permissions are within it, which is proved one by one; `more` are the
    actions that it allows on some resource and that were not used, by access level.
    """

    name: str
    covered: int
    used: int
    more: tuple[tuple[str, int], ...]

    @property
    def excess(self) -> int:
        """How many actions it allows that were not used."""
        return sum(count for _, count in self.more)


@dataclass(frozen=True, slots=True)
class _Candidate:
    named: GrantedPolicy
    actions: int
    shared: int
    possible: int

    def score(self, covered: int, used: int) -> float:
        """The harmonic mean of the share of what was used that it covers, and of what it allows that was used."""
        if not covered:
            return 0.0
        recall, precision = covered / used, self.shared / self.actions.bit_count()
        return 2 * recall * precision / (recall + precision)


class ClosestPolicies:
    """Finds them among managed policies, with one catalog."""

    def __init__(self, catalog: Catalog, policies: Sequence[GrantedPolicy]) -> None:
        self._catalog = catalog
        self._known = ActionSet(each.lower() for each in universe_of(catalog).actions)
        self._policies = [(each, self._allowed(each.policy)) for each in sorted(policies, key=lambda each: each.name)]

    def _allowed(self, policy: Policy) -> int:
        """The actions that it allows on some resource; what it denies on every resource is not."""
        found = 0
        for statement in policy.statements:
            if statement.effect is Effect.ALLOW:
                found |= self._known.of(statement)
        for statement in policy.statements:
            if statement.effect is Effect.DENY and _is_total(statement):
                found &= ~self._known.of(statement)
        return found

    def of(self, grants: Iterable[Grant]) -> tuple[Closest, ...]:
        """The closest first; a policy that covers nothing is not close."""
        wanted = sorted(set(grants))
        by_action = Counter(each.action.lower() for each in wanted)
        bits = self._known.bits(frozenset(by_action))
        best: list[tuple[float, Closest]] = []
        for each in sorted(self._candidates(bits, by_action), key=lambda one: _first(one, len(wanted))):
            if len(best) >= SHOWN and each.score(each.possible, len(wanted)) <= best[SHOWN - 1][0]:
                break  # none that comes after it can do better
            covered = sum(_is_within(each.named.policy, grant) for grant in wanted)
            found = Closest(each.named.name, covered, len(wanted), self._more(each.actions & ~bits))
            best.append((each.score(covered, len(wanted)), found))
            best.sort(key=lambda one: (-one[0], one[1].excess, one[1].name))
        return tuple(found for score, found in best[:SHOWN] if score > 0)

    def _candidates(self, bits: int, by_action: Counter[str]) -> Iterator[_Candidate]:
        for named, actions in self._policies:
            if shared := actions & bits:
                possible = sum(by_action[name] for name in self._known.members(shared))
                yield _Candidate(named, actions, shared.bit_count(), possible)

    def _more(self, bits: int) -> tuple[tuple[str, int], ...]:
        definitions = (self._catalog.action(name) for name in self._known.members(bits))
        return tuple(sorted(Counter(each.access_level.value for each in definitions if each).items()))


def _first(candidate: _Candidate, used: int) -> tuple[float, str]:
    return -candidate.score(candidate.possible, used), candidate.named.name


def _is_total(statement: Statement) -> bool:
    return "*" in statement.resources and not statement.conditions


def _is_within(policy: Policy, grant: Grant) -> bool:
    asked = Policy((Statement(Effect.ALLOW, (grant.action,), (grant.resource,), grant.conditions),))
    return isinstance(no_new_access([policy], [asked]), Holds)
