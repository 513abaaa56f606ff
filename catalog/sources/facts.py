"""The collected tables of AWS facts: AWS's operation map, event sources, roles passed, dependent actions."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalog.sources.iam_data import Extra
from catalog.tables import Row, items, parse_table

OPERATIONS = "operation_actions.tsv"
EVENT_SOURCES = "event_sources.tsv"
UNSIGNED = "operations_without_iam.tsv"
ROLES_PASSED = "passrole_operations.tsv"
DEPENDENT = "dependent_actions_2025-12.tsv"
PERMISSION_ONLY = "permission_only_actions_2025-12.txt"
FILES = (OPERATIONS, EVENT_SOURCES, UNSIGNED, ROLES_PASSED, DEPENDENT, PERMISSION_ONLY)


class MissingFacts(Exception):
    """The folder of facts is absent or incomplete."""


@dataclass(frozen=True, slots=True)
class MappedOperation:
    """A row of AWS's operation map. `passed_to` are the services that a role may be passed to."""

    client: str
    operation: str
    actions: tuple[str, ...]
    passed_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RolePassed:
    """An operation that may receive a role; `official` where AWS's operation map says so."""

    client: str
    operation: str
    official: bool
    passed_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """A folder of the tables."""

    folder: Path

    def operations(self) -> tuple[MappedOperation, ...]:
        return tuple(
            MappedOperation(row["boto3_service"], row["operation"], items(row["authorized_actions"]), _passed_to(row))
            for row in self._table(OPERATIONS)
        )

    def prefixes(self) -> dict[str, str]:
        """IAM prefix of each boto3 client."""
        return {row["boto_service"]: row["iam_prefix"] for row in self._table(EVENT_SOURCES)}

    def unsigned(self) -> Iterator[tuple[str, str]]:
        """Client and operation of the calls that carry no signature."""
        for row in self._table(UNSIGNED):
            yield row["boto_service"], row["operation"]

    def roles_passed(self) -> tuple[RolePassed, ...]:
        return tuple(
            RolePassed(
                row["boto_service"],
                row["operation"],
                row["official"] == "1",
                _services(row["passed_to_service"].split(",")),
            )
            for row in self._table(ROLES_PASSED)
        )

    def extra(self) -> Extra:
        """Dependent actions and permission-only actions, by lower-case action."""
        dependent = defaultdict(set)
        for row in self._table(DEPENDENT):
            dependent[row["action"].lower()].add(row["dependent_action"])
        return Extra(
            {action: tuple(sorted(found)) for action, found in dependent.items()},
            frozenset(self._text(PERMISSION_ONLY).lower().split()),
        )

    def digests(self) -> tuple[tuple[str, str], ...]:
        """Name and sha256 of each file."""
        return tuple((name, hashlib.sha256(self._text(name).encode()).hexdigest()) for name in sorted(FILES))

    def _table(self, name: str) -> tuple[Row, ...]:
        return parse_table(self._text(name), name)

    def _text(self, name: str) -> str:
        file = self.folder / name
        if not file.exists():
            raise MissingFacts(f"`{file}` is absent; give the folder of the fact tables with --facts")
        return file.read_text("utf-8")


def _passed_to(row: Row) -> tuple[str, ...]:
    return _services(re.findall(r"iam:PassedToService=([^,}]+)", row["context"]))


def _services(names: list[str]) -> tuple[str, ...]:
    """Service principals, less the ones of AWS's own test stages."""
    return tuple(sorted({name for name in names if name and ".preprod." not in name}))
