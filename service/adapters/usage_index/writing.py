"""Changes to the tables of an index; each takes the session of one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import NamedTuple

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.proofs import proof, proof_of
from service.adapters.usage_index.reading import kept_rows
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
    PRUNED_BEFORE,
    DeliveredRow,
    KeptRow,
    LeftOutRow,
    PendingRow,
    ProfileRow,
    SpanRow,
    StateRow,
)
from service.adapters.usage_index.session import Session, columns, insertion, selecting
from service.core.activity.packing import Packed
from service.core.errors import InputError, InternalError
from service.core.shown import shown
from service.usecases.index_port import IndexBusy, StoredSegment

_AT_ONCE = 200
"""How many segments are replaced at a time."""

_CHANCE = 60
"""Bits of the first version's number."""


class Writer:
    """One transaction that writes."""

    def __init__(self, session: Session, backend: Backend) -> None:
        self._session = session
        self._backend = backend

    def put_by(self, rows: Rows, path: str) -> None:
        """Keep an addition until its file comes."""
        self._session.run(_PUT_BY, {"key": path_key(path), "rows": packed_rows(rows)})

    def forget_pending(self) -> None:
        """Drop what waits for a file that will not come."""
        self._session.run("DELETE FROM usage_pending")

    def store(self, rows: Rows, put_by: int) -> None:
        """Store an addition, and before it the parts that were put by for its files, which are so many.

        Raises:
            IndexBusy: they are not: another process took them for what a run had left that ended before.
        """
        parts = 0
        for waiting in self._waiting([row["key"] for row in rows.files]):
            self._store(unpacked_rows(waiting))
            parts += 1
        if parts != put_by:
            raise IndexBusy(
                f"another process has been adding to the index `{self._backend.shown}` meanwhile, and a part of a file "
                "is not there any more: give the command again, the file is read once more"
            )
        self._store(rows)

    def replace(self, changes: Iterable[tuple[StoredSegment, Packed | None]]) -> None:
        """Change segments, or remove them where nothing takes their place, and then principals that have none."""
        waiting = iter(changes)
        while some := list(islice(waiting, _AT_ONCE)):
            changed = [{"of": old.id, **segment_columns(new)} for old, new in some if new is not None]
            gone = [old for old, new in some if new is None]
            self._expect(len(changed), self._session.run_each(_CHANGE, changed))
            self._remove([old.id for old in gone])
            keys = sorted({principal_key(old.packed.principal) for old in gone})
            self._session.run_each(_DROP_PRINCIPAL, [{"of": key} for key in keys])

    def settle(self, old: Sequence[StoredSegment], new: Sequence[Packed]) -> None:
        """Put settled segments in the place of old ones; what stays as it is, is marked."""
        left = {segment.packed: segment.id for segment in old}
        stays = {packed: left.pop(packed) for packed in new if packed in left}
        self._expect(len(stays), self._session.run_each(_MARK, [{"of": id_} for id_ in sorted(stays.values())]))
        self._remove(sorted({segment.id for segment in old} - set(stays.values())))
        self._session.run_each(_ADD_SETTLED, [_segment(packed) for packed in new if packed not in stays])

    def mark_settled(self) -> None:
        """Mark everything that is not marked."""
        self._session.run("UPDATE usage_segment SET is_settled = TRUE WHERE NOT is_settled")

    def note_pruned(self, day: int) -> None:
        """Nothing is kept of the days before this one, nor before one that was named earlier."""
        self._session.run("DELETE FROM usage_span WHERE day < :day", {"day": day})
        self._forget_delivered(date.fromordinal(day))
        self._session.run(_NOTE_GREATER, {"name": PRUNED_BEFORE, "value": day, "proof": proof((day,))})

    def _forget_delivered(self, day: date) -> None:
        """That there are files of days before this one."""
        month = 12 * day.year + day.month
        self._session.run(_SHORTEN_MONTH, {"month": month, "left": -1 << day.day & _ALL_DAYS})
        self._session.run(_DROP_MONTHS, {"month": month})

    def note_change(self) -> None:
        """Give what the index says another number. The first is by chance: an index may take the place of another."""
        first = secrets.randbits(_CHANCE)
        self._session.run(_NOTE_NEXT, {"name": CHANGED, "value": first, "proof": proof((first,))})

    def _waiting(self, keys: Sequence[object]) -> Iterator[bytes]:
        """What waited for the files, each taken away as it is given."""
        wanted = set(keys)
        for waiting in self._session.rows(_Waiting, f"SELECT {columns(_Waiting)} FROM usage_pending ORDER BY id"):
            if waiting.key in wanted:
                one = f"{selecting(PendingRow)} WHERE id = :id"
                yield from (row.rows for row in self._session.rows(PendingRow, one, {"id": waiting.id}))
                self._session.run("DELETE FROM usage_pending WHERE id = :id", {"id": waiting.id})

    def _store(self, rows: Rows) -> None:
        run_each = self._session.run_each
        run_each(_KEEP, self._not_kept_yet(rows.kept))
        run_each(_ADD_PRINCIPAL, rows.principals)
        run_each(_ADD, rows.segments)
        run_each(_WIDEN_SPAN, rows.spans)
        run_each(_ADD_PROFILE, rows.profiles)
        run_each(_ADD_DAYS, rows.delivered)
        run_each(_DROP_LEFT_OUT, [{"of": row["key"]} for row in (*rows.files, *rows.gone)])
        run_each(_DROP_FILE, [{"of": row["key"]} for row in rows.gone])
        run_each(_ADD_FOLDER, rows.folders)
        run_each(_REPLACE_FILE, rows.files)
        run_each(_REPLACE_LEFT_OUT, rows.left_out)

    def _not_kept_yet(self, kept: Sequence[Columns]) -> list[Columns]:
        """Those of operations that the index does not have.

        Raises:
            InputError: it has one of them with other members.
        """
        stored: dict[object, KeptRow] = {row.key: row for row in kept_rows(self._session)} if kept else {}
        for row in kept:
            if (known := stored.get(row["key"])) is not None and known.members != row["members"]:
                operation, _ = read_kept(known)
                raise InputError(
                    f"the index `{self._backend.shown}` was built with another catalog, which read other members of "
                    f"`{shown(f'{operation.source} {operation.name}')}`: build a new index with this one"
                )
        return [row for row in kept if row["key"] not in stored]

    def _remove(self, ids: Sequence[int]) -> None:
        self._expect(len(ids), self._session.run_each(_REMOVE, [{"of": id_} for id_ in ids]))

    def _expect(self, wanted: int, done: int) -> None:
        if wanted != done:
            raise InternalError(f"{wanted - done} of {wanted} segments to be replaced are not in the index any more")


class _Waiting(NamedTuple):
    id: int
    key: bytes


def _segment(packed: Packed) -> Columns:
    return segment_columns(packed) | {"of_principal": principal_key(packed.principal)}


def _replacing(table: str, key: str, names: str, changes: Mapping[str, str]) -> str:
    """Insert a row, or change the one that is there; `excluded` is what came for it."""
    set_ = ", ".join(f"{name} = {changed}" for name, changed in changes.items())
    return insertion(table, names, f"ON CONFLICT ({key}) DO UPDATE SET {set_}")


def _all_came(names: Iterable[str]) -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in names)


def _lesser(one: str, other: str) -> str:
    return f"CASE WHEN {one} < {other} THEN {one} ELSE {other} END"


def _greater(one: str, other: str) -> str:
    return f"CASE WHEN {one} > {other} THEN {one} ELSE {other} END"


def _proven(value: str) -> dict[str, str]:
    return {"value": value, "proof": proof_of(value)}


def _wider() -> dict[str, str]:
    wider = {
        "first": _lesser("usage_span.first", "excluded.first"),
        "last": _greater("usage_span.last", "excluded.last"),
        "hours": "usage_span.hours | excluded.hours",
    }
    return {**wider, "proof": proof_of("usage_span.day", *wider.values())}


_ALL_DAYS = (1 << 32) - 1
_MORE_DAYS = "usage_delivered.days | excluded.days"

_KEEP = insertion("usage_kept", columns(KeptRow))
_ADD_PRINCIPAL = insertion("usage_principal", "key, type, account, name, arn, asked", "ON CONFLICT DO NOTHING")
_ADD_PROFILE = insertion("usage_profile", columns(ProfileRow), "ON CONFLICT DO NOTHING")
_PUT_BY = insertion("usage_pending", "key, rows")
_NOTE_GREATER = _replacing(
    "usage_state", "name", columns(StateRow), _proven(_greater("usage_state.value", "excluded.value"))
)
_NOTE_NEXT = _replacing("usage_state", "name", columns(StateRow), _proven("usage_state.value + 1"))
_WIDEN_SPAN = _replacing("usage_span", "day", columns(SpanRow), _wider())
_ADD_DAYS = _replacing(
    "usage_delivered",
    "key",
    columns(DeliveredRow),
    {"days": _MORE_DAYS, "proof": proof_of("usage_delivered.month", _MORE_DAYS)},
)
_ADD_FOLDER = insertion("usage_folder", "key, path, label", "ON CONFLICT DO NOTHING")
_OF_FILE = ("name", "own_label", "tag", "bytes", "modified_ns", "records", "events", "seal", "report", "proof")
_REPLACE_FILE = f"""
INSERT INTO usage_file (key, folder_id, {", ".join(_OF_FILE)})
VALUES (:key, (SELECT id FROM usage_folder WHERE key = :folder_key), {", ".join(f":{name}" for name in _OF_FILE)})
ON CONFLICT (key) DO UPDATE SET folder_id = excluded.folder_id, {_all_came(_OF_FILE)}
"""
_REPLACE_LEFT_OUT = insertion(
    "usage_left_out", columns(LeftOutRow), f"ON CONFLICT (key) DO UPDATE SET {_all_came(LeftOutRow._fields[1:])}"
)
_LEFT_DAYS = "days & :left"
_SHORTEN_MONTH = (
    f"UPDATE usage_delivered SET days = {_LEFT_DAYS}, proof = {proof_of('month', _LEFT_DAYS)} WHERE month = :month"
)
_DROP_MONTHS = "DELETE FROM usage_delivered WHERE month > 0 AND (month < :month OR days = 0)"
_DROP_LEFT_OUT = "DELETE FROM usage_left_out WHERE key = :of"
_DROP_FILE = "DELETE FROM usage_file WHERE key = :of"
_DROP_PRINCIPAL = """
DELETE FROM usage_principal WHERE key = :of
AND NOT EXISTS (SELECT 1 FROM usage_segment WHERE principal_id = usage_principal.id)
"""

_OF_SEGMENT = ("first_day", "last_day", "events", "records", "seal", "rows", "keys")
_ADDING = """
INSERT INTO usage_segment (principal_id, is_settled, {names})
VALUES ((SELECT id FROM usage_principal WHERE key = :of_principal), {is_settled}, {values})
"""


def _adding(is_settled: str) -> str:
    values = ", ".join(f":{name}" for name in _OF_SEGMENT)
    return _ADDING.format(names=", ".join(_OF_SEGMENT), is_settled=is_settled, values=values)


_ADD, _ADD_SETTLED = _adding("FALSE"), _adding("TRUE")
_CHANGE = f"UPDATE usage_segment SET {', '.join(f'{name} = :{name}' for name in _OF_SEGMENT)} WHERE id = :of"
_MARK = "UPDATE usage_segment SET is_settled = TRUE WHERE id = :of"
_REMOVE = "DELETE FROM usage_segment WHERE id = :of"
