"""The comparison: the documents as a whole, and every action that either side allows on some resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from catalog.model import AccessLevel, Catalog
from service.core.diff.canonical import canonical
from service.core.diff.conditions import condition_changes
from service.core.diff.escalations import escalations
from service.core.diff.groups import ActionGroup, Policies, action_group, action_groups
from service.core.diff.lifelike import Examples
from service.core.diff.model import Change, Combination, Finding, Kind, PolicyDiff, Relation, ScopeChange
from service.core.diff.scopes import EVERYTHING, scope_changes
from service.core.diff.sides import NOT_COMPARED, TOTAL_STEPS, Ration, compared
from service.core.iam.policy import Policy
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.budget import Budget, OutOfBudget
from service.core.iam.proving.rule import burden, effort
from service.core.iam.proving.verdict import Holds, Refuted, Verdict
from service.core.iam.proving.witness import places_of
from service.core.proof import universe_of


def compare(
    current: Sequence[Policy],
    proposed: Sequence[Policy],
    catalog: Catalog,
    known: Sequence[Combination] = (),
    steps: int = TOTAL_STEPS,
) -> PolicyDiff:
    """What changes when the proposed policies take the place of the current ones, as far as it shows in so many steps.

    What does not is unknown, with that reason: rows of which the steps leave something open, and the relation if they
    do so for the policies as a whole. What is told is told as it would be with more steps.
    """
    return Comparer(catalog, tuple(known)).compare(current, proposed, Budget(steps))


@dataclass(frozen=True)
class Comparer:
    """A catalog, and known ways to more permissions, ready for many comparisons."""

    catalog: Catalog
    known: tuple[Combination, ...] = field(default=(), repr=False)

    @cached_property
    def universe(self) -> Universe:
        """The actions of the catalog."""
        return universe_of(self.catalog)

    def compare(
        self, current: Sequence[Policy], proposed: Sequence[Policy], budget: Budget | None = None
    ) -> PolicyDiff:
        """As the function of that name, within `TOTAL_STEPS` or the budget, which shows after it what is left."""
        before, after = canonical(current), canonical(proposed)
        ration = Ration(budget or Budget(TOTAL_STEPS))
        ration.afford(effort(before + after))
        gained = ration.whole(after, before, self.universe)
        lost = ration.whole(before, after, self.universe)
        found = list(self._compared(before, after, ration))
        changes = tuple(sorted((each for one in found for each in self._expanded(one, ration)), key=_place))
        return PolicyDiff(
            gained,
            lost,
            _relation(gained, lost),
            before == after,
            changes,
            condition_changes(_conditions(found)),
            escalations(changes, self.known),
            self.catalog.version,
        )

    def _compared(self, before: Policies, after: Policies, ration: Ration) -> Iterator[_Compared]:
        places = places_of(each for policy in before + after for each in policy.statements)
        rest: list[str] = []
        for group in self._groups(before, after, ration):
            if ration.is_spent or not ration.afford(weight := burden(group.left + group.right)):
                rest += group.actions
                continue
            examples = Examples(group, self.universe, places, ration, weight)
            of_one = Universe((examples.spelled(group.actions[0]),), self.universe.arn_formats)
            left, right = group.narrowed()
            finding = compared(left, right, of_one, ration)
            if finding is not None:
                scopes = tuple(scope_changes(left, right, finding, of_one, ration))
                yield _Compared(group, finding, scopes, examples)
        if rest:
            untold = ActionGroup(tuple(sorted(rest)), (), ())
            yield _Compared(untold, NOT_COMPARED, (), Examples(untold, self.universe, places, ration, 0))

    def _groups(self, before: Policies, after: Policies, ration: Ration) -> list[ActionGroup]:
        try:
            return action_groups(before, after, self.universe, ration.budget)
        except OutOfBudget:
            return [action_group(before + after, self.universe)]

    def _expanded(self, found: _Compared, ration: Ration) -> Iterator[Change]:
        """A change for each service and access level of the group, with its scopes if these can be afforded."""
        whole = ScopeChange(EVERYTHING, replace(found.finding, lost=None, gained=None, kept=None))
        parts: dict[tuple[str, AccessLevel | None], list[str]] = defaultdict(list)
        for action in found.group.actions:
            known = self.catalog.action(action)
            parts[action.partition(":")[0], known.access_level if known else None].append(action)
        length = found.length
        for (service, level), actions in parts.items():
            finding = found.examples.finding(found.finding, actions[0])
            scopes = found.scopes if ration.afford(length) else (whole,)
            yield Change(service, level, found.spelled(actions), finding, scopes)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A group, and what was found of it."""

    group: ActionGroup
    finding: Finding
    scopes: tuple[ScopeChange, ...]
    examples: Examples

    @property
    def length(self) -> int:
        """How many steps it takes to list the scopes once more."""
        return sum(4 + sum(map(len, each.scope.resources)) // 16 for each in self.scopes)

    def spelled(self, actions: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self.examples.spelled, actions))


# What is removed or added as a whole has no conditions to speak of.
_STAYING = frozenset({Kind.NARROWED, Kind.WIDENED, Kind.CHANGED, Kind.UNKNOWN})


def _conditions(found: Iterable[_Compared]) -> Iterator[tuple[Policies, Policies, tuple[str, ...]]]:
    for each in found:
        if each.finding.kind in _STAYING:
            yield each.group.left, each.group.right, each.spelled(each.group.actions)


_RELATIONS = {
    (Holds, Holds): Relation.EQUIVALENT,
    (Holds, Refuted): Relation.NARROWER,
    (Refuted, Holds): Relation.WIDER,
    (Refuted, Refuted): Relation.INCOMPARABLE,
}


def _relation(gained: Verdict, lost: Verdict) -> Relation:
    """By whether there is no new access, and whether nothing is lost."""
    return _RELATIONS.get((type(gained), type(lost)), Relation.UNKNOWN)


_KINDS = tuple(Kind)


def _place(change: Change) -> tuple[int, int, str, tuple[str, ...]]:
    """New access first, what allows more access before the rest."""
    return _KINDS.index(change.kind), _ORDER.index(change.access_level), change.service, change.actions


_ORDER = (
    AccessLevel.PERMISSIONS_MANAGEMENT,
    AccessLevel.WRITE,
    AccessLevel.TAGGING,
    AccessLevel.READ,
    AccessLevel.LIST,
    None,
)
