"""A usage index on a PostgreSQL server, in the schema that the connection finds first."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any

from sqlalchemy import URL, Connection, Engine, Insert, NullPool, Table, create_engine, make_url, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ArgumentError, DBAPIError

from service.adapters.usage_index.backend import Changes
from service.core.errors import DamagedIndex, IndexUnusable, InputError, WhittleError
from service.core.shown import shown
from service.usecases.index_port import IndexBusy

WAIT_SECONDS = 60
"""How long one waits for the transaction of another process; they are short."""

_CONNECT_SECONDS = "10"

# Locks are numbers of the whole database, so the schema is a part of them.
_WRITING, _ADDING = 0x77686974, 0x77686975
_WAIT_FOR_LOCK = text("SELECT pg_advisory_xact_lock(:number, hashtext(current_schema()))")
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:number, hashtext(current_schema()))")


class PostgresqlServer:
    """The server and how it is used. Its password is in no message."""

    is_shared = True

    def __init__(self, address: str) -> None:
        self._url = _url(address)
        self._password = self._url.password or ""
        self.shown = shown(
            URL.create(
                "postgresql", self._url.username, None, self._url.host, self._url.port, self._url.database
            ).render_as_string()
        )

    def engine(self) -> Engine:
        """Connections that are tried before they are used: servers are started again."""
        return self._engine(pool_pre_ping=True, max_overflow=-1)

    def reading_options(self) -> Mapping[str, Any]:
        """By default each query would see what was written since the one before."""
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def begin_writing(self, connection: Connection) -> None:
        """A lock until the transaction ends. So two that write the same rows never wait for each other in a circle."""
        connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
        connection.execute(_WAIT_FOR_LOCK, {"number": _WRITING})

    def making(self) -> AbstractContextManager[None]:
        """The transaction that makes the tables locks them too."""
        return nullcontext()

    def exists(self) -> bool:
        """The server is asked in any case."""
        return True

    @contextmanager
    def adding(self) -> Iterator[None]:
        """A lock of a connection of its own: the server takes it back when that ends."""
        engine = self._engine(poolclass=NullPool)
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                if not connection.execute(_TRY_LOCK, {"number": _ADDING}).scalar_one():
                    raise self._busy(connection)
                yield
        except DBAPIError as error:
            raise self.fault(error) from error

    def inserting(self, table: Table) -> Insert:
        """In PostgreSQL's words."""
        return insert(table).on_conflict_do_nothing()

    def replacing(self, table: Table, changes: Changes) -> Insert:
        """In PostgreSQL's words."""
        statement = insert(table)
        excluded = dict(statement.excluded.items())
        return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changes(excluded))

    def size(self, connection: Connection) -> int:
        """Tables, what is kept beside them, and their indexes."""
        return int(connection.execute(text(_SIZE)).scalar_one())

    def give_back(self) -> None:
        """Nothing: the server does it unasked."""

    def check(self, connection: Connection) -> Iterator[str]:
        """Indexes that it gave up. Damaged pages show when they are read."""
        for (index,) in connection.execute(text(_INVALID)):
            yield f"PostgreSQL says that its index `{index}` is not valid"

    def fault(self, error: DBAPIError) -> WhittleError:
        """By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html); none where nobody answered."""
        state = getattr(error.orig, "sqlstate", None) or ""
        detail = self._without_password(str(error.orig))
        if not state:
            refused = any(each in detail for each in _REFUSED)
            return IndexUnusable((_NOT_LET_IN if refused else _AWAY).format(index=self.shown, detail=detail))
        for prefix, kind, sentence in _FAULTS:
            if state.startswith(prefix):
                return kind(sentence.format(index=self.shown, detail=detail, seconds=WAIT_SECONDS))
        return IndexUnusable(f"the index `{self.shown}` cannot be used ({detail})")

    def _engine(self, **options: Any) -> Engine:
        query = {
            "connect_timeout": _CONNECT_SECONDS,
            "application_name": f"whittle {os.getpid()}",
            **self._url.query,
        }
        try:
            return create_engine(self._url.set(query=query), hide_parameters=True, **options)
        except ModuleNotFoundError as error:
            raise InputError(
                "an index on a PostgreSQL server needs its driver: install `whittle-iam[postgresql]`"
            ) from error

    def _busy(self, connection: Connection) -> IndexBusy:
        holder = connection.execute(text(_HOLDER), {"number": _ADDING}).scalar() or "another process"
        name = holder.replace("whittle ", "process ")
        return IndexBusy(f"{shown(name)} is adding to the index `{self.shown}`: wait until it has finished, or stop it")

    def _without_password(self, message: str) -> str:
        line = message.strip().partition("\n")[0]
        return shown(line.replace(self._password, "***") if self._password else line)


def _url(address: str) -> URL:
    """The address, with the driver's name in it.

    Raises:
        InputError: it cannot be read; the parser's own words could repeat a part of the password.
    """
    with suppress(ArgumentError, ValueError):
        url = make_url(address).set(drivername="postgresql+psycopg")
        if "@" not in (url.host or ""):  # or what follows an @ in a password was taken for the host
            return url
    raise InputError(
        "the address of the index cannot be read: write `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, "
        "and what is special in the password as %XX"
    )


_SIZE = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND starts_with(relname, 'usage_')
"""
_INVALID = """
SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = current_schema()::regnamespace AND starts_with(relname, 'usage_') AND NOT indisvalid
"""
_HOLDER = """
SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = :number
AND objid::int8 = hashtext(current_schema())::int8 & 4294967295
"""

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
