"""What is wrong with the tables of an index, in sentences: pages, references, digests, and what cannot be read."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

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
    DeliveredRow,
    FileRow,
    KeptRow,
    LeftOutRow,
    PendingRow,
    PrincipalRow,
    ProfileRow,
)
from service.adapters.usage_index.session import Session, columns
from service.core.errors import DamagedIndex


def findings(connections: Connections) -> Iterator[str]:
    """Everything that is found; the last is what kept the rest from being looked at."""
    try:
        with connections.reading() as session:
            yield from connections.backend.check(session)
            yield from _references(session)
            yield from _order(session)
            for kind, table, names in _DIGESTS:
                yield from _digests(session, kind, table, names)
            yield from _unreadable(session)
            reading.spans(session)
            reading.file_totals(session)
            reading.pruned_before(session)
            for owner, of in reading.principals(session):
                deque(reading.segments(session, owner, of, with_keys=False), maxlen=0)
    except DamagedIndex as error:
        yield str(error)


_DIGESTS: tuple[tuple[type[PrincipalRow | FileRow | LeftOutRow], str, tuple[str, ...]], ...] = (
    (PrincipalRow, "usage_principal", ("type", "account", "name", "arn")),
    (FileRow, "usage_file", ("path",)),
    (LeftOutRow, "usage_left_out", ("path",)),
)
"""What rows are found by, and what that is the digest of."""


class _Numbered(NamedTuple):
    number: int


def _references(session: Session) -> Iterator[str]:
    lost = "SELECT id FROM usage_segment WHERE principal_id NOT IN (SELECT id FROM usage_principal) ORDER BY id"
    for (id_,) in session.rows(_Numbered, lost):
        yield f"segment {id_} is of a principal that is not there"


def _order(session: Session) -> Iterator[str]:
    odd = "SELECT id FROM usage_segment WHERE first_day > last_day OR events < 0 OR records < 0 ORDER BY id"
    for (id_,) in session.rows(_Numbered, odd):
        yield f"segment {id_} ends before it begins, or counts less than nothing"
    for (day,) in session.rows(_Numbered, "SELECT day FROM usage_span WHERE first > last ORDER BY day"):
        yield f"day {day} ends before it begins"


def _digests(
    session: Session, kind: type[PrincipalRow | FileRow | LeftOutRow], table: str, names: tuple[str, ...]
) -> Iterator[str]:
    """Rows that would not be found."""
    found: Iterator[PrincipalRow | FileRow | LeftOutRow]
    found = session.stream(kind, f"SELECT {columns(kind)} FROM {table} ORDER BY key")
    for number, row in enumerate(found, 1):
        if row.key != digest(*(getattr(row, each) for each in names)):
            yield f"row {number} of `{table}` is not where it would be looked for"
        elif isinstance(row, PrincipalRow) and row.asked != digest(row.account, row.name):
            yield f"principal {row.id} is not where it would be looked for"


def _unreadable(session: Session) -> Iterator[str]:
    for kind, rest, read in _READERS:
        for row in session.stream(kind, f"SELECT {columns(kind)} FROM {rest}"):
            try:
                read(row)
            except DamagedIndex as error:
                yield str(error)


_READERS: tuple[tuple[type[Any], str, Callable[[Any], object]], ...] = (
    (PrincipalRow, "usage_principal ORDER BY id", read_principal),
    (FileRow, "usage_file ORDER BY key", sealed_file),
    (FileRow, "usage_file WHERE report IS NOT NULL ORDER BY key", read_file),
    (LeftOutRow, "usage_left_out ORDER BY key", read_left_out),
    (ProfileRow, "usage_profile ORDER BY key", read_profile),
    (DeliveredRow, "usage_delivered ORDER BY key", read_delivered),
    (KeptRow, "usage_kept ORDER BY key", read_kept),
    (PendingRow, "usage_pending ORDER BY id", lambda row: unpacked_rows(row.rows)),
)
