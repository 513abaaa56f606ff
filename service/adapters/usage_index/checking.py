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
    TABLE_OF,
    DeliveredRow,
    FileRow,
    FolderRow,
    KeptRow,
    LeftOutRow,
    PendingRow,
    PrincipalRow,
    ProfileRow,
)
from service.adapters.usage_index.session import Session, selecting
from service.core.errors import DamagedIndex


def findings(connections: Connections) -> Iterator[str]:
    """Everything that is found; the last is what kept the rest from being looked at."""
    try:
        with connections.reading() as session:
            yield from connections.backend.check(session)
            yield from _references(session)
            yield from _order(session)
            for kind, names in _DIGESTS:
                yield from _digests(session, kind, names)
            yield from _unreadable(session)
            reading.spans(session)
            reading.file_totals(session)
            reading.pruned_before(session)
            for owner, of in reading.principals(session):
                deque(reading.segments(session, owner, of, with_keys=False), maxlen=0)
    except DamagedIndex as error:
        yield str(error)


_Keyed = PrincipalRow | FolderRow | FileRow | LeftOutRow

_DIGESTS: tuple[tuple[type[_Keyed], tuple[str, ...]], ...] = (
    (PrincipalRow, ("type", "account", "name", "arn")),
    (FolderRow, ("path", "label")),
    (FileRow, ("path",)),
    (LeftOutRow, ("path",)),
)
"""Rows, and what they are found by is the digest of."""


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


def _digests(session: Session, kind: type[_Keyed], names: tuple[str, ...]) -> Iterator[str]:
    """Rows that would not be found."""
    table = TABLE_OF[kind]
    found: Iterator[_Keyed] = session.stream(kind, f"{selecting(kind)} ORDER BY {table}.key")
    for number, row in enumerate(found, 1):
        if row.key != digest(*(getattr(row, each) for each in names)):
            yield f"row {number} of `{table}` is not where it would be looked for"
        elif isinstance(row, PrincipalRow) and row.asked != digest(row.account, row.name):
            yield f"principal {row.id} is not where it would be looked for"


def _unreadable(session: Session) -> Iterator[str]:
    for kind, rest, read in _READERS:
        for row in session.stream(kind, f"{selecting(kind)} {rest}"):
            try:
                read(row)
            except DamagedIndex as error:
                yield str(error)


_READERS: tuple[tuple[type[Any], str, Callable[[Any], object]], ...] = (
    (PrincipalRow, "ORDER BY id", read_principal),
    (FileRow, "ORDER BY usage_file.key", sealed_file),
    (FileRow, "WHERE report IS NOT NULL ORDER BY usage_file.key", read_file),
    (LeftOutRow, "ORDER BY key", read_left_out),
    (ProfileRow, "ORDER BY key", read_profile),
    (DeliveredRow, "ORDER BY key", read_delivered),
    (KeptRow, "ORDER BY key", read_kept),
    (PendingRow, "ORDER BY id", lambda row: unpacked_rows(row.rows)),
)
