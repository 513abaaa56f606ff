"""The catalog and the resolver, bundled or refreshed, read as far as they are asked for."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

from catalog.cache import OPERATIONS, DamagedCache, Generation, current, digest_of, open_generation, service_file
from catalog.model import (
    ActionDefinition,
    ActionResource,
    Catalog,
    CatalogVersion,
    Operation,
    ResourceType,
    ServiceDefinition,
)
from catalog.operations import EventSource, Key, OperationFacts, Override, UserOverride, WithoutPermission
from catalog.resolve import Resolver
from catalog.services import parse_service, render_service
from catalog.tables import Row, items, parse_table

DATA = Path(__file__).parent / "data"
SOURCES = "event_sources.tsv"


def _say_nothing(_: str) -> None:
    """The default of `warn`."""


def load_catalog(
    data: Path = DATA, refreshed: Generation | None = None, warn: Callable[[str], None] = _say_nothing
) -> Catalog:
    """The catalog: the bundled copy, or a generation that was refreshed over it.

    A service is read when it is first asked for. `warn` is told of one whose refreshed file is damaged; the bundled
    copy of that service answers then.
    """
    return _Bundled(data) if refreshed is None else _Refreshed(data, refreshed, warn)


def usable_generation(cache: Path, data: Path = DATA, *, whole: bool = True) -> Generation | None:
    """The generation in force in a cache directory, or None if there is none.

    Its operation map is checked, and with `whole` every service too; else each service is when it is read.

    Raises:
        DamagedCache: there is one, but it cannot be used.
    """
    place = current(cache)
    if place is None:
        return None
    generation = open_generation(place)
    if generation.manifest.bundle != bundle_digest(data):
        raise DamagedCache(f"`{place.folder}` was refreshed over the bundled catalog of another release")
    if whole:
        generation.check()
    else:
        generation.read(OPERATIONS)
    return generation


def bundle_digest(data: Path = DATA) -> str:
    """What tells one bundled copy from another: its list of sources, each with its digest."""
    return hashlib.sha256((data / "SOURCES.toml").read_bytes()).hexdigest()


def load_resolver(
    catalog: Catalog,
    overrides: Mapping[Operation, UserOverride] | None = None,
    *,
    operation_map: bool = True,
    data: Path = DATA,
    refreshed: Generation | None = None,
) -> Resolver:
    """The resolver over a catalog; `overrides` are the user's and win. Without the map, spelling and tables decide.

    Raises:
        DamagedCache: the refreshed operation map is not what was written.
    """
    facts = _operation_facts(data)
    if refreshed is not None:
        facts = _with_operations(facts, parse_table(refreshed.read(OPERATIONS), OPERATIONS))
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
        self._actions: dict[str, ActionDefinition] = {}

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
        if (known := self._actions.get(full_name)) is not None:
            return known
        prefix, _, name = full_name.partition(":")
        service = self.service(prefix)
        found = service.actions.get(name.lower()) if service else None
        if found is not None and found.full_name == full_name:  # other spellings are without end
            self._actions[full_name] = found
        return found

    def _text(self, prefix: str) -> str:
        return (self._data / service_file(prefix)).read_text("utf-8")

    def _read(self, prefix: str) -> ServiceDefinition:
        service = parse_service(self._text(prefix))
        rows = [row for row in _table("arn_formats.tsv", self._data) if row["service"] == prefix]
        return _with_arn_formats(service, rows)


class _Refreshed(_Bundled):
    """The catalog of a generation, with the hand-written corrections of the bundled copy."""

    def __init__(self, data: Path, generation: Generation, warn: Callable[[str], None]) -> None:
        super().__init__(data)
        self._generation = generation
        self._warn = warn
        self._prefixes = generation.prefixes()

    @property
    def version(self) -> CatalogVersion:
        if self._version is None:
            manifest = self._generation.manifest
            digest = digest_of({**_tables(self._data), **manifest.files})
            self._version = CatalogVersion(manifest.version, manifest.source, manifest.date, digest)
        return self._version

    def _text(self, prefix: str) -> str:
        try:
            return self._generation.read(service_file(prefix))
        except DamagedCache as error:
            self._warn(f"{error}; the bundled copy of this service is used")
        if prefix in _Bundled(self._data).prefixes():
            return super()._text(prefix)
        return render_service(ServiceDefinition(prefix, prefix, {}, {}, {}))


def _tables(data: Path) -> dict[str, str]:
    """The sha256 of every table, which a refreshed catalog takes from the bundled copy."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in data.glob("*.tsv")}


def _with_arn_formats(service: ServiceDefinition, rows: list[Row]) -> ServiceDefinition:
    """The service with corrected ARN formats: of a type, or of a type that some actions take in its stead."""
    if not rows:
        return service
    formats: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: int(row["rank"])):
        formats[row["resource_type"], row["as_type"]].append(row["arn_format"])
    types, changed = dict(service.resource_types), dict[str, ActionDefinition]()
    for (name, as_type), arns in formats.items():
        known = service.resource_types[name]
        made = ResourceType(as_type or known.name, tuple(arns), known.condition_keys)
        types[made.name.lower()] = made
    for row in rows:
        for name in items(row["actions"]):
            action = changed.get(name.lower(), service.actions[name.lower()])
            resources = tuple(_retyped(each, row["resource_type"], row["as_type"]) for each in action.resources)
            changed[name.lower()] = replace(action, resources=resources)
    actions = {**service.actions, **changed} if changed else service.actions
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


def _with_operations(facts: OperationFacts, rows: tuple[Row, ...]) -> OperationFacts:
    """The facts with another operation map, and the services that it says roles are passed to."""
    passed = {_of_client(row): items(row["passed_to"]) for row in rows if row["passed_to"]}
    operations = {_of_client(row): items(row["actions"]) for row in rows}
    return replace(facts, operations=operations, roles_passed={**facts.roles_passed, **passed})


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
