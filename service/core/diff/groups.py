"""Actions that no statement of either side tells apart: they are compared once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import ActionSet, Universe, listed_actions, numbers_of
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.classes import refined

Policies = tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """Actions in lower case, at least one, and of both sides the statements that are about them.

    A group of `action_group` has no statements: what is about which of its actions has not been looked at.
    """

    actions: tuple[str, ...]
    left: Policies
    right: Policies

    def narrowed(self) -> tuple[Policies, Policies]:
        """Both sides as if they were about the first action only."""
        return _only(self.left, self.actions[0]), _only(self.right, self.actions[0])


def action_groups(left: Policies, right: Policies, universe: Universe, budget: Budget) -> list[ActionGroup]:
    """The groups of all actions that some Allow is about: those of the universe, and others that a statement names.

    Raises:
        OutOfBudget: it takes more steps than are left.
    """
    places = [(policy, each) for policy in left + right for each in policy.statements]
    first_right = sum(len(policy.statements) for policy in left)
    statements = [each for _, each in places]
    actions = _reached(statements, universe, budget)
    wanted = 0
    for each in statements:
        wanted |= actions.of(each) if each.effect is Effect.ALLOW else 0
    parts = list(refined(wanted, [actions.of(each) for each in statements], budget))
    budget.spend(sum(_EACH + about.bit_count() + members.bit_count() // 2 for members, about in parts))
    found = []
    for members, about in sorted(parts, key=lambda part: part[0] & -part[0]):
        numbers = list(numbers_of(about))
        group = ActionGroup(
            tuple(actions.members(members)),
            _together(places[number] for number in numbers if number < first_right),
            _together(places[number] for number in numbers if number >= first_right),
        )
        found.append(group)
    return found


def action_group(policies: Policies, universe: Universe) -> ActionGroup:
    """All actions that some Allow may be about, not told apart: none is missing, and some may be too many."""
    allows = [each for policy in policies for each in policy.statements if each.effect is Effect.ALLOW]
    actions = ActionSet([*universe.names, *_named(allows)])
    wanted = 0
    for each in allows:
        wanted |= actions.near(each)
    return ActionGroup(tuple(actions.members(wanted)), (), ())


_EACH = 20
"""How many steps a group takes, besides its actions and statements."""


def _reached(statements: Sequence[Statement], universe: Universe, budget: Budget) -> ActionSet:
    named = _named(statements)
    if named <= universe.names:
        budget.spend(sum(map(universe.known.effort, statements)))
        return universe.known
    bits = 0
    for each in statements:
        if each.effect is Effect.ALLOW:
            budget.spend(universe.known.effort(each))
            bits |= universe.known.of(each)
    return ActionSet([*universe.known.members(bits), *named], budget)


def _named(statements: Iterable[Statement]) -> set[str]:
    return {name for each in statements for name in listed_actions(each.actions or each.not_actions).names}


def _together(places: Iterable[tuple[Policy, Statement]]) -> Policies:
    """Policies of these statements, each of the version that it stands in."""
    found: dict[str, list[Statement]] = {}
    for policy, statement in places:
        found.setdefault(policy.version, []).append(statement)
    return tuple(Policy(tuple(statements), version) for version, statements in found.items())


def _only(policies: Policies, action: str) -> Policies:
    return tuple(
        Policy(tuple(replace(each, actions=(action,), not_actions=()) for each in policy.statements), policy.version)
        for policy in policies
    )
