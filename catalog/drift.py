"""What changed between two snapshots of the catalog, and whether so much is gone that the newer cannot be right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from catalog.model import AccessLevel, ActionDefinition, Catalog, ServiceDefinition

Services = Mapping[str, ServiceDefinition]
"""A snapshot: services by prefix."""

LOSABLE_PERCENT = 5
"""How much of what was known may be gone from a snapshot."""


@dataclass(frozen=True, slots=True, order=True)
class LevelChange:
    """An action whose access level is another one."""

    action: str
    old: AccessLevel
    new: AccessLevel


@dataclass(frozen=True, slots=True, order=True)
class TypesChange:
    """An action that accepts other resource types."""

    action: str
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """Every difference, sorted. A retired action counts as absent."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    levels: tuple[LevelChange, ...] = ()
    types: tuple[TypesChange, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.levels or self.types)

    def lines(self) -> Iterator[str]:
        """One line for each difference."""
        yield from (f"added: {each}" for each in self.added)
        yield from (f"removed: {each}" for each in self.removed)
        yield from (f"access level: {each.action}: {each.old}, now {each.new}" for each in self.levels)
        yield from (
            f"resource types: {each.action}: {_listed(each.old)}, now {_listed(each.new)}" for each in self.types
        )

    def mirrored(self) -> Drift:
        """The way back."""
        return Drift(
            self.removed,
            self.added,
            tuple(replace(each, old=each.new, new=each.old) for each in self.levels),
            tuple(replace(each, old=each.new, new=each.old) for each in self.types),
        )


@dataclass(frozen=True, slots=True)
class Loss:
    """More of a service (or of the list of services, where `prefix` is empty) is gone than can be believed."""

    prefix: str
    gone: int
    known: int

    def __str__(self) -> str:
        what = f"actions of `{self.prefix}`" if self.prefix else "services"
        return f"{self.gone} of {self.known} {what} are gone, which is more than can be believed"


def compare(old: Services, new: Services) -> Drift:
    """The differences between two snapshots. Names are compared as IAM does, whatever their case."""
    before, after = _live(old), _live(new)
    both = sorted(before.keys() & after.keys())
    pairs = [(before[name], after[name]) for name in both]
    return Drift(
        added=tuple(after[name].full_name for name in sorted(after.keys() - before.keys())),
        removed=tuple(before[name].full_name for name in sorted(before.keys() - after.keys())),
        levels=tuple(
            LevelChange(_name(was, now), was.access_level, now.access_level)
            for was, now in pairs
            if was.access_level is not now.access_level
        ),
        types=tuple(
            TypesChange(_name(was, now), _types(was), _types(now)) for was, now in pairs if _types(was) != _types(now)
        ),
    )


def losses(old: Services, new: Services) -> tuple[Loss, ...]:
    """Where a mass removal shows: of services, or of the actions of one service that is still there."""
    alive = {prefix: names for prefix, service in old.items() if (names := _names(service))}
    left = {prefix for prefix, service in new.items() if _names(service)}
    found = [Loss("", len(alive.keys() - left), len(alive))]
    found += [
        Loss(prefix, len(alive[prefix] - _names(new[prefix])), len(alive[prefix])) for prefix in alive if prefix in left
    ]
    return tuple(loss for loss in found if is_mass_removal(loss.gone, loss.known))


def is_mass_removal(gone: int, known: int) -> bool:
    """Whether fewer than 95% are left. One may always go if others stay: small services lose actions, too."""
    return gone == known > 0 or gone > max(1, known * LOSABLE_PERCENT // 100)


def snapshot(catalog: Catalog) -> Services:
    """Every service of a catalog."""
    found = {prefix: catalog.service(prefix) for prefix in catalog.prefixes()}
    return {prefix: service for prefix, service in found.items() if service is not None}


def with_retired(new: ServiceDefinition, old: ServiceDefinition) -> ServiceDefinition:
    """`new`, with the actions that only `old` has, marked retired: policies in use still name them."""
    gone = {name: replace(action, retired=True) for name, action in old.actions.items() if name not in new.actions}
    return replace(new, actions={**new.actions, **gone})


def _live(services: Services) -> dict[str, ActionDefinition]:
    actions: Iterable[ActionDefinition] = (each for service in services.values() for each in service.actions.values())
    return {each.full_name.lower(): each for each in actions if not each.retired}


def _names(service: ServiceDefinition) -> frozenset[str]:
    return frozenset(name for name, action in service.actions.items() if not action.retired)


def _name(was: ActionDefinition, now: ActionDefinition) -> str:
    """One spelling where the snapshots have two, and the same one on the way back."""
    return min(was.full_name, now.full_name)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "*"


def _types(action: ActionDefinition) -> tuple[str, ...]:
    return tuple(sorted(each.type for each in action.resources))
