"""How many actions are allowed before and after, and what becomes of them: together, by service, by access level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from service.core.diff.model import Change, Kind
from service.core.iam.truth import Truth


@dataclass(frozen=True, slots=True)
class Counts:
    """Actions that are allowed on some resource, or may be, before and after; and actions by kind, none left out."""

    before: int
    after: int
    kinds: dict[Kind, int]


def counts(changes: Iterable[Change]) -> Counts:
    """Of all the changes together."""
    found = list(changes)
    kinds: Counter[Kind] = Counter()
    for each in found:
        kinds[each.kind] += len(each.actions)
    return Counts(
        sum(len(each.actions) for each in found if each.finding.before is not Truth.NO),
        sum(len(each.actions) for each in found if each.finding.after is not Truth.NO),
        {kind: kinds[kind] for kind in Kind},
    )


def counts_by(changes: Iterable[Change], key: Callable[[Change], str]) -> dict[str, Counts]:
    """Of the changes with the same key, sorted by it."""
    parts: dict[str, list[Change]] = {}
    for each in changes:
        parts.setdefault(key(each), []).append(each)
    return {name: counts(parts[name]) for name in sorted(parts)}


def by_service(changes: Iterable[Change]) -> dict[str, Counts]:
    """By service prefix."""
    return counts_by(changes, lambda each: each.service)


def by_level(changes: Iterable[Change]) -> dict[str, Counts]:
    """By access level."""
    return counts_by(changes, lambda each: each.level)
