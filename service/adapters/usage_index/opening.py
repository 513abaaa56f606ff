"""Opening an index: where it is, and whether its tables are those of this version; migrations only for older ones."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.connections import Connections
from service.adapters.usage_index.schema import MADE_BY, TABLES, VERSION, VERSION_TABLE
from service.adapters.usage_index.session import Session
from service.core.errors import DamagedIndex, IndexUnusable

FILE_NAME = "usage-index.sqlite"
"""What the index is called in a folder that is given for it."""

_SCHEMES = ("postgresql://", "postgres://")


def backend_of(place: str) -> Backend:
    """What is behind the place that a user gave: the address of a server, a file, or a folder.

    Raises:
        InputError: it is an address that cannot be read.
    """
    if place.startswith(_SCHEMES):
        from service.adapters.usage_index.postgresql import PostgresqlServer

        return PostgresqlServer(place)
    from service.adapters.usage_index.sqlite import SqliteFile

    return SqliteFile(_file(Path(place).absolute()))


def opened(backend: Backend, *, create: bool) -> Connections:
    """Connections to tables of this version, which are made or brought there where they are not.

    Raises:
        IndexUnusable: there is no index and none is to be made, or it is of a newer version.
        DamagedIndex: what is there is no index.
    """
    connections = Connections(backend)
    with ExitStack() as on_error:
        on_error.callback(connections.close)
        version = _version_in(connections) if backend.exists() else None
        if version is None and not create:
            raise IndexUnusable(f"there is no usage index at `{backend.shown}`: make one with `whittle index add`")
        if version is None:
            with backend.making(), connections.writing() as session:
                make(session, backend)
        elif version != VERSION:
            with backend.making():
                _bring_here(connections, version)
        on_error.pop_all()
    return connections


def files_of(place: str) -> frozenset[str]:
    """Where an index on this machine is, and what it has beside it; absolute paths."""
    if place.startswith(_SCHEMES):
        return frozenset()
    path = os.path.abspath(_file(Path(place).absolute()))  # noqa: PTH100  # without looking where links lead
    return frozenset(f"{path}{new}{ending}" for new in ("", ".new") for ending in ("", "-wal", "-shm", ".lock"))


def _file(path: Path) -> Path:
    """A name that does not exist yet and has an ending is the file's."""
    is_folder = path.is_dir() or (not path.suffix and not path.exists())
    return path / FILE_NAME if is_folder else path


def _version_in(connections: Connections) -> str | None:
    """The version of the tables; None where there are none."""
    backend = connections.backend
    with connections.reading() as session:
        tables = backend.tables(session)
        if VERSION_TABLE not in tables:
            _expect_nothing(tables, backend)
            return None
        versions = session.texts(f"SELECT version_num FROM {VERSION_TABLE}")
    return _known(versions[0] if versions else "", backend)


def _known(version: str, backend: Backend) -> str:
    if not version.isdigit():
        raise DamagedIndex(f"the index `{backend.shown}` does not say which version it is of: build it again")
    if int(version) > int(VERSION):
        raise IndexUnusable(
            f"the index `{backend.shown}` was written by a newer version of whittle (its format is {int(version)}, "
            f"this version knows {int(VERSION)}): update whittle, or give another index"
        )
    return version


def _expect_nothing(tables: frozenset[str], backend: Backend) -> None:
    if tables & set(TABLES):
        raise DamagedIndex(f"the index `{backend.shown}` does not say which version it is of: build it again")
    if tables and not backend.is_shared:
        raise IndexUnusable(f"`{backend.shown}` is a database, but not a usage index: give another path")


def make(session: Session, backend: Backend) -> None:
    """What all migrations together would make (a test says so), without the time that they take to begin."""
    if VERSION_TABLE in backend.tables(session):  # another process got there first
        return
    for statement in MADE_BY:
        session.run(statement.format(**backend.column_types._asdict()))


_READABLE = 2
"""The first version whose segments can be read."""


def _bring_here(connections: Connections, version: str) -> None:
    """Tables of any version can be brought to this one; what was read of records is only known by reading them."""
    backend = connections.backend
    with connections.reading() as session:
        if int(version) < _READABLE and session.number("SELECT 1 FROM usage_segment LIMIT 1") is not None:
            raise IndexUnusable(
                f"the index `{backend.shown}` was written by a version of whittle that kept less of each record: "
                "build it again with `whittle index add PATH... --rebuild`"
            )
    from service.adapters.usage_index.migrating import migrate

    migrate(backend)
