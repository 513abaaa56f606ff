"""Grants to policies: grouped exactly, packed into what AWS's quotas hold, the same bytes for the same grants.

Nothing is widened here: the (action, resource, conditions) triples of the policies are the triples that were asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from service.core.errors import InternalError
from service.core.iam.document import characters
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.quotas import DEFAULT_ROOM, POLICY_NAME_LENGTH, Room
from service.core.rectangles import rectangles


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One thing to allow. `resource` is a pattern as a policy writes it; `conditions` hold all together."""

    action: str
    resource: str
    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "conditions", tuple(sorted(set(self.conditions))))


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


NO_PURPOSES: Mapping[str, str] = MappingProxyType({})
"""Where it is not known what services are for, policies are not grouped by it."""


def synthesize(
    grants: Iterable[Grant],
    name: str,
    levels: Mapping[str, str],
    room: Room = DEFAULT_ROOM,
    purposes: Mapping[str, str] = NO_PURPOSES,
) -> Synthesis:
    """Few statements, over as few policies as the size quota and keeping services together allow.

    `name` is the principal's; `levels` gives the access level of each action, for readable statement ids; `purposes`
    what services are for: policies are grouped by it, and named, where that takes no more of them. There may be more
    policies than there is room for: each of them is whole.
    """
    wanted = set(grants)
    too_large = {grant for grant in wanted if not _fits_alone(grant, levels, room)}
    made = packed(grouped(wanted - too_large), name, levels, room, purposes)
    return replace(made, too_large=tuple(sorted(too_large)))


def grouped(grants: Iterable[Grant]) -> tuple[Statement, ...]:
    """Few statements that hold exactly the grants, each of one service and without an id."""
    wanted = set(grants)
    found = tuple(_statements(sorted(wanted)))
    _check_grants([Policy(found)], wanted)
    return found


def packed(
    statements: Iterable[Statement],
    name: str,
    levels: Mapping[str, str],
    room: Room = DEFAULT_ROOM,
    purposes: Mapping[str, str] = NO_PURPOSES,
    *,
    with_ids: bool = True,
) -> Synthesis:
    """The statements, with ids or without, over as few policies as the quota and keeping services together allow.

    Raises:
        InternalError: one grant alone is larger than a policy may be.
    """
    wanted = list(statements)
    sids = levels if with_ids else None
    parts = [part for each in wanted for part in _split(each, sids, _space(room))]
    bins = _few(_pack(parts, _space(room)), _by_purpose(parts, _space(room), purposes))
    policies = [_document(parts) for parts in bins]
    _check_grants(policies, set(grants_of([Policy(tuple(wanted))])))
    if any(characters(policy) > room.characters for policy in policies):
        raise InternalError(f"a policy has more than {room.characters} characters")
    names = _names(name, room.ending, [_purposes_of(parts, purposes) for parts in bins])
    return Synthesis(tuple(NamedPolicy(*each, characters(each[1])) for each in zip(names, policies, strict=True)))


def _fits_alone(grant: Grant, levels: Mapping[str, str], room: Room) -> bool:
    return _part(_statement_of(grant), levels).size <= _space(room)


def grants_of(policies: Iterable[Policy]) -> Iterator[Grant]:
    """Every triple that the Allow statements of synthesized policies stand for."""
    for policy in policies:
        for statement in policy.statements:
            for action in statement.actions:
                yield from (Grant(action, resource, statement.conditions) for resource in statement.resources)


def _check_grants(policies: list[Policy], grants: set[Grant]) -> None:
    """INVARIANT: what leaves is what was asked for."""
    if set(grants_of(policies)) != grants:
        raise InternalError("the policies do not hold exactly the grants that were asked for")


def _statement_of(grant: Grant) -> Statement:
    return Statement(Effect.ALLOW, (grant.action,), (grant.resource,), grant.conditions)


def _statements(grants: list[Grant]) -> Iterator[Statement]:
    groups: dict[tuple[str, tuple[Condition, ...]], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for grant in grants:
        groups[service_of(grant.action), grant.conditions][grant.action].add(grant.resource)
    for (_, conditions), pairs in sorted(groups.items()):
        for each in rectangles({action: frozenset(resources) for action, resources in pairs.items()}):
            yield Statement(Effect.ALLOW, each.actions, each.resources, conditions)


@dataclass(frozen=True, slots=True)
class _Part:
    """A statement of one service, and the characters that it takes in a document, its comma included."""

    service: str
    statement: Statement
    size: int


def _space(room: Room) -> int:
    """What the parts of one policy may take together; the last has no comma."""
    return room.characters - len('{"Version":"2012-10-17","Statement":[]}') + len(",")


_LONGEST_NUMBER = "000"
"""One policy has room for fewer than a thousand statements, so a number behind an id has at most three digits."""


def _part(statement: Statement, levels: Mapping[str, str] | None) -> _Part:
    """Without levels, it has no id."""
    named = replace(statement, sid="" if levels is None else _sid(statement, levels))
    numbered = replace(named, sid=named.sid and named.sid + _LONGEST_NUMBER)
    size = characters(Policy((numbered,))) - characters(Policy(())) + len(",")
    return _Part(service_of(statement.actions[0]), named, size)


def _split(statement: Statement, levels: Mapping[str, str] | None, space: int) -> Iterator[_Part]:
    """The statement, in as many pieces as one policy's quota asks for, halving its longer list.

    INVARIANT: each grant alone fits, so what does not fit has two actions or two resources.
    """
    part = _part(statement, levels)
    if part.size <= space:
        yield part
        return
    for half in _halves(statement):
        yield from _split(half, levels, space)


def _halves(statement: Statement) -> tuple[Statement, Statement]:
    actions, resources = statement.actions, statement.resources
    if max(len(actions), len(resources)) < 2:
        raise InternalError(f"{actions[0]} on one resource is larger than a policy may be")
    if len(resources) >= len(actions):
        middle = len(resources) // 2
        return replace(statement, resources=resources[:middle]), replace(statement, resources=resources[middle:])
    middle = len(actions) // 2
    return replace(statement, actions=actions[:middle]), replace(statement, actions=actions[middle:])


def _pack(parts: list[_Part], space: int) -> list[list[_Part]]:
    """First fit, largest service first; a service stays together where it fits into one policy."""
    bins: list[list[_Part]] = []
    room: list[int] = []
    for piece in _pieces(parts, space):
        size = sum(part.size for part in piece)
        index = next((index for index, left in enumerate(room) if left >= size), len(bins))
        if index == len(bins):
            bins.append([])
            room.append(space)
        bins[index] += piece
        room[index] -= size
    return [sorted(held, key=_order) for held in bins]


def _few(bins: list[list[_Part]], by_purpose: list[list[_Part]]) -> list[list[_Part]]:
    """By purpose, if that takes no more policies."""
    return by_purpose if len(by_purpose) <= len(bins) else bins


def _by_purpose(parts: list[_Part], space: int, purposes: Mapping[str, str]) -> list[list[_Part]]:
    """First fit, purpose by purpose, the largest first: one that fits stays together, one that does not begins anew."""
    found: dict[str, list[_Part]] = defaultdict(list)
    for part in parts:
        found[purposes.get(part.service, "")].append(part)
    bins: list[list[_Part]] = []
    for _, group in sorted(found.items(), key=lambda each: (-sum(part.size for part in each[1]), each[0])):
        for held in _pack(group, space):
            size = sum(part.size for part in held)
            near = (each for each in bins if sum(part.size for part in each) + size <= space)
            roomy = next(near, None)
            if roomy is None:
                bins.append(held)
            else:
                roomy += held
    return [sorted(held, key=_order) for held in bins]


def _purposes_of(parts: Iterable[_Part], purposes: Mapping[str, str]) -> tuple[str, ...]:
    """What the services of a policy are for, those first that take most room; empty where that is not known of one."""
    sizes: Counter[str] = Counter()
    for part in parts:
        sizes[purposes.get(part.service, "")] += part.size
    return () if "" in sizes else tuple(sorted(sizes, key=lambda each: (-sizes[each], each)))


def _pieces(parts: list[_Part], space: int) -> Iterator[list[_Part]]:
    """What must not be torn apart: a service if one policy can hold it, else its statements, largest first."""
    services: dict[str, list[_Part]] = defaultdict(list)
    for part in sorted(parts, key=_order):
        services[part.service].append(part)
    for group in sorted(services.values(), key=lambda group: (-sum(part.size for part in group), group[0].service)):
        if sum(part.size for part in group) <= space:
            yield group
        else:
            yield from ([part] for part in sorted(group, key=lambda part: (-part.size, _order(part))))


def _order(part: _Part) -> tuple[str, tuple[str, ...], tuple[str, ...], tuple[Condition, ...]]:
    return part.service, part.statement.actions, part.statement.resources, part.statement.conditions


def _document(parts: list[_Part]) -> Policy:
    """The policy, its statement ids made unique by a number where needed."""
    taken: set[str] = set()
    statements = []
    for part in parts:
        sid = next(each for each in _numbered(part.statement.sid) if not each or each not in taken)
        taken.add(sid)
        statements.append(replace(part.statement, sid=sid))
    return Policy(tuple(statements))


def _numbered(sid: str) -> Iterator[str]:
    """The id, then the id with numbers; one that is empty is no id, and never taken."""
    yield sid
    number = 2
    while True:
        yield f"{sid}{number}"
        number += 1


_SHORT_LEVEL = {"Permissions management": "Permissions"}
_LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")


def _sid(statement: Statement, levels: Mapping[str, str]) -> str:
    """Service and access levels, `S3ReadWrite`: letters and digits only, as the grammar asks."""
    present = {levels.get(action, "") for action in statement.actions}
    words = [_SHORT_LEVEL.get(level, level) for level in _LEVELS if level in present]
    return _camel(service_of(statement.actions[0])) + "".join(words)


def _camel(service: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in re.findall("[A-Za-z0-9]+", service)) or "Any"


def service_of(action: str) -> str:
    return action.split(":", 1)[0]


_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_+=,.@-]+")


_MOST_PURPOSES = 2
"""A name says no more of them than these: of more, it is only numbered."""


def _names(principal: str, ending: str, purposes: list[tuple[str, ...]]) -> list[str]:
    """Policy names in IAM's alphabet, `orders-api-least-privilege`; of several each says what it is for
    (`orders-api-least-privilege-storage`), or is numbered.

    A name that had to be changed to fit carries a digest of what it was, so that no two principals share it.
    """
    endings = [""] if len(purposes) == 1 else _endings(purposes)
    longest = POLICY_NAME_LENGTH - len(f"-{ending}") - max(map(len, endings), default=0)
    stem = _NOT_IN_NAMES.sub("-", principal)
    if stem != principal or not 0 < len(stem) <= longest:
        digest = hashlib.sha256(principal.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        stem = f"{stem[: longest - len(digest) - 1]}-{digest}".lstrip("-")
    return [f"{stem}-{ending}{number}" for number in endings]


def _endings(purposes: list[tuple[str, ...]]) -> list[str]:
    """What the names of several policies end in, each once."""
    labels = ["-and-".join(each) if 0 < len(each) <= _MOST_PURPOSES else "" for each in purposes]
    taken: Counter[str] = Counter()
    found = []
    for label in labels:
        taken[label] += 1
        is_alone = bool(label) and labels.count(label) == 1
        found.append("-" + (label if is_alone else f"{label}-{taken[label]}" if label else str(taken[label])))
    return found
