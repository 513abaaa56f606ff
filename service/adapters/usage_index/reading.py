"""Questions to the tables of an index; each takes the session of one transaction."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

from catalog.model import Operation
from service.adapters.usage_index.kinds import DamagedValue, to_text
from service.adapters.usage_index.proofs import proof, proof_of
from service.adapters.usage_index.rows import (
    asked_key,
    path_key,
    principal_key,
    read_delivered,
    read_file,
    read_kept,
    read_left_out,
    read_principal,
    read_profile,
    sealed_file,
    segment_seal,
)
from service.adapters.usage_index.schema import (
    CHANGED,
    PRUNED_BEFORE,
    STATES,
    VERSION,
    DeliveredRow,
    FileRow,
    KeptRow,
    KnownRow,
    LeftOutRow,
    PrincipalRow,
    ProfileRow,
    SegmentRow,
    SpanRow,
    StateRow,
)
from service.adapters.usage_index.session import Session, Values, columns, selecting
from service.core.activity.moment import UNDATED, day_text
from service.core.activity.packing import Packed
from service.core.activity.profiles import Profile
from service.core.activity.spans import Day, Spans
from service.core.principals import Principal, PrincipalQuery
from service.core.shown import shown
from service.core.trail.delivered import Delivered
from service.usecases.index_port import FileTotals, IndexTotals, StoredSegment

_OWNERS = 200
"""How many principals are asked about at a time."""


class Condition(NamedTuple):
    """What rows have to be, with the values that it names."""

    text: str
    values: Values


_ANY = Condition("1 = 1", {})


def known_files(session: Session) -> dict[str, tuple[int, int, str]]:
    """By path: size, time of the last change, tag."""
    found = session.rows(KnownRow, selecting(KnownRow))
    return {to_text(folder + name): (size, modified_ns, to_text(tag)) for folder, name, size, modified_ns, tag in found}


def events_of(session: Session, paths: Iterable[str]) -> dict[str, int]:
    """By path, of those that are known."""
    one = "SELECT events FROM usage_file WHERE key = :key"
    found = {path: session.number(one, {"key": path_key(path)}) for path in paths}
    return {path: events for path, events in found.items() if events is not None}


def version(session: Session) -> int:
    """Of what all tables hold together."""
    return _state(session, CHANGED) or 0


def principals(session: Session, condition: Condition = _ANY) -> list[tuple[Principal, int]]:
    """Those that the condition holds for, with their ids; sorted."""
    query = f"{selecting(PrincipalRow)} WHERE {condition.text}"
    return sorted((read_principal(row), row.id) for row in session.rows(PrincipalRow, query, condition.values))


def asked(query: PrincipalQuery | None, principal: Principal | None) -> Condition:
    """The condition for those that are asked for."""
    conditions = []
    if query is not None:
        conditions.append(Condition("asked = :asked", {"asked": asked_key(query.account, query.name)}))
    if principal is not None:
        conditions.append(Condition("key = :key", {"key": principal_key(principal)}))
    texts, values = zip(*(conditions or [_ANY]), strict=True)
    return Condition(" AND ".join(texts), dict(ChainMap(*map(dict, values))))


def unsettled() -> Condition:
    """The condition that holds for principals with several segments, one of which is not settled."""
    return Condition(
        "id IN (SELECT principal_id FROM usage_segment WHERE NOT is_settled)"
        " AND (SELECT count(*) FROM usage_segment WHERE principal_id = usage_principal.id) > 1",
        {},
    )


def segments(session: Session, principal: Principal, of: int, *, with_keys: bool) -> Iterator[StoredSegment]:
    """Those of one principal, by id."""
    query = f"{_segments(with_keys)} WHERE principal_id = :of ORDER BY id"
    for row in session.stream(SegmentRow, query, {"of": of, **_NO_KEYS}):
        yield _segment(principal, row)


def together(
    session: Session, owners: Mapping[int, Principal], *, all_of_them: bool, with_keys: bool
) -> Iterator[tuple[Principal, list[StoredSegment]]]:
    """Those of each of many principals, given by their ids, in few queries."""
    parts = [sorted(owners)[at : at + _OWNERS] for at in range(0, len(owners), _OWNERS)]
    for condition in [_ANY] if all_of_them else map(_of_owners, parts):
        query = f"{_segments(with_keys)} WHERE {condition.text} ORDER BY principal_id, id"
        found = session.stream(SegmentRow, query, {**condition.values, **_NO_KEYS})
        for number, rows in groupby(found, attrgetter("principal_id")):
            yield owners[number], [_segment(owners[number], row) for row in rows]


def _of_owners(ids: Sequence[int]) -> Condition:
    values: Values = {f"of{number}": id_ for number, id_ in enumerate(ids)}
    return Condition(f"principal_id IN ({', '.join(f':{name}' for name in values)})", values)


def _segments(with_keys: bool) -> str:
    """Keys are long, and few questions need them."""
    names = columns(SegmentRow)
    return f"SELECT {names if with_keys else names.replace('keys', ':no_keys')} FROM usage_segment"


_NO_KEYS: Values = {"no_keys": b""}


def _segment(principal: Principal, row: SegmentRow) -> StoredSegment:
    packed = Packed(principal, row.first_day, row.last_day, row.events, row.records, row.rows, row.keys)
    if segment_seal(packed) != row.seal:
        raise DamagedValue(f"segment {row.id} of `{shown(principal.label)}` is not what was stored")
    return StoredSegment(row.id, row.is_settled, packed)


def spans(session: Session) -> Spans:
    """By day."""
    found: dict[int, Day] = {}
    for day, *numbers, proven in session.rows(SpanRow, f"{selecting(SpanRow)} ORDER BY day"):
        if proof((day, *numbers)) != proven:
            raise DamagedValue(f"what is noted of {_day_text(day)} is not what was stored")
        found[day] = Day(*numbers)
    return Spans(found)


def _day_text(day: int) -> str:
    """A day as a text; its number where that is none."""
    return day_text(day) if 0 < day <= date.max.toordinal() else f"day {day}"


def profiles(session: Session) -> frozenset[Profile]:
    """Of instances."""
    found = session.rows(ProfileRow, selecting(ProfileRow))
    return frozenset(map(read_profile, found))


def delivered(session: Session) -> frozenset[Delivered]:
    """Of files."""
    found = session.rows(DeliveredRow, selecting(DeliveredRow))
    return frozenset(chain.from_iterable(map(read_delivered, found)))


def kept_rows(session: Session) -> list[KeptRow]:
    """By operation."""
    return session.rows(KeptRow, f"{selecting(KeptRow)} ORDER BY source, name")


def kept(session: Session) -> dict[Operation, frozenset[str]]:
    """By operation."""
    return dict(map(read_kept, kept_rows(session)))


class _Sums(NamedTuple):
    files: int
    bytes: int
    records: int
    events: int
    changed: int


_CHANGED = f"CASE WHEN {proof_of('bytes', 'records', 'events')} <> proof THEN 1 ELSE 0 END"


def _sum(expression: str) -> str:
    """As a whole number: PostgreSQL adds those up to a decimal one."""
    return f"CAST(coalesce(sum({expression}), 0) AS BIGINT)"


_SUMS = ", ".join(("count(*)", *map(_sum, ("bytes", "records", "events", _CHANGED))))


def file_totals(session: Session) -> FileTotals:
    """Sums, and what has more to say."""
    (sums,) = session.rows(_Sums, f"SELECT {_SUMS} FROM usage_file")
    if sums.changed:
        raise DamagedValue(f"the counts of {sums.changed} files are not what was stored")
    reports = session.rows(FileRow, f"{selecting(FileRow)} WHERE report IS NOT NULL")
    reports.sort(key=lambda row: (row.label, row.path))
    left_out = session.rows(LeftOutRow, f"{selecting(LeftOutRow)} ORDER BY label, path")
    return FileTotals(
        sums.files,
        sums.bytes,
        sums.records,
        sums.events,
        tuple(map(read_file, map(sealed_file, reports))),
        tuple(map(read_left_out, left_out)),
    )


def totals(session: Session, size: int) -> IndexTotals:
    """Counts of everything."""
    days = spans(session).by_day
    first, last = min(days, default=UNDATED), max(days, default=UNDATED)
    pruned = pruned_before(session)
    return IndexTotals(
        format=int(VERSION),
        files=file_totals(session),
        principals=session.count("SELECT count(*) FROM usage_principal"),
        segments=session.count("SELECT count(*) FROM usage_segment"),
        unsettled=session.count("SELECT count(*) FROM usage_segment WHERE NOT is_settled"),
        events=session.count(f"SELECT {_sum('events')} FROM usage_segment"),
        first_day=day_text(first),
        last_day=day_text(last),
        pruned_before="" if pruned is None else day_text(pruned),
        bytes=size,
    )


def pruned_before(session: Session) -> int | None:
    """The first day that is kept."""
    return _state(session, PRUNED_BEFORE)


def _state(session: Session, name: str) -> int | None:
    found: dict[str, int] = {}
    for noted, value, proven in session.rows(StateRow, selecting(StateRow)):
        if noted not in STATES or proof((value,)) != proven:
            raise DamagedValue(f"the index's note `{shown(noted)}` is not what was stored")
        found[noted] = value
    return found.get(name)
