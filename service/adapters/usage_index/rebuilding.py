"""A new index beside an old one, which takes its place at once when it is complete: no reader ever sees half of one."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from service.adapters.usage_index.connections import Connections
from service.adapters.usage_index.file_lock import file_lock
from service.adapters.usage_index.opening import backend_of
from service.adapters.usage_index.postgresql import PostgresqlServer
from service.adapters.usage_index.schema import TABLES, VERSION_TABLE
from service.adapters.usage_index.session import Session
from service.adapters.usage_index.sqlite import WAIT_SECONDS, SqliteFile
from service.core.errors import IndexUnusable
from service.core.shown import shown

_BESIDE = ".new"


def rebuilding(place: str) -> AbstractContextManager[str]:
    """The place of a new, empty index. Left without an error it takes the place of the old one, otherwise it is gone.

    Raises:
        IndexBusy: another process is adding to the old one.
        IndexUnusable: there can be no new one, or it cannot take the place.
    """
    match backend_of(place):
        case PostgresqlServer() as server:
            return _on_server(place, server)
        case SqliteFile() as file:
            return _in_file(file)
        case other:
            raise IndexUnusable(f"the index `{other.shown}` cannot be built again where it is: make another")


# ---- files


@contextmanager
def _in_file(file: SqliteFile) -> Iterator[str]:
    path = file.path
    new = path.with_name(f"{path.name}{_BESIDE}")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with file_lock(path.with_name(f"{path.name}.lock"), file.shown):
        _remove(new)
        try:
            yield str(new)
            _take_place(new, path)
        except sqlite3.Error as error:
            raise file.fault(error) from error
        finally:
            _remove(new)


def _take_place(new: Path, path: Path) -> None:
    """By copying it over the old one in a transaction of SQLite, which readers of the old one take part in. Renaming
    would leave them with the old one's log: https://sqlite.org/howtocorrupt.html
    """
    try:
        with closing(sqlite3.connect(new)) as source, closing(sqlite3.connect(path, timeout=WAIT_SECONDS)) as target:
            source.backup(target)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorname", "") not in _NOT_A_DATABASE and not _says_that_it_is_read_only(
            error, path
        ):
            raise
        _remove(path)  # nobody can be reading this
        new.replace(path)
    path.chmod(0o600)


def _says_that_it_is_read_only(error: sqlite3.DatabaseError, path: Path) -> bool:
    """Whether it is the file's own header that does, not the system: https://sqlite.org/fileformat.html#read_write_versions"""
    name = getattr(error, "sqlite_errorname", "")
    return name == "SQLITE_READONLY" and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


_NOT_A_DATABASE = {"SQLITE_NOTADB", "SQLITE_CORRUPT"}


def _remove(path: Path) -> None:
    """A database with all that SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal", ".lock" if path.name.endswith(_BESIDE) else ""):
        path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)


# ---- servers


@contextmanager
def _on_server(place: str, server: PostgresqlServer) -> Iterator[str]:
    """In a schema of its own; the tables are moved in one transaction."""
    connections = Connections(server)
    try:
        with server.adding():
            with connections.writing() as session:
                old = _schema(session, server)
                new = f"whittle_rebuilding_{old}"
                session.run(f"DROP SCHEMA IF EXISTS {new} CASCADE")
                session.run(f"CREATE SCHEMA {new}")
            try:
                yield _in_schema(place, new)
                with connections.writing() as session:
                    _move(session, new, old)
            finally:
                with connections.writing() as session:
                    session.run(f"DROP SCHEMA {new} CASCADE")
    finally:
        connections.close()


_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")


def _schema(session: Session, server: PostgresqlServer) -> str:
    name = next(iter(session.texts("SELECT coalesce(CAST(current_schema() AS TEXT), '')")), "")
    if _PLAIN_NAME.fullmatch(name) is None:
        raise IndexUnusable(
            f"the index `{server.shown}` is in a schema with an unusual name (`{shown(name)}`), beside which no other "
            "is made: build a new index in an empty schema"
        )
    return name


def _in_schema(place: str, schema: str) -> str:
    parts = urlsplit(place)
    query = parse_qs(parts.query, keep_blank_values=True)
    query["options"] = [" ".join((*query.get("options", ()), f"-csearch_path={schema}"))]
    return parts._replace(query=urlencode(query, doseq=True, quote_via=quote)).geturl()


def _move(session: Session, new: str, old: str) -> None:
    """Sequences and indexes go with their tables. No index of the old schema may have the name of one that comes."""
    names = [*reversed(TABLES), VERSION_TABLE]
    for name in names:
        session.run(f"DROP TABLE IF EXISTS {old}.{name} CASCADE")
    for name in names:
        session.run(f"ALTER TABLE {new}.{name} SET SCHEMA {old}")
