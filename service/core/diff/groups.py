"""Actions that no statement of either side tells apart: they are compared once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import ActionSet, Universe, listed_actions, numbers_of

Policies = tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class ActionGroup:
    """Actions in lower case, at least one, and of both sides the statements that are about them."""

    actions: tuple[str, ...]
    left: Policies
    right: Policies

    def narrowed(self) -> tuple[Policies, Policies]:
        """Both sides as if they were about the first action only."""
        return _only(self.left, self.actions[0]), _only(self.right, self.actions[0])


def action_groups(left: Policies, right: Policies, universe: Universe) -> Iterator[ActionGroup]:
    """The groups of all actions that some Allow is about: those of the universe, and others that a statement names."""
    places = [(policy, each) for policy in left + right for each in policy.statements]
    first_right = sum(len(policy.statements) for policy in left)
    statements = [each for _, each in places]
    actions = _reached(statements, universe)
    wanted = 0
    for each in statements:
        wanted |= actions.of(each) if each.effect is Effect.ALLOW else 0
    parts = _parts(wanted, [actions.of(each) & wanted for each in statements])
    for about, members in sorted(parts.items(), key=lambda part: part[1] & -part[1]):
        numbers = list(numbers_of(about))
        yield ActionGroup(
            tuple(actions.members(members)),
            _together(places[number] for number in numbers if number < first_right),
            _together(places[number] for number in numbers if number >= first_right),
        )


def _reached(statements: Sequence[Statement], universe: Universe) -> ActionSet:
    bits = 0
    for each in statements:
        bits |= universe.known.of(each) if each.effect is Effect.ALLOW else 0
    named = (name for each in statements for name in listed_actions(each.actions or each.not_actions).names)
    return ActionSet([*universe.known.members(bits), *named])


_NARROW = 64
"""Sets of so few are told apart member by member, larger ones as a whole."""


def _parts(wanted: int, sets: Sequence[int]) -> dict[int, int]:
    """The parts of a set that no other set cuts, by the numbers of the sets that have them, as bits."""
    parts = {0: wanted} if wanted else {}
    marks: dict[int, int] = defaultdict(int)
    for number, members in enumerate(sets):
        if members.bit_count() > _NARROW:
            parts = _cut(parts, members, 1 << number)
            continue
        for member in numbers_of(members):
            marks[member] |= 1 << number
    singled = sum(1 << member for member in marks)
    found: dict[int, int] = defaultdict(int)
    for about, members in parts.items():
        if rest := members & ~singled:
            found[about] |= rest
        for member in numbers_of(members & singled):
            found[about | marks[member]] |= 1 << member
    return found


def _cut(parts: dict[int, int], members: int, mark: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for about, part in parts.items():
        if inside := part & members:
            found[about | mark] = inside
        if outside := part & ~members:
            found[about] = outside
    return found


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
