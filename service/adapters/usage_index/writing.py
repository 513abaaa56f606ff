"""Changes to the tables of an index; each takes the connection of one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, delete, insert, select, update

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.proofs import proof
from service.adapters.usage_index.rows import (
    Columns,
    Rows,
    packed_rows,
    path_key,
    principal_key,
    read_kept,
    segment_columns,
    unpacked_rows,
)
from service.adapters.usage_index.schema import (
    CHANGED,
    DELIVERED,
    FILE,
    KEPT,
    LEFT_OUT,
    PENDING,
    PRINCIPAL,
    PROFILE,
    PRUNED_BEFORE,
    SEGMENT,
    SPAN,
    STATE,
)
from service.core.activity.packing import Packed
from service.core.errors import InputError, InternalError
from service.core.shown import shown
from service.usecases.index_port import StoredSegment

_AT_ONCE = 200
"""How many segments are replaced at a time."""

_CHANCE = 60
"""Bits of the first version's number."""


class Writer:
    """One transaction that writes."""

    def __init__(self, connection: Connection, backend: Backend) -> None:
        self._connection = connection
        self._backend = backend

    def put_by(self, rows: Rows, path: str) -> None:
        """Keep an addition until its file comes."""
        self._connection.execute(insert(PENDING), {"key": path_key(path), "rows": packed_rows(rows)})

    def forget_pending(self) -> None:
        """Drop what waits for a file that will not come."""
        self._connection.execute(delete(PENDING))

    def store(self, rows: Rows) -> None:
        """Store an addition, and before it what waited for its files."""
        for waiting in self._waiting([row["key"] for row in rows.files]):
            self._store(unpacked_rows(waiting))
        self._store(rows)

    def replace(self, changes: Iterable[tuple[StoredSegment, Packed | None]]) -> None:
        """Change segments, or remove them where nothing takes their place, and then principals that have none."""
        waiting = iter(changes)
        while some := list(islice(waiting, _AT_ONCE)):
            changed = [{"of": old.id, **segment_columns(new)} for old, new in some if new is not None]
            gone = [old for old, new in some if new is None]
            self._expect(len(changed), self._many(_CHANGE, changed))
            self._remove([old.id for old in gone])
            self._many(
                _DROP_PRINCIPAL, [{"of": key} for key in sorted({principal_key(old.packed.principal) for old in gone})]
            )

    def settle(self, old: Sequence[StoredSegment], new: Sequence[Packed]) -> None:
        """Put settled segments in the place of old ones; what stays as it is, is marked."""
        left = {segment.packed: segment.id for segment in old}
        stays = {packed: left.pop(packed) for packed in new if packed in left}
        self._expect(len(stays), self._many(_MARK, [{"of": id_} for id_ in sorted(stays.values())]))
        self._remove(sorted({segment.id for segment in old} - set(stays.values())))
        self._many(_ADD_SETTLED, [_segment(packed) for packed in new if packed not in stays])

    def mark_settled(self) -> None:
        """Mark everything that is not marked."""
        self._connection.execute(update(SEGMENT).where(~SEGMENT.c.is_settled).values(is_settled=True))

    def note_pruned(self, day: int) -> None:
        """Nothing is kept of the days before this one, nor before one that was named earlier."""
        self._connection.execute(delete(SPAN).where(SPAN.c.day < day))
        self._forget_delivered(date.fromordinal(day))
        note = self._backend.replacing(STATE, lambda came: _proven(_greater(STATE.c.value, came["value"])))
        self._connection.execute(note, {"name": PRUNED_BEFORE, "value": day, "proof": proof((day,))})

    def _forget_delivered(self, day: date) -> None:
        """That there are files of days before this one."""
        c, month, left = DELIVERED.c, 12 * day.year + day.month, -1 << day.day & _ALL_DAYS
        days = c.days.bitwise_and(left)
        shorter = update(DELIVERED).where(c.month == month).values(days=days, proof=proof((c.month, days)))
        self._connection.execute(shorter)
        self._connection.execute(delete(DELIVERED).where(c.month > 0, (c.month < month) | (c.days == 0)))

    def note_change(self) -> None:
        """Give what the index says another number. The first is by chance: an index may take the place of another."""
        note = self._backend.replacing(STATE, lambda _: _proven(STATE.c.value + 1))
        first = secrets.randbits(_CHANCE)
        self._connection.execute(note, {"name": CHANGED, "value": first, "proof": proof((first,))})

    def _waiting(self, keys: Sequence[object]) -> Iterator[bytes]:
        """What waited for the files, each taken away as it is given."""
        found = self._connection.execute(select(PENDING.c.id).where(PENDING.c.key.in_(keys)).order_by(PENDING.c.id))
        for id_ in found.scalars().all():
            yield self._connection.execute(select(PENDING.c.rows).where(PENDING.c.id == id_)).scalar_one()
            self._connection.execute(delete(PENDING).where(PENDING.c.id == id_))

    def _store(self, rows: Rows) -> None:
        self._many(insert(KEPT), self._not_kept_yet(rows.kept))
        self._many(self._backend.inserting(PRINCIPAL), rows.principals)
        self._many(_ADD, rows.segments)
        self._many(self._backend.replacing(SPAN, _wider), rows.spans)
        self._many(self._backend.inserting(PROFILE), rows.profiles)
        self._many(self._backend.replacing(DELIVERED, _more_days), rows.delivered)
        self._many(_DROP_LEFT_OUT, [{"of": row["key"]} for row in (*rows.files, *rows.gone)])
        self._many(_DROP_FILE, [{"of": row["key"]} for row in rows.gone])
        self._many(self._backend.replacing(FILE, _all_but_key), rows.files)
        self._many(self._backend.replacing(LEFT_OUT, _all_but_key), rows.left_out)

    def _not_kept_yet(self, kept: Sequence[Columns]) -> list[Columns]:
        """Those of operations that the index does not have.

        Raises:
            InputError: it has one of them with other members.
        """
        stored = {row.key: row for row in self._connection.execute(select(KEPT))} if kept else {}
        for row in kept:
            if (known := stored.get(row["key"])) is not None and known.members != row["members"]:
                operation, _ = read_kept(known)
                raise InputError(
                    f"the index `{self._backend.shown}` was built with another catalog, which read other members of "
                    f"`{shown(f'{operation.source} {operation.name}')}`: build a new index with this one"
                )
        return [row for row in kept if row["key"] not in stored]

    def _remove(self, ids: Sequence[int]) -> None:
        self._expect(len(ids), self._many(_REMOVE, [{"of": id_} for id_ in ids]))

    def _many(self, statement: Any, rows: Sequence[Mapping[str, Any]]) -> int:
        return self._connection.execute(statement, rows).rowcount if rows else 0

    def _expect(self, wanted: int, done: int) -> None:
        if wanted != done:
            raise InternalError(f"{wanted - done} of {wanted} segments to be replaced are not in the index any more")


def _segment(packed: Packed) -> Columns:
    return segment_columns(packed) | {"of_principal": principal_key(packed.principal)}


_OWNER = select(PRINCIPAL.c.id).where(PRINCIPAL.c.key == bindparam("of_principal")).scalar_subquery()
_ADD = insert(SEGMENT).values(principal_id=_OWNER, is_settled=False)
_ADD_SETTLED = insert(SEGMENT).values(principal_id=_OWNER, is_settled=True)
_BY_ID = SEGMENT.c.id == bindparam("of")
_CHANGE = update(SEGMENT).where(_BY_ID)
_MARK = update(SEGMENT).where(_BY_ID).values(is_settled=True)
_REMOVE = delete(SEGMENT).where(_BY_ID)
_DROP_LEFT_OUT = delete(LEFT_OUT).where(LEFT_OUT.c.key == bindparam("of"))
_DROP_FILE = delete(FILE).where(FILE.c.key == bindparam("of"))
_DROP_PRINCIPAL = delete(PRINCIPAL).where(
    PRINCIPAL.c.key == bindparam("of"), ~select(SEGMENT.c.id).where(SEGMENT.c.principal_id == PRINCIPAL.c.id).exists()
)


def _wider(came: Mapping[str, Any]) -> dict[str, ColumnElement[Any]]:
    wider = {
        "first": _lesser(SPAN.c.first, came["first"]),
        "last": _greater(SPAN.c.last, came["last"]),
        "hours": SPAN.c.hours.bitwise_or(came["hours"]),
    }
    return {**wider, "proof": proof((SPAN.c.day, *wider.values()))}


_ALL_DAYS = (1 << 32) - 1


def _more_days(came: Mapping[str, Any]) -> dict[str, ColumnElement[Any]]:
    days = DELIVERED.c.days.bitwise_or(came["days"])
    return {"days": days, "proof": proof((DELIVERED.c.month, days))}


def _proven(value: ColumnElement[int]) -> dict[str, ColumnElement[Any]]:
    return {"value": value, "proof": proof((value,))}


def _all_but_key(came: Mapping[str, Any]) -> dict[str, ColumnElement[Any]]:
    return {name: value for name, value in came.items() if name != "key"}


def _lesser(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one < other, one), else_=other)


def _greater(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[int]:
    return case((one > other, one), else_=other)
