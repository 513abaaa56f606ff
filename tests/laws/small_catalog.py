"""A catalog of a few actions; what matters to a comparison is that they are of several levels."""

from __future__ import annotations

from catalog.model import AccessLevel, ActionDefinition, CatalogVersion, ServiceDefinition


class SmallCatalog:
    """These actions, and no resource types."""

    version = CatalogVersion("1", "made up", "2026-01-01", "0")

    def __init__(self, actions: tuple[str, ...]) -> None:
        self._actions = actions

    def prefixes(self) -> tuple[str, ...]:
        return tuple(sorted({each.partition(":")[0] for each in self._actions}))

    def service(self, prefix: str) -> ServiceDefinition:
        names = [each.partition(":")[2] for each in self._actions if each.startswith(f"{prefix}:")]
        return ServiceDefinition(prefix, prefix, {each: _action(prefix, each) for each in names}, {}, {})

    def action(self, full_name: str) -> ActionDefinition | None:
        prefix, _, name = full_name.partition(":")
        return self.service(prefix).actions.get(name.lower())


def _action(prefix: str, name: str) -> ActionDefinition:
    return ActionDefinition(prefix, name, tuple(AccessLevel)[len(name) % 2], (), (), ())
