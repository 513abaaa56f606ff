"""Policies in one order, so that how a document is cut and sorted changes nothing in an answer about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from service.core.iam.policy import CURRENT_VERSION, Condition, Policy, Statement


def canonical(policies: Iterable[Policy]) -> tuple[Policy, ...]:
    """One policy for each meaning of `${`, with every statement once, sorted, without Sid."""
    found: dict[bool, set[Statement]] = {}
    for policy in policies:
        found.setdefault(policy.has_variables, set()).update(map(_plain, policy.statements))
    versions = {True: CURRENT_VERSION, False: ""}
    return tuple(
        Policy(tuple(sorted(found[variables], key=_place)), version)
        for variables, version in versions.items()
        if found.get(variables)
    )


def _plain(statement: Statement) -> Statement:
    return replace(
        statement,
        sid="",
        actions=_actions(statement.actions),
        not_actions=_actions(statement.not_actions),
        resources=_sorted(statement.resources),
        not_resources=_sorted(statement.not_resources),
        conditions=tuple(replace(each, values=_sorted(each.values)) for each in statement.conditions),
    )


def _actions(texts: Sequence[str]) -> tuple[str, ...]:
    """Each once, whatever its case."""
    first = {each.lower(): each for each in sorted(texts, reverse=True)}
    return tuple(first[name] for name in sorted(first))


def _sorted(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts)))


_Place = tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[Condition, ...]]


def _place(statement: Statement) -> _Place:
    return (
        statement.effect.value,
        statement.actions,
        statement.not_actions,
        statement.resources,
        statement.not_resources,
        statement.conditions,
    )
