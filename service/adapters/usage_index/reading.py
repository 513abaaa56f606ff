"""Questions to the tables of an index; each takes the connection of one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, case, cast, func, literal, select

from catalog.model import Operation
from service.adapters.usage_index.kinds import DamagedValue, to_text
from service.adapters.usage_index.proofs import proof
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
    DELIVERED,
    FILE,
    KEPT,
    LEFT_OUT,
    PRINCIPAL,
    PROFILE,
    PRUNED_BEFORE,
    SEGMENT,
    SPAN,
    STATE,
    STATES,
    VERSION,
)
from service.core.activity.moment import UNDATED, day_text
from service.core.activity.packing import Packed
from service.core.activity.profiles import Profile
from service.core.activity.spans import Day, Spans
from service.core.principals import Principal, PrincipalQuery
from service.core.shown import shown
from service.core.trail.delivered import Delivered
from service.usecases.index_port import FileTotals, IndexTotals, StoredSegment

_AT_ONCE = 64
"""How many segments are fetched at a time."""

_OWNERS = 200
"""How many principals are asked about at a time."""


def known_files(connection: Connection) -> dict[str, tuple[int, int, str]]:
    """By path: size, time of the last change, tag."""
    found = connection.execute(select(FILE.c.path, FILE.c.bytes, FILE.c.modified_ns, FILE.c.tag))
    return {to_text(path): (size, modified_ns, to_text(tag)) for path, size, modified_ns, tag in found}


def events_of(connection: Connection, paths: Iterable[str]) -> dict[str, int]:
    """By path, of those that are known."""
    one = select(FILE.c.events).where(FILE.c.key == bindparam("of"))
    found = {path: connection.execute(one, {"of": path_key(path)}).scalar() for path in paths}
    return {path: events for path, events in found.items() if events is not None}


def version(connection: Connection) -> int:
    """Of what all tables hold together."""
    return _state(connection, CHANGED) or 0


def principals(connection: Connection, *conditions: ColumnElement[bool]) -> list[tuple[Principal, int]]:
    """Those that the conditions hold for, with their ids; sorted."""
    rows = connection.execute(select(PRINCIPAL).where(*conditions))
    return sorted((read_principal(row), row.id) for row in rows)


def asked(query: PrincipalQuery | None, principal: Principal | None) -> Iterator[ColumnElement[bool]]:
    """The conditions for those that are asked for."""
    if query is not None:
        yield PRINCIPAL.c.asked == asked_key(query.account, query.name)
    if principal is not None:
        yield PRINCIPAL.c.key == principal_key(principal)


def segments(connection: Connection, principal: Principal, of: int, *, with_keys: bool) -> Iterator[StoredSegment]:
    """Those of one principal, by id."""
    statement = _segments(with_keys).where(SEGMENT.c.principal_id == of).order_by(SEGMENT.c.id)
    with connection.execute(statement) as found:
        for _, *row in found:
            yield _segment(principal, *row)


def together(
    connection: Connection, owners: Mapping[int, Principal], *, all_of_them: bool, with_keys: bool
) -> Iterator[tuple[Principal, list[StoredSegment]]]:
    """Those of each of many principals, given by their ids, in few queries."""
    statement = _segments(with_keys).order_by(SEGMENT.c.principal_id, SEGMENT.c.id)
    of = SEGMENT.c.principal_id
    parts = [sorted(owners)[at : at + _OWNERS] for at in range(0, len(owners), _OWNERS)]
    for each in [statement] if all_of_them else [statement.where(of.in_(part)) for part in parts]:
        with connection.execute(each) as found:
            for number, rows in groupby(found, itemgetter(0)):
                yield owners[number], [_segment(owners[number], *row) for _, *row in rows]


def _segments(with_keys: bool) -> Select[Any]:
    c = SEGMENT.c
    keys = c["keys"] if with_keys else literal(b"")
    columns = (c.id, c.is_settled, c.first_day, c.last_day, c.events, c.records, c.rows, keys, c.seal)
    return select(c.principal_id, *columns).execution_options(yield_per=_AT_ONCE)


def _segment(principal: Principal, id_: int, is_settled: bool, *columns: Any) -> StoredSegment:
    *stored, seal = columns
    packed = Packed(principal, *stored)
    if segment_seal(packed) != seal:
        raise DamagedValue(f"segment {id_} of `{shown(principal.label)}` is not what was stored")
    return StoredSegment(id_, is_settled, packed)


def unsettled() -> ColumnElement[bool]:
    """The condition that holds for principals with several segments, one of which is not settled."""
    having = select(SEGMENT.c.principal_id).where(~SEGMENT.c.is_settled)
    count = select(func.count()).select_from(SEGMENT).where(SEGMENT.c.principal_id == PRINCIPAL.c.id)
    return PRINCIPAL.c.id.in_(having) & (count.scalar_subquery() > 1)


def spans(connection: Connection) -> Spans:
    """By day."""
    found: dict[int, Day] = {}
    for day, *numbers, proven in connection.execute(select(SPAN).order_by(SPAN.c.day)):
        if proof((day, *numbers)) != proven:
            raise DamagedValue(f"what is noted of {_day_text(day)} is not what was stored")
        found[day] = Day(*numbers)
    return Spans(found)


def _day_text(day: int) -> str:
    """A day as a text; its number where that is none."""
    return day_text(day) if 0 < day <= date.max.toordinal() else f"day {day}"


def profiles(connection: Connection) -> frozenset[Profile]:
    """Of instances."""
    return frozenset(map(read_profile, connection.execute(select(PROFILE))))


def delivered(connection: Connection) -> frozenset[Delivered]:
    """Of files."""
    return frozenset(chain.from_iterable(map(read_delivered, connection.execute(select(DELIVERED)))))


def kept(connection: Connection) -> dict[Operation, frozenset[str]]:
    """By operation."""
    return dict(map(read_kept, connection.execute(select(KEPT).order_by(KEPT.c.source, KEPT.c.name))))


def file_totals(connection: Connection) -> FileTotals:
    """Sums, and what has more to say."""
    c = FILE.c
    changed = case((proof((c.bytes, c.records, c.events)) != c.proof, 1), else_=0)
    sums = select(func.count(), _sum(c.bytes), _sum(c.records), _sum(c.events), _sum(changed))
    *counts, not_stored = connection.execute(sums).one()
    if not_stored:
        raise DamagedValue(f"the counts of {not_stored} files are not what was stored")
    reports = connection.execute(select(FILE).where(c.report.is_not(None)).order_by(c.label, c.path))
    left_out = connection.execute(select(LEFT_OUT).order_by(LEFT_OUT.c.label, LEFT_OUT.c.path))
    files, size, records, events = counts
    return FileTotals(
        files,
        size,
        records,
        events,
        tuple(map(read_file, map(sealed_file, reports))),
        tuple(map(read_left_out, left_out)),
    )


def totals(connection: Connection, size: int) -> IndexTotals:
    """Counts of everything."""
    days = spans(connection).by_day
    first, last = min(days, default=UNDATED), max(days, default=UNDATED)
    pruned = pruned_before(connection)
    return IndexTotals(
        format=int(VERSION),
        files=file_totals(connection),
        principals=_count(connection, PRINCIPAL.c.id),
        segments=_count(connection, SEGMENT.c.principal_id),
        unsettled=_count(connection, SEGMENT.c.principal_id, ~SEGMENT.c.is_settled),
        events=connection.execute(select(_sum(SEGMENT.c.events))).scalar_one(),
        first_day=day_text(first),
        last_day=day_text(last),
        pruned_before="" if pruned is None else day_text(pruned),
        bytes=size,
    )


def pruned_before(connection: Connection) -> int | None:
    """The first day that is kept."""
    return _state(connection, PRUNED_BEFORE)


def _state(connection: Connection, name: str) -> int | None:
    found: dict[str, int] = {}
    for noted, value, proven in connection.execute(select(STATE)):
        if noted not in STATES or proof((value,)) != proven:
            raise DamagedValue(f"the index's note `{shown(noted)}` is not what was stored")
        found[noted] = value
    return found.get(name)


def _sum(column: ColumnElement[int]) -> ColumnElement[int]:
    """As a whole number: PostgreSQL adds those up to a decimal one."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def _count(connection: Connection, column: ColumnElement[int], *conditions: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count(column)).where(*conditions)).scalar_one()
