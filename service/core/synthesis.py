"""Grants to policies: grouped exactly, packed into what AWS's quotas hold, the same bytes for the same grants.

Nothing is widened here: the (action, resource, conditions) triples of the policies are the triples that were asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from service.core.iam.document import characters
from service.core.iam.policy import Condition, Effect, Policy, Statement

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MANAGED_POLICY_CHARACTERS = 6144
MANAGED_POLICIES_PER_PRINCIPAL = 10
POLICY_NAME_LENGTH = 128

_MERGE_LIMIT = 48
"""Above this many rectangles in one service, pairs are no longer tried against each other."""


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One thing to allow. `resource` is a pattern as a policy writes it; `conditions` hold all together."""

    action: str
    resource: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedPolicy:
    """A customer-managed policy: its name, its document, and its size as AWS counts it."""

    name: str
    policy: Policy
    characters: int


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The policies, and the grants that no policy can hold because one alone is over the quota."""

    policies: tuple[NamedPolicy, ...]
    too_large: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rectangle:
    """Actions times resources, under the same conditions."""

    actions: frozenset[str]
    resources: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement of one service, and its characters in a document."""

    service: str
    statement: Statement
    size: int


def synthesize(grants: Iterable[Grant], name: str, levels: Mapping[str, str]) -> Synthesis:
    """The fewest statements that this grouping finds, over as many policies as the size quota asks for.

    `name` is the principal's; `levels` gives the access level of each action, for readable statement ids.
    """
    fitting, too_large = _by_size(sorted(set(grants)))
    parts = [part for statement in _statements(fitting) for part in _split(statement, levels)]
    bins = _pack(parts)
    named = tuple(
        NamedPolicy(title, policy, characters(policy))
        for title, policy in zip(_titles(name, len(bins)), map(_document, bins), strict=True)
    )
    return Synthesis(named, too_large)


def _by_size(grants: list[Grant]) -> tuple[list[Grant], tuple[Grant, ...]]:
    too_large = {grant for grant in grants if _size(_of_grant(grant)) > MANAGED_POLICY_CHARACTERS}
    return [grant for grant in grants if grant not in too_large], tuple(sorted(too_large))


def _of_grant(grant: Grant) -> Statement:
    """The statement of one grant alone, with the longest id that it can get."""
    one = Statement(Effect.ALLOW, (grant.action,), (grant.resource,), grant.conditions)
    return replace(one, sid=_longest_sid(one))


def _longest_sid(statement: Statement) -> str:
    return _camel(_service(statement)) + "PermissionsManagement" + "00"


def _statements(grants: list[Grant]) -> list[Statement]:
    groups: dict[tuple[str, tuple[Condition, ...]], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for grant in grants:
        groups[_prefix(grant.action), grant.conditions][grant.action].add(grant.resource)
    return [
        Statement(Effect.ALLOW, tuple(sorted(each.actions)), tuple(sorted(each.resources)), conditions)
        for (_, conditions), pairs in sorted(groups.items())
        for each in _rectangles({action: frozenset(resources) for action, resources in pairs.items()})
    ]


def _rectangles(pairs: Mapping[str, frozenset[str]]) -> list[_Rectangle]:
    """Rectangles whose union is exactly `pairs`: the cheapest of three ways to cut them."""
    ways = [_by_resources(pairs), _by_actions(pairs)]
    ways += [_merged(way, pairs) for way in ways if len(way) <= _MERGE_LIMIT]
    return min((sorted(way, key=_order) for way in ways), key=lambda way: (sum(map(_cost, way)), len(way)))


def _by_resources(pairs: Mapping[str, frozenset[str]]) -> list[_Rectangle]:
    """Actions that have the very same resources stand together."""
    actions: dict[frozenset[str], set[str]] = defaultdict(set)
    for action, resources in pairs.items():
        actions[resources].add(action)
    return [_Rectangle(frozenset(names), resources) for resources, names in actions.items()]


def _by_actions(pairs: Mapping[str, frozenset[str]]) -> list[_Rectangle]:
    """Resources that take the very same actions stand together."""
    actions: dict[str, set[str]] = defaultdict(set)
    for action, resources in pairs.items():
        for resource in resources:
            actions[resource].add(action)
    resources_of: dict[frozenset[str], set[str]] = defaultdict(set)
    for resource, names in actions.items():
        resources_of[frozenset(names)].add(resource)
    return [_Rectangle(names, frozenset(resources)) for names, resources in resources_of.items()]


def _merged(way: list[_Rectangle], pairs: Mapping[str, frozenset[str]]) -> list[_Rectangle]:
    """Join two rectangles as long as that saves characters and adds no pair."""
    left = sorted(way, key=_order)
    while (best := _best_join(left, pairs)) is not None:
        first, second, joined = best
        left = sorted([each for each in left if each not in (first, second)] + [joined], key=_order)
    return left


def _best_join(
    rectangles: list[_Rectangle], pairs: Mapping[str, frozenset[str]]
) -> tuple[_Rectangle, _Rectangle, _Rectangle] | None:
    best, saved = None, 0
    for first, second in combinations(rectangles, 2):
        joined = _Rectangle(first.actions | second.actions, first.resources | second.resources)
        saving = _cost(first) + _cost(second) - _cost(joined)
        if saving > saved and all(joined.resources <= pairs[action] for action in joined.actions):
            best, saved = (first, second, joined), saving
    return best


_STATEMENT_COST = len('{"Sid":"","Effect":"Allow","Action":[],"Resource":[]},')


def _cost(rectangle: _Rectangle) -> int:
    texts = [*rectangle.actions, *rectangle.resources]
    return _STATEMENT_COST + sum(len(text) + 3 for text in texts)


def _order(rectangle: _Rectangle) -> tuple[list[str], list[str]]:
    return sorted(rectangle.actions), sorted(rectangle.resources)


def _split(statement: Statement, levels: Mapping[str, str]) -> list[_Part]:
    """The statement, in as many pieces as one policy's quota asks for, halving its longer list."""
    named = replace(statement, sid=_sid(statement, levels))
    if (size := _size(replace(named, sid=f"{named.sid}00"))) <= MANAGED_POLICY_CHARACTERS:
        return [_Part(_service(statement), named, size)]
    halves = (
        _halves(statement, "resources")
        if len(statement.resources) >= len(statement.actions)
        else _halves(statement, "actions")
    )
    return [part for half in halves for part in _split(half, levels)]


def _halves(statement: Statement, member: str) -> tuple[Statement, Statement]:
    values: tuple[str, ...] = getattr(statement, member)
    middle = len(values) // 2
    if member == "actions":
        return replace(statement, actions=values[:middle]), replace(statement, actions=values[middle:])
    return replace(statement, resources=values[:middle]), replace(statement, resources=values[middle:])


_EMPTY = characters(Policy(()))


def _size(statement: Statement) -> int:
    """Characters of a policy that holds this statement alone."""
    return characters(Policy((statement,)))


def _pack(parts: list[_Part]) -> list[list[_Part]]:
    """First fit, largest service first; a service stays together where it fits into one policy."""
    bins: list[tuple[int, list[_Part]]] = []
    for group in _service_groups(parts):
        for piece in _pieces(group):
            size = sum(part.size - _EMPTY + 1 for part in piece)
            for index, (used, held) in enumerate(bins):
                if used + size <= MANAGED_POLICY_CHARACTERS:
                    bins[index] = (used + size, held + piece)
                    break
            else:
                bins.append((_EMPTY + size, list(piece)))
    return [sorted(held, key=_part_order) for _, held in bins]


def _service_groups(parts: list[_Part]) -> list[list[_Part]]:
    groups: dict[str, list[_Part]] = defaultdict(list)
    for part in sorted(parts, key=_part_order):
        groups[part.service].append(part)
    return sorted(groups.values(), key=lambda group: (-sum(part.size for part in group), group[0].service))


def _pieces(group: list[_Part]) -> list[list[_Part]]:
    """The whole service if one policy can hold it, else statement by statement, largest first."""
    if _EMPTY + sum(part.size - _EMPTY + 1 for part in group) <= MANAGED_POLICY_CHARACTERS:
        return [group]
    return [[part] for part in sorted(group, key=lambda part: (-part.size, _part_order(part)))]


def _part_order(part: _Part) -> tuple[str, tuple[str, ...], tuple[str, ...], str]:
    statement = part.statement
    return part.service, statement.actions, statement.resources, repr(statement.conditions)


def _document(parts: list[_Part]) -> Policy:
    """The policy, its statement ids made unique by a number where needed."""
    seen: dict[str, int] = defaultdict(int)
    statements = []
    for part in parts:
        sid = part.statement.sid
        seen[sid] += 1
        statements.append(replace(part.statement, sid=sid if seen[sid] == 1 else f"{sid}{seen[sid]}"))
    return Policy(tuple(statements))


_SHORT_LEVEL = {"Permissions management": "Permissions"}
_LEVEL_ORDER = ("List", "Read", "Write", "Tagging", "Permissions management")


def _sid(statement: Statement, levels: Mapping[str, str]) -> str:
    """Service and access levels, `S3ReadWrite`: letters and digits only, as the grammar asks."""
    present = {levels.get(action, "") for action in statement.actions}
    words = [_SHORT_LEVEL.get(level, level) for level in _LEVEL_ORDER if level in present]
    return _camel(_service(statement)) + "".join(words)


def _camel(service: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", service))


def _service(statement: Statement) -> str:
    return _prefix(statement.actions[0])


def _prefix(action: str) -> str:
    return action.split(":", 1)[0]


def _titles(principal: str, count: int) -> list[str]:
    """Policy names in IAM's alphabet, `orders-api-least-privilege`, numbered when there are several."""
    stem = re.sub(r"[^A-Za-z0-9+=,.@_-]+", "-", principal)[: POLICY_NAME_LENGTH - len("-least-privilege-000")]
    title = f"{stem}-least-privilege"
    return [title] if count == 1 else [f"{title}-{number}" for number in range(1, count + 1)]
