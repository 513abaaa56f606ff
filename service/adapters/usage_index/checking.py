"""What is wrong with the tables of an index, in sentences: pages, references, digests, and what cannot be read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, or_, select

from service.adapters.usage_index import reading
from service.adapters.usage_index.connections import Connections
from service.adapters.usage_index.kinds import digest
from service.adapters.usage_index.rows import (
    read_delivered,
    read_file,
    read_kept,
    read_left_out,
    read_principal,
    read_profile,
    sealed_file,
    unpacked_rows,
)
from service.adapters.usage_index.schema import (
    DELIVERED,
    FILE,
    KEPT,
    LEFT_OUT,
    PENDING,
    PRINCIPAL,
    PROFILE,
    SEGMENT,
    SPAN,
)
from service.core.errors import DamagedIndex


def findings(connections: Connections) -> Iterator[str]:
    """Everything that is found; the last is what kept the rest from being looked at."""
    try:
        with connections.reading() as connection:
            yield from connections.backend.check(connection)
            yield from _references(connection)
            yield from _order(connection)
            for table, columns in _DIGESTS:
                yield from _digests(connection, table, columns)
            yield from _unreadable(connection)
            reading.spans(connection)
            reading.file_totals(connection)
            reading.pruned_before(connection)
            for owner, of in reading.principals(connection):
                deque(reading.segments(connection, owner, of, with_keys=False), maxlen=0)
    except DamagedIndex as error:
        yield str(error)


_DIGESTS = (
    (PRINCIPAL, ("type", "account", "name", "arn")),
    (FILE, ("path",)),
    (LEFT_OUT, ("path",)),
)
"""What rows are found by, and what that is the digest of."""


def _references(connection: Connection) -> Iterator[str]:
    lost = select(SEGMENT.c.id).where(SEGMENT.c.principal_id.not_in(select(PRINCIPAL.c.id))).order_by(SEGMENT.c.id)
    for id_ in connection.execute(lost).scalars():
        yield f"segment {id_} is of a principal that is not there"


def _order(connection: Connection) -> Iterator[str]:
    c = SEGMENT.c
    odd = or_(c.first_day > c.last_day, c.events < 0, c.records < 0)
    for id_ in connection.execute(select(c.id).where(odd).order_by(c.id)).scalars():
        yield f"segment {id_} ends before it begins, or counts less than nothing"
    for day in connection.execute(select(SPAN.c.day).where(SPAN.c.first > SPAN.c.last).order_by(SPAN.c.day)).scalars():
        yield f"day {day} ends before it begins"


def _digests(connection: Connection, table: Table, columns: tuple[str, ...]) -> Iterator[str]:
    """Rows that would not be found."""
    for number, row in enumerate(connection.execute(select(table).order_by(table.c.key)), 1):
        if row.key != digest(*(getattr(row, each) for each in columns)):
            yield f"row {number} of `{table.name}` is not where it would be looked for"
        elif table is PRINCIPAL and row.asked != digest(row.account, row.name):
            yield f"principal {row.id} is not where it would be looked for"


def _unreadable(connection: Connection) -> Iterator[str]:
    for statement, read in _READERS:
        for row in connection.execute(statement):
            try:
                read(row)
            except DamagedIndex as error:
                yield str(error)


_READERS: tuple[tuple[Select[Any], Callable[[Row[Any]], object]], ...] = (
    (select(PRINCIPAL).order_by(PRINCIPAL.c.id), read_principal),
    (select(FILE).order_by(FILE.c.key), sealed_file),
    (select(FILE).where(FILE.c.report.is_not(None)).order_by(FILE.c.key), read_file),
    (select(LEFT_OUT).order_by(LEFT_OUT.c.key), read_left_out),
    (select(PROFILE).order_by(PROFILE.c.key), read_profile),
    (select(DELIVERED).order_by(DELIVERED.c.key), read_delivered),
    (select(KEPT).order_by(KEPT.c.key), read_kept),
    (select(PENDING).order_by(PENDING.c.id), lambda row: unpacked_rows(row.rows)),
)
