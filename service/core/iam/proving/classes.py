"""Classes of actions: what no statement of either side tells apart is looked at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.core.iam.policy import Effect
from service.core.iam.proving.action_set import ActionSet, Universe, numbers_of
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.imagined import Written
from service.core.iam.proving.rule import Rule


@dataclass(frozen=True, slots=True)
class Side:
    """The rules of one side, each once."""

    allows: tuple[Rule, ...]
    denies: tuple[Rule, ...]

    @classmethod
    def of(cls, rules: Iterable[Rule]) -> Side:
        """These rules by effect."""
        distinct = list(dict.fromkeys(rules))
        allows = tuple(each for each in distinct if each.effect is Effect.ALLOW)
        return cls(allows, tuple(each for each in distinct if each.effect is Effect.DENY))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All of them."""
        return self.allows + self.denies


@dataclass(frozen=True, slots=True)
class ActionClass:
    """One action of a class, and the rules of both sides that are about it. An imagined one is not known to exist."""

    action: str
    imagined: bool
    left: Side
    right: Side


def classes(
    left: Side, right: Side, scope: Sequence[Rule], universe: Universe, found: Written, budget: Budget
) -> list[ActionClass]:
    """The actions that the rules in scope are about, told apart by every rule; those that exist come first.

    Raises:
        OutOfBudget: it takes more steps than are left.
    """
    actions = _actions(scope, universe, found, budget)
    rules = left.rules + right.rules
    imagined = actions.bits(found.imagined - universe.names - _of_spelled_services(scope, universe, found))
    wanted = 0
    for rule in scope:
        wanted |= actions.of(rule.statement)
    parts = refined(wanted, [actions.of(rule.statement) for rule in rules], budget)
    shown = [(members & ~imagined or members, about) for members, about in parts]
    budget.spend((12 + len(rules) // 8) * len(shown))
    ordered = sorted(shown, key=lambda part: (bool(part[0] & imagined), part[0] & -part[0]))
    return [
        ActionClass(
            actions.first(members),
            bool(members & imagined),
            _side(left, about),
            _side(right, about >> len(left.rules)),
        )
        for members, about in ordered
    ]


def _actions(scope: Sequence[Rule], universe: Universe, found: Written, budget: Budget) -> ActionSet:
    known = universe.known
    bits = 0
    for rule in scope:
        budget.spend(known.effort(rule.statement))
        bits |= known.of(rule.statement)
    return ActionSet([*known.members(bits), *found.names, *found.imagined], budget)


def _side(side: Side, about: int) -> Side:
    """The rules of the side whose bits are set."""
    rules = side.rules
    found = [rules[number] for number in numbers_of(about & ((1 << len(rules)) - 1))]
    allows = tuple(each for each in found if each.effect is Effect.ALLOW)
    return Side(allows, tuple(found[len(allows) :]))


_NARROW = 64
"""Sets of so few are told apart member by member, larger ones as a whole."""


def refined(wanted: int, sets: Sequence[int], budget: Budget) -> Iterator[tuple[int, int]]:
    """The parts of a set that no other set cuts, each with the numbers of the sets that have it, as bits.

    Raises:
        OutOfBudget: it takes more steps than are left.
    """
    parts = [(wanted, 0)] if wanted else []
    about_one: dict[int, int] = {}
    weight = 1 + wanted.bit_length() // 16384
    for number, members in enumerate(sets):
        budget.spend(weight * (2 + len(parts)))
        if members.bit_count() > _NARROW:
            parts = list(_cut(parts, members, 1 << number))
            continue
        budget.spend(8 * weight)
        for member in numbers_of(members & wanted):
            budget.spend(1 + number // 4096)
            about_one[member] = about_one.get(member, 0) | 1 << number
    narrow = 0
    for member in about_one:
        narrow |= 1 << member
    budget.spend(len(sets) + 2 * weight * (len(parts) + len(about_one)))
    for part, about in parts:
        if rest := part & ~narrow:
            yield rest, about
        yield from _one_by_one(part & narrow, about, about_one)


def _cut(parts: Iterable[tuple[int, int]], members: int, mark: int) -> Iterator[tuple[int, int]]:
    for part, about in parts:
        if inside := part & members:
            yield inside, about | mark
        if outside := part & ~members:
            yield outside, about


def _one_by_one(part: int, about: int, about_one: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    found: dict[int, int] = {}
    for member in numbers_of(part):
        found[about_one[member]] = found.get(about_one[member], 0) | 1 << member
    return ((members, about | marks) for marks, members in found.items())


def _of_spelled_services(scope: Sequence[Rule], universe: Universe, found: Written) -> frozenset[str]:
    """Imagined actions of services that a rule spells and the universe has no action of: none other are known there."""
    listed = (action for rule in scope for action in rule.statement.actions)
    spelled = {action.partition(":")[0].lower() for action in listed} - universe.services
    return frozenset(each for each in found.imagined if each.partition(":")[0] in spelled)
