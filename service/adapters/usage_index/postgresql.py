"""A usage index on a PostgreSQL server, in the schema that the connection finds first."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from service.adapters.usage_index.backend import ColumnTypes
from service.adapters.usage_index.session import Session
from service.core.errors import DamagedIndex, IndexUnusable, InputError, WhittleError
from service.core.shown import shown
from service.usecases.index_port import IndexBusy

WAIT_SECONDS = 60
"""How long one waits for the transaction of another process; they are short."""

_CONNECT_SECONDS = 10

# Locks are numbers of the whole database, so the schema is a part of them.
_WRITING, _ADDING = 0x77686974, 0x77686975
_WAIT_FOR_LOCK = f"SELECT pg_advisory_xact_lock({_WRITING}, hashtext(current_schema()))"
_TRY_LOCK = "SELECT CAST(pg_try_advisory_lock(:number, hashtext(current_schema())) AS INTEGER)"


class PostgresqlServer:
    """The server and how it is used. Its password is in no message."""

    is_shared = True
    dialect = "postgresql+psycopg://"
    column_types = ColumnTypes(
        number="BIGINT",
        bytes="BYTEA",
        id="BIGSERIAL NOT NULL PRIMARY KEY",
        id_never_given_twice="BIGSERIAL NOT NULL PRIMARY KEY",
    )

    def __init__(self, address: str) -> None:
        self._driver = _driver()
        parts = _parts(address, self._driver)
        self._address = address
        self._password = unquote(parts.password or "")
        self._given = frozenset(parse_qs(parts.query, keep_blank_values=True))
        self.shown = shown(_without_secrets(parts))

    @property
    def error(self) -> type[Exception]:
        """Of psycopg."""
        return self._driver.Error  # type: ignore[no-any-return]

    def connect(self) -> Any:
        """A connection that a server's list of them shows with the number of this process."""
        options = {"connect_timeout": _CONNECT_SECONDS, "application_name": f"whittle {os.getpid()}"}
        left = {name: value for name, value in options.items() if name not in self._given}
        return self._driver.connect(self._address, autocommit=True, **left)

    def answers(self, connection: Any) -> bool:
        """Servers are started again."""
        try:
            connection.execute("SELECT 1")
        except self.error:
            return False
        return True

    def worded(self, statement: str) -> str:
        """With values as psycopg names them (https://www.psycopg.org/psycopg3/docs/basic/params.html)."""
        return _worded(statement)

    def stream(self, connection: Any, statement: str, values: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        """One by one, as they come: by default psycopg fetches all of them first."""
        with connection.cursor() as cursor:
            yield from cursor.stream(statement, values)

    def begin_reading(self) -> Sequence[str]:
        """By default each query would see what was written since the one before."""
        return ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",)

    def begin_writing(self) -> Sequence[str]:
        """A lock until the transaction ends. So two that write the same rows never wait for each other in a circle."""
        return ("BEGIN", f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'", _WAIT_FOR_LOCK)

    def making(self) -> AbstractContextManager[None]:
        """The transaction that makes the tables locks them too."""
        return nullcontext()

    def exists(self) -> bool:
        """The server is asked in any case."""
        return True

    def tables(self, session: Session) -> frozenset[str]:
        """Those that the connection's search path leads to."""
        return frozenset(session.texts(_TABLES))

    @contextmanager
    def adding(self) -> Iterator[None]:
        """A lock of a connection of its own: the server takes it back when that ends."""
        try:
            with self.connect() as connection:
                session = Session(connection, self)
                if not session.number(_TRY_LOCK, {"number": _ADDING}):
                    raise self._busy(session)
                yield
        except self.error as error:
            raise self.fault(error) from error

    def size(self, session: Session) -> int:
        """Tables, what is kept beside them, and their indexes."""
        return session.count(_SIZE)

    def give_back(self) -> None:
        """Nothing: the server does it unasked."""

    def check(self, session: Session) -> Iterator[str]:
        """Indexes that it gave up. Damaged pages show when they are read."""
        for index in session.texts(_INVALID):
            yield f"PostgreSQL says that its index `{index}` is not valid"

    def fault(self, error: Exception) -> WhittleError:
        """By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html); none where nobody answered."""
        state = getattr(error, "sqlstate", None) or ""
        detail = self._without_password(str(error))
        if not state:
            refused = any(each in detail for each in _REFUSED)
            return IndexUnusable((_NOT_LET_IN if refused else _AWAY).format(index=self.shown, detail=detail))
        for prefix, kind, sentence in _FAULTS:
            if state.startswith(prefix):
                return kind(sentence.format(index=self.shown, detail=detail, seconds=WAIT_SECONDS))
        return IndexUnusable(f"the index `{self.shown}` cannot be used ({detail})")

    def _busy(self, session: Session) -> IndexBusy:
        holder = next(iter(session.texts(_HOLDER)), "another process")
        name = holder.replace("whittle ", "process ")
        return IndexBusy(f"{shown(name)} is adding to the index `{self.shown}`: wait until it has finished, or stop it")

    def _without_password(self, message: str) -> str:
        line = message.strip().partition("\n")[0]
        return shown(line.replace(self._password, "***") if self._password else line)


def _driver() -> Any:
    try:
        import psycopg
    except ModuleNotFoundError as error:
        raise InputError(
            "an index on a PostgreSQL server needs its driver: install `whittle-iam[postgresql]`"
        ) from error
    return psycopg


def _parts(address: str, driver: Any) -> SplitResult:
    """An address that libpq reads as we do (https://www.postgresql.org/docs/current/libpq-connect.html).

    Raises:
        InputError: it cannot be read; the parser's own words could repeat a part of the password.
    """
    with suppress(ValueError, driver.Error):
        driver.conninfo.conninfo_to_dict(address)
        parts = urlsplit(address)
        _ = parts.port  # or it is none
        if parts.netloc.count("@") <= 1 and "@" not in parts.path:  # or a part of a password was taken for another
            return parts
    raise InputError(
        "the address of the index cannot be read: write `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, "
        "and what is special in the password as %XX"
    )


def _without_secrets(parts: SplitResult) -> str:
    user = f"{parts.username}@" if parts.username else ""
    port = f":{parts.port}" if parts.port else ""
    return f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}"


_MARK = re.compile(r"%|(?<!:):([a-z_][a-z0-9_]*)")


@lru_cache(maxsize=512)
def _worded(statement: str) -> str:
    return _MARK.sub(lambda found: f"%({found[1]})s" if found[1] else "%%", statement)


_TABLES = """
SELECT CAST(relname AS TEXT) FROM pg_class
WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid) AND relnamespace <> 'pg_catalog'::regnamespace
"""
_SIZE = """
SELECT CAST(coalesce(sum(pg_total_relation_size(oid)), 0) AS BIGINT) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, 'usage_')
"""
_INVALID = """
SELECT CAST(relname AS TEXT) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = current_schema()::regnamespace AND starts_with(relname, 'usage_') AND NOT indisvalid
"""
_HOLDER = (
    """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = """
    + str(_ADDING)
    + """
AND objid::int8 = hashtext(current_schema())::int8 & 4294967295
"""
)

_AWAY = "the server of the index `{index}` does not answer ({detail}): see that it runs and can be reached"
_NOT_LET_IN = "the server of the index `{index}` refuses user or password: give others in its address"
_REFUSED = ("password authentication failed", "no password supplied", "pg_hba.conf", "Peer authentication failed")
_MISSING = "tables of the index `{index}` are missing ({detail}): build it again in an empty schema"
_DAMAGED = "the index `{index}` is damaged ({detail}): build it again in an empty schema"
_BUSY = "the index `{index}` has been written to by another process for {seconds} s: try again"
_NOT_ALLOWED = "the index `{index}` cannot be used ({detail}): give a user, a database and a schema that allow it"

_FAULTS: tuple[tuple[str, type[WhittleError], str], ...] = (
    ("28", IndexUnusable, _NOT_LET_IN),
    ("3D000", IndexUnusable, _NOT_ALLOWED),  # no such database
    ("3F000", IndexUnusable, _NOT_ALLOWED),  # no such schema
    ("42501", IndexUnusable, _NOT_ALLOWED),  # insufficient privilege
    ("25006", IndexUnusable, _NOT_ALLOWED),  # read-only transaction, for example on a standby
    ("53100", IndexUnusable, "the disk of the index `{index}` is full: make room and give the command again"),
    ("08", IndexUnusable, _AWAY),
    ("53", IndexUnusable, _AWAY),
    ("57P", IndexUnusable, _AWAY),
    ("42P01", DamagedIndex, _MISSING),
    ("42703", DamagedIndex, _MISSING),
    ("23", DamagedIndex, _DAMAGED),
    ("XX", DamagedIndex, _DAMAGED),
    ("55P03", IndexBusy, _BUSY),
    ("40", IndexBusy, _BUSY),
)
