"""A usage index in an SQLite file, with its write-ahead log and a lock file beside it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from service.adapters.usage_index.backend import ColumnTypes
from service.adapters.usage_index.file_lock import file_lock
from service.adapters.usage_index.session import Session
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
    dialect = "sqlite://"
    column_types = ColumnTypes(
        number="INTEGER",
        bytes="BLOB",
        id="INTEGER NOT NULL PRIMARY KEY",
        id_never_given_twice="INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT",
    )

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = path.with_name(f"{path.name}.lock")
        self.shown = shown(str(path))

    @property
    def error(self) -> type[Exception]:
        """Of the module of Python."""
        return sqlite3.Error

    def connect(self) -> sqlite3.Connection:
        """A connection that never makes the file."""
        address = f"file:{quote(os.fsencode(self.path))}?mode=rw"
        connection = sqlite3.connect(
            address, uri=True, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        # With a write-ahead log this much is enough for a process that is killed; a machine that loses power may lose
        # the last transactions, whole: https://sqlite.org/pragma.html#pragma_synchronous
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def answers(self, _connection: sqlite3.Connection) -> bool:
        """There is nobody who could have gone away."""
        return True

    def worded(self, statement: str) -> str:
        """As it is written."""
        return statement

    def stream(
        self, connection: sqlite3.Connection, statement: str, values: Mapping[str, Any]
    ) -> Iterator[Sequence[Any]]:
        """It never fetches more than the next one."""
        with closing(connection.execute(statement, values)) as cursor:
            yield from cursor

    def begin_reading(self) -> Sequence[str]:
        """A transaction sees one state anyway."""
        return ("BEGIN",)

    def begin_writing(self) -> Sequence[str]:
        """It waits for the one that writes."""
        return ("BEGIN IMMEDIATE",)

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

    def tables(self, session: Session) -> frozenset[str]:
        """All that there are."""
        return frozenset(session.texts("SELECT name FROM sqlite_schema WHERE type = 'table'"))

    def size(self, session: Session) -> int:
        """The file, once what its log holds is in it."""
        return session.count(_SIZE)

    def give_back(self) -> None:
        """Shorten the file when much of it is empty."""
        if self._by_itself(
            lambda alone: _number(alone, "freelist_count") * _WORTH_GIVING_BACK > _number(alone, "page_count")
        ):
            # Each step gives one page back, and only a script is taken through all of its steps.
            self._by_itself(lambda alone: alone.executescript("PRAGMA incremental_vacuum"))

    def check(self, session: Session) -> Iterator[str]:
        """Pages, indexes and constraints; then references."""
        for finding in session.texts("PRAGMA integrity_check"):
            if finding != "ok":
                yield f"SQLite finds: {shown(finding)}"
        for lost in session.rows(_Lost, "PRAGMA foreign_key_check"):
            yield f"row {lost.row} of `{lost.table}` refers to a row that is not there"

    def fault(self, error: Exception) -> WhittleError:
        """By the name of SQLite's error code (https://sqlite.org/rescode.html)."""
        name = getattr(error, "sqlite_errorname", "")
        detail = shown(str(error))
        for prefix, kind, sentence in _FAULTS:
            if name.startswith(prefix):
                return kind(sentence.format(index=self.shown, detail=detail, seconds=WAIT_SECONDS))
        return IndexUnusable(f"the index `{self.shown}` cannot be used ({detail})")

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
            with closing(self.connect()) as alone:
                return work(alone)
        except sqlite3.Error as error:
            raise self.fault(error) from error

    def _unusable(self, error: OSError) -> IndexUnusable:
        reason = (error.strerror or "").lower()
        return IndexUnusable(f"the index `{self.shown}` cannot be used ({reason}): give one that you may write to")


class _Lost(NamedTuple):
    """What `PRAGMA foreign_key_check` tells."""

    table: str
    row: int
    referred: str
    number: int


def _number(alone: sqlite3.Connection, name: str) -> int:
    return int(alone.execute(f"PRAGMA {name}").fetchone()[0])


# Most segments take some pages, of which the last is half empty: small pages waste less.
_MAKE = "PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL"
_SIZE = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"


_DAMAGED = "the index `{index}` is damaged ({detail}): give `whittle index add PATH... --rebuild`"
# Building it again would take the place of whatever else it is.
_ANOTHER = "the index `{index}` is damaged ({detail}): delete it and give `whittle index add` again"
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
    ("SQLITE_NOTADB", DamagedIndex, _ANOTHER),
    ("SQLITE_CORRUPT", DamagedIndex, _DAMAGED),
    ("SQLITE_CONSTRAINT", DamagedIndex, _DAMAGED),
    ("SQLITE_ERROR", DamagedIndex, _DAMAGED),  # a table or a column that is not there
    ("SQLITE_BUSY", IndexBusy, "the index `{index}` has been written to by another process for {seconds} s: try again"),
    ("SQLITE_LOCKED", IndexBusy, "the index `{index}` is written to by another process: try again"),
)
