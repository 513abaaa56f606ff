"""Conditions that come or go for actions that stay."""

from __future__ import annotations

from collections.abc import Iterable

from service.core.diff.groups import Policies
from service.core.diff.model import ConditionChange, Test


def tests_of(policies: Policies) -> frozenset[Test]:
    """Every condition of every statement."""
    statements = (each for policy in policies for each in policy.statements)
    return frozenset(Test.of(each.effect, condition) for each in statements for condition in each.conditions)


def condition_changes(found: Iterable[tuple[Policies, Policies, tuple[str, ...]]]) -> tuple[ConditionChange, ...]:
    """What the statements about some actions have on one side only; actions of which that is the same together."""
    actions: dict[tuple[tuple[Test, ...], tuple[Test, ...]], list[str]] = {}
    for left, right, names in found:
        before, after = tests_of(left), tests_of(right)
        if before != after:
            key = tuple(sorted(after - before)), tuple(sorted(before - after))
            actions.setdefault(key, []).extend(names)
    changes = (ConditionChange(*key, tuple(sorted(names))) for key, names in actions.items())
    return tuple(sorted(changes, key=lambda each: each.actions))
