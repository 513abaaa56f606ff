"""Conditions that come or go for actions that stay."""

from __future__ import annotations

from collections.abc import Iterable

from service.core.diff.groups import Policies
from service.core.diff.model import ConditionChange, StatementCondition


def conditions_of(policies: Policies) -> frozenset[StatementCondition]:
    """Every condition of every statement."""
    statements = (each for policy in policies for each in policy.statements)
    return frozenset(
        StatementCondition.of(each.effect, condition) for each in statements for condition in each.conditions
    )


def condition_changes(found: Iterable[tuple[Policies, Policies, tuple[str, ...]]]) -> tuple[ConditionChange, ...]:
    """What the statements about some actions have on one side only; actions of which that is the same together."""
    actions: dict[tuple[tuple[StatementCondition, ...], tuple[StatementCondition, ...]], list[str]] = {}
    for left, right, names in found:
        before, after = conditions_of(left), conditions_of(right)
        if before != after:
            key = tuple(sorted(after - before)), tuple(sorted(before - after))
            actions.setdefault(key, []).extend(names)
    changes = (ConditionChange(*key, tuple(sorted(names))) for key, names in actions.items())
    return tuple(sorted(changes, key=lambda each: each.actions))
