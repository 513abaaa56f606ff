"""Pairs of action and resource as few rectangles, actions times resources, whose union is exactly the pairs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

Pairs = Mapping[str, frozenset[str]]
"""The resources of each action; none of the sets is empty."""

K = TypeVar("K")


@dataclass(frozen=True, slots=True, order=True)
class Rectangle:
    """Every one of the actions on every one of the resources; both sorted."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


def rectangles(pairs: Pairs) -> tuple[Rectangle, ...]:
    """Rectangles whose union is exactly `pairs`: for each island of actions that share resources, the cheapest way."""
    return tuple(sorted(each for island in _islands(pairs) for each in _cheapest(island)))


_STATEMENT_COST = len('{"Sid":"S3ReadWrite","Effect":"Allow","Action":[],"Resource":[]},')


def _cost(way: Iterable[Rectangle]) -> int:
    """Characters of the statements, near enough to choose by."""
    return sum(_STATEMENT_COST + sum(len(text) + 3 for text in each.actions + each.resources) for each in way)


def _cheapest(pairs: Pairs) -> list[Rectangle]:
    """One of the two ways to cut an island, the shorter as text.

    Joining rectangles of either way would add pairs; letting rectangles overlap was measured to save about 3%.
    """
    ways = sorted(_by_resources(pairs)), sorted(_by_actions(pairs))
    return min(ways, key=lambda way: (_cost(way), way))


def _islands(pairs: Pairs) -> Iterator[Pairs]:
    """The pairs cut into parts that share neither action nor resource: no rectangle can span two of them."""
    actions_of = _inverted(pairs)
    left = set(pairs)
    for start in sorted(pairs):
        if start not in left:
            continue
        left.discard(start)
        reached = [start]
        for action in reached:
            near = {other for resource in pairs[action] for other in actions_of.pop(resource, ())} & left
            left -= near
            reached += sorted(near)
        yield {action: pairs[action] for action in reached}


def _by_resources(pairs: Pairs) -> list[Rectangle]:
    """Actions that have the very same resources stand together."""
    return [Rectangle(tuple(sorted(actions)), tuple(sorted(both))) for both, actions in _alike(pairs).items()]


def _by_actions(pairs: Pairs) -> list[Rectangle]:
    """Resources that have the very same actions stand together."""
    alike = _alike(_inverted(pairs))
    return [Rectangle(tuple(sorted(both)), tuple(sorted(resources))) for both, resources in alike.items()]


def _alike(sets: Mapping[K, frozenset[str]]) -> dict[frozenset[str], list[K]]:
    alike: dict[frozenset[str], list[K]] = defaultdict(list)
    for key, members in sets.items():
        alike[members].append(key)
    return alike


def _inverted(pairs: Pairs) -> dict[str, frozenset[str]]:
    inverted: dict[str, set[str]] = defaultdict(set)
    for action, resources in pairs.items():
        for resource in resources:
            inverted[resource].add(action)
    return {resource: frozenset(actions) for resource, actions in inverted.items()}
