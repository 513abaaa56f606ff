"""Resource types of which one call names one, though AWS's reference lists each as required."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from catalog.model import ActionDefinition

EVERY_ACTION = "*"
"""What a row says instead of actions where all of the service are meant."""


@dataclass(frozen=True, slots=True)
class AlternativeTypes:
    """A row: a call of one of the `actions` names one of the `types`; those `beside` are checked as well."""

    actions: frozenset[str]
    types: frozenset[str]
    beside: frozenset[str]

    def dropped(self, found: Mapping[str, int]) -> frozenset[str]:
        """The types that a call is not about, given those it names and how many names each takes: most names win."""
        most = max((names for kind, names in found.items() if kind in self.types), default=0)
        kept = frozenset(kind for kind, names in found.items() if kind in self.types and names == most)
        return self.types - kept - self.beside if kept else frozenset()


class Alternatives:
    """The table of alternative types, by service."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._rows: dict[str, list[AlternativeTypes]] = {}
        for row in rows:
            columns = (frozenset(filter(None, row[name].split(","))) for name in ("actions", "types", "beside"))
            self._rows.setdefault(row["service"], []).append(AlternativeTypes(*columns))

    def of(self, action: ActionDefinition) -> Sequence[AlternativeTypes]:
        """The rows about an action."""
        rows = self._rows.get(action.prefix, ())
        return [row for row in rows if action.name in row.actions or EVERY_ACTION in row.actions]
