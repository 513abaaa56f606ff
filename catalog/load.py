"""The bundled catalog and the resolver, read from `catalog/data` as far as they are asked for."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from catalog.model import (
    ActionDefinition,
    ActionResource,
    Catalog,
    CatalogVersion,
    Operation,
    ResourceType,
    ServiceDefinition,
)
from catalog.operations import EventSource, Key, OperationFacts, Override, WithoutPermission
from catalog.resolve import Resolver
from catalog.services import parse_service
from catalog.tables import Row, items, parse_table

DATA = Path(__file__).parent / "data"
SOURCES = "event_sources.tsv"


def load_catalog(data: Path = DATA) -> Catalog:
    """The bundled catalog. A service is read when it is first asked for."""
    return _Bundled(data)


def load_resolver(
    catalog: Catalog,
    overrides: Mapping[Operation, tuple[str, ...]] | None = None,
    *,
    operation_map: bool = True,
    data: Path = DATA,
) -> Resolver:
    """The resolver over a catalog; `overrides` are the user's and win. Without the map, spelling and tables decide."""
    facts = _operation_facts(data)
    return Resolver(catalog, facts if operation_map else replace(facts, operations={}), overrides or {})


def read_table(name: str, data: Path = DATA) -> tuple[Row, ...]:
    """The rows of a table in `catalog/data`, keyed by its header."""
    return _table(name, data)


@cache
def _table(name: str, data: Path) -> tuple[Row, ...]:
    return parse_table((data / name).read_text("utf-8"), name)


class _Bundled:
    """The catalog in a folder, one file for each service."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._services: dict[str, ServiceDefinition] = {}
        self._prefixes: tuple[str, ...] | None = None
        self._version: CatalogVersion | None = None

    @property
    def version(self) -> CatalogVersion:
        if self._version is None:
            self._version = _version(self._data)
        return self._version

    def prefixes(self) -> tuple[str, ...]:
        if self._prefixes is None:
            self._prefixes = tuple(sorted(file.stem for file in (self._data / "services").glob("*.json")))
        return self._prefixes

    def service(self, prefix: str) -> ServiceDefinition | None:
        key = prefix.lower()
        if key not in self._services and key in self.prefixes():
            self._services[key] = self._read(key)
        return self._services.get(key)

    def action(self, full_name: str) -> ActionDefinition | None:
        prefix, _, name = full_name.partition(":")
        service = self.service(prefix)
        return service.actions.get(name.lower()) if service else None

    def _read(self, prefix: str) -> ServiceDefinition:
        service = parse_service((self._data / "services" / f"{prefix}.json").read_text("utf-8"))
        rows = [row for row in _table("arn_formats.tsv", self._data) if row["service"] == prefix]
        return _with_arn_formats(service, rows)


def _with_arn_formats(service: ServiceDefinition, rows: list[Row]) -> ServiceDefinition:
    """The service with corrected ARN formats: of a type, or of a type that some actions take in its stead."""
    if not rows:
        return service
    formats: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        formats[row["resource_type"], row["as_type"]].append(row["arn_format"])
    types, actions = dict(service.resource_types), dict(service.actions)
    for (name, as_type), arns in formats.items():
        known = service.resource_types[name]
        made = ResourceType(as_type or known.name, tuple(arns), known.condition_keys)
        types[made.name.lower()] = made
    for row in rows:
        for name in items(row["actions"]):
            action = actions[name.lower()]
            resources = tuple(_retyped(each, row["resource_type"], row["as_type"]) for each in action.resources)
            actions[name.lower()] = replace(action, resources=resources)
    return replace(service, resource_types=types, actions=actions)


def _retyped(resource: ActionResource, name: str, as_type: str) -> ActionResource:
    return replace(resource, type=as_type) if resource.type == name else resource


def _version(data: Path) -> CatalogVersion:
    """The digest is of every file of the data, so a hand-written row changes it too."""
    import tomllib

    main = tomllib.loads((data / "SOURCES.toml").read_text("utf-8"))["source"][0]
    found = hashlib.sha256()
    for file in sorted(data.rglob("*")):
        if file.is_file():
            found.update(file.relative_to(data).as_posix().encode() + b"\0" + file.read_bytes())
    return CatalogVersion(main["version"], main["from"], main["date"], found.hexdigest())


@cache
def _operation_facts(data: Path) -> OperationFacts:
    def table(name: str) -> tuple[Row, ...]:
        return _table(name, data)

    unsigned = WithoutPermission("unsigned", "the call carries no signature; a token decides")
    return OperationFacts(
        sources={row["event_source"]: EventSource(row["prefix"], items(row["clients"])) for row in table(SOURCES)},
        overrides={_of_service(row): _override(row) for row in table("overrides.tsv")},
        without_permission={_of_service(row): unsigned for row in table("unsigned_operations.tsv")}
        | {_of_service(row): WithoutPermission(row["kind"], row["reason"]) for row in table("no_permission.tsv")},
        operations={_of_client(row): items(row["actions"]) for row in table("operations.tsv")},
        roles_passed=_roles_passed(table("pass_role.tsv"), table("passed_to.tsv")),
        methods={_of_client(row): row["method"] for row in table("api_gateway_methods.tsv")},
    )


def _roles_passed(operations: Iterable[Row], clients: Iterable[Row]) -> dict[Key, tuple[str, ...]]:
    """The services that each operation passes a role to: as the operation map says, else as its client's row does."""
    by_client = {row["client"]: items(row["passed_to"]) for row in clients}
    return {_of_client(row): items(row["passed_to"]) or by_client.get(row["client"], ()) for row in operations}


def _of_service(row: Row) -> Key:
    return row["service"], row["operation"].lower()


def _of_client(row: Row) -> Key:
    return row["client"], row["operation"].lower()


def _override(row: Row) -> Override:
    return Override(items(row["actions"]), items(row["conditional"]), row["choice"] == "some", row["reason"])
