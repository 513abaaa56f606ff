"""How fast an index answers inside one process: one principal's usage, and a whole proposal with its proof."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from bench.performance.figure import Figure, milliseconds
from service.core.activity.packing import unpacked
from service.core.beside import Beside
from service.core.days import Window, WindowAsked
from service.core.principals import Principal, PrincipalQuery, PrincipalType, parse_principal
from service.usecases.index_port import Addition, IndexedFile, StoredSegment, UsageIndex
from service.usecases.index_reading import IndexReading
from service.usecases.ports import FileRead
from service.usecases.reading import of_query
from service.wiring import current_in, keep, parts, usage_index

ASKABLE = frozenset({PrincipalType.ROLE, PrincipalType.USER, PrincipalType.IDENTITY_CENTER_ROLE})
_TIMES = 30


def questions(built: Path, current: Path, median_arn: str, scratch: Path, least: int) -> Iterator[Figure]:
    """What is asked of an index with at least so many entries, made from one that was built."""
    small = usage_index(str(built), create=False)
    segments = list(small.segments(with_keys=True))
    sizes = {each.id: len(unpacked(each.packed, with_keys=False).rows) for each in segments}
    large = usage_index(str(scratch / "large.sqlite"))
    entries = grow(small, segments, large, least, sum(sizes.values()))
    for who, (arn, rows) in _chosen(segments, sizes).items():
        asking = _usage_of(large, parse_principal(arn))
        what = f"usage of the {who} principal ({rows:,} entries) in an index of {entries:,}, in the process"
        yield Figure(what, milliseconds(_times(asking)), _AIMS[who])
    large.close()
    yield _proposal(small, parse_principal(median_arn), current)
    small.close()


def grow(small: UsageIndex, segments: Sequence[StoredSegment], large: UsageIndex, least: int, entries: int) -> int:
    """Fill an index with copies of another, each in accounts of its own, until it has enough entries."""
    copies = -(-least // max(1, entries))
    read = FileRead("made", 0, copies, copies)
    with large.adding():
        large.add(Addition((IndexedFile("made", 0, read),), (), spans=small.spans(), kept=small.kept()))
        for number in range(copies):
            packed = [
                msgspec.structs.replace(each.packed, principal=_moved(each.packed.principal, number))
                for each in segments
            ]
            large.add(Addition((), tuple(packed), frozenset(each.principal for each in packed)))
        large.mark_settled()
    return copies * entries


def _moved(principal: Principal, number: int) -> Principal:
    """The same principal in another account; one that has no account, under another name."""
    if not principal.account.isdigit():
        return replace(principal, name=f"{principal.name}-{number}") if number else principal
    account = f"{(int(principal.account) + number) % 10**12:012d}"
    return replace(principal, account=account, arn=principal.arn.replace(principal.account, account))


_AIMS = {"busiest": "10 ms", "median": "1 ms"}


def _chosen(segments: Sequence[StoredSegment], sizes: dict[int, int]) -> dict[str, tuple[str, int]]:
    """The principals with the most and with the middle number of entries."""
    found = {each.packed.principal.arn: sizes[each.id] for each in segments if each.packed.principal.type in ASKABLE}
    by_size = sorted(((rows, arn) for arn, rows in found.items() if arn), reverse=True)
    return {who: (by_size[at][1], by_size[at][0]) for who, at in (("busiest", 0), ("median", len(by_size) // 2))}


def _usage_of(index: UsageIndex, query: PrincipalQuery) -> Callable[[], object]:
    """The question as a service that stays up asks it: who there is, it has read before."""
    reading = IndexReading(index, keep)
    of_query(reading, query)
    return lambda: of_query(reading, query)[1].used(Window())


def _proposal(index: UsageIndex, query: PrincipalQuery, current: Path) -> Figure:
    granted = current_in([current], query)
    reading = IndexReading(index, keep)
    times = _times(lambda: parts().proposer.propose(reading, query, WindowAsked(), Beside(granted)))
    return Figure(
        "a whole proposal with proof against current policies, median principal, in the process",
        milliseconds(times),
        "150 ms",
    )


def _times(work: Callable[[], object]) -> list[float]:
    """Warm: the first time is not counted."""
    work()
    found = []
    for _ in range(_TIMES):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found
