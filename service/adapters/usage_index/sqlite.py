"""A usage index in an SQLite file, with its write-ahead log and a lock file beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Insert, QueuePool, Table, create_engine, event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import DBAPIError

from service.adapters.usage_index.backend import Changes
from service.adapters.usage_index.file_lock import file_lock
from service.core.errors import DamagedIndex, IndexUnusable, WhittleError
from service.core.shown import shown
from service.usecases.index_port import IndexBusy

T = TypeVar("T")

WAIT_SECONDS = 60
"""How long one waits for the transaction of another process; they are short."""

_MAKING_SECONDS = 10

_WORTH_GIVING_BACK = 4
"""Free pages are given back once they are one in so many; until then they are used again."""


class SqliteFile:
    """The file and how it is used."""

    is_shared = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = path.with_name(f"{path.name}.lock")
        self.shown = shown(str(path))

    def engine(self) -> Engine:
        """Connections that never make the file, and begin their transactions themselves."""
        engine = create_engine(
            "sqlite://", creator=self._connect, poolclass=QueuePool, max_overflow=-1, hide_parameters=True
        )
        event.listen(engine, "begin", _begin)
        return engine

    def reading_options(self) -> Mapping[str, Any]:
        """Nothing: a transaction sees one state anyway."""
        return {}

    def begin_writing(self, connection: Connection) -> None:
        """Nothing: `BEGIN IMMEDIATE` has waited already."""

    @contextmanager
    def making(self) -> Iterator[None]:
        """Make the file, for its owner only, and turn its write-ahead log on."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self._lock, self.shown, _MAKING_SECONDS):
                self._make_file()
                yield
        except OSError as error:
            raise self._unusable(error) from error

    def exists(self) -> bool:
        """Whether the file is there and not empty."""
        try:
            return self.path.stat().st_size > 0
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._unusable(error) from error

    def adding(self) -> AbstractContextManager[None]:
        """A lock on the file beside it."""
        return file_lock(self._lock, self.shown)

    def inserting(self, table: Table) -> Insert:
        """In SQLite's words."""
        return insert(table).on_conflict_do_nothing()

    def replacing(self, table: Table, changes: Changes) -> Insert:
        """In SQLite's words."""
        statement = insert(table)
        excluded = dict(statement.excluded.items())
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes(excluded))

    def size(self, connection: Connection) -> int:
        """The file, once what its log holds is in it."""
        return int(connection.exec_driver_sql(_SIZE).scalar_one())

    def give_back(self) -> None:
        """Shorten the file when much of it is empty."""
        if self._by_itself(
            lambda alone: _number(alone, "freelist_count") * _WORTH_GIVING_BACK > _number(alone, "page_count")
        ):
            # Each step gives one page back, and only a script is taken through all of its steps.
            self._by_itself(lambda alone: alone.executescript("PRAGMA incremental_vacuum"))

    def check(self, connection: Connection) -> Iterator[str]:
        """Pages, indexes and constraints; then references."""
        for (finding,) in connection.exec_driver_sql("PRAGMA integrity_check"):
            if finding != "ok":
                yield f"SQLite finds: {shown(finding)}"
        for table, row, _, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
            yield f"row {row} of `{table}` refers to a row that is not there"

    def fault(self, error: DBAPIError) -> WhittleError:
        """By the name of SQLite's error code (https://sqlite.org/rescode.html)."""
        name = getattr(error.orig, "sqlite_errorname", "")
        detail = shown(str(error.orig))
        for prefix, kind, sentence in _FAULTS:
            if name.startswith(prefix):
                return kind(sentence.format(index=self.shown, detail=detail, seconds=WAIT_SECONDS))
        return IndexUnusable(f"the index `{self.shown}` cannot be used ({detail})")

    def _connect(self) -> sqlite3.Connection:
        address = f"file:{quote(os.fsencode(self.path))}?mode=rw"
        connection = sqlite3.connect(
            address, uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        # With a write-ahead log this much is enough for a process that is killed; a machine that loses power may lose
        # the last transactions, whole: https://sqlite.org/pragma.html#pragma_synchronous
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _make_file(self) -> None:
        # INVARIANT: where the file is there already, nothing but SQLite opens it: closing it again would drop the locks
        # that SQLite holds for this process (https://sqlite.org/howtocorrupt.html).
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        if not self.exists():
            self._by_itself(lambda alone: alone.executescript(_MAKE))

    def _by_itself(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What has to be done outside of a transaction."""
        try:
            with closing(self._connect()) as alone:
                return work(alone)
        except sqlite3.Error as error:
            raise self.fault(DBAPIError(None, None, error)) from error

    def _unusable(self, error: OSError) -> IndexUnusable:
        reason = (error.strerror or "").lower()
        return IndexUnusable(f"the index `{self.shown}` cannot be used ({reason}): give one that you may write to")


def _number(alone: sqlite3.Connection, name: str) -> int:
    return int(alone.execute(f"PRAGMA {name}").fetchone()[0])


# Most segments take some pages, of which the last is half empty: small pages waste less.
_MAKE = "PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL"
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("whittle_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_DAMAGED = "the index `{index}` is damaged ({detail}): delete it and give `whittle index add` again"
_FULL = "the disk of the index `{index}` is full: make room and give the command again, it goes on where it was"
_READ_ONLY = "the index `{index}` cannot be written to ({detail}): give one that you may write to"

_FAULTS: tuple[tuple[str, type[WhittleError], str], ...] = (
    ("SQLITE_FULL", IndexUnusable, _FULL),
    ("SQLITE_IOERR_SHMSIZE", IndexUnusable, _FULL),
    ("SQLITE_READONLY", IndexUnusable, _READ_ONLY),
    ("SQLITE_PERM", IndexUnusable, _READ_ONLY),
    ("SQLITE_CANTOPEN", IndexUnusable, _READ_ONLY),
    ("SQLITE_AUTH", IndexUnusable, _READ_ONLY),
    (
        "SQLITE_IOERR",
        IndexUnusable,
        "the disk of the index `{index}` gave an error ({detail}): see to it and try again",
    ),
    ("SQLITE_NOTADB", DamagedIndex, _DAMAGED),
    ("SQLITE_CORRUPT", DamagedIndex, _DAMAGED),
    ("SQLITE_CONSTRAINT", DamagedIndex, _DAMAGED),
    ("SQLITE_ERROR", DamagedIndex, _DAMAGED),  # a table or a column that is not there
    ("SQLITE_BUSY", IndexBusy, "the index `{index}` has been written to by another process for {seconds} s: try again"),
    ("SQLITE_LOCKED", IndexBusy, "the index `{index}` is written to by another process: try again"),
)
