"""Keeping a usage index in order: events count once, old days go, and it is of one reading of the catalog."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from catalog.model import Operation
from service.core.activity.merging import merged
from service.core.activity.packing import Packed, packed, unpacked
from service.core.activity.pruning import since
from service.core.activity.settling import settled
from service.core.errors import IndexUnusable
from service.core.usage import Keep
from service.usecases.index_port import StoredSegment, UsageIndex

MOST_SEGMENTS = 16
"""How many segments of one principal there may be before those that are small are joined."""

MOST_JOINED = 300_000
"""How many events a segment may have that others are joined to: joining takes about 150 bytes for each."""


def settle(index: UsageIndex, is_ending: Callable[[], bool] = lambda: False) -> None:
    """Count every event once: of each principal, take out of later segments what earlier ones have; join many to one.

    `index` must be held by `adding`. When `is_ending` says so, the rest is left to the next time.
    """
    waiting: list[tuple[Sequence[StoredSegment], Sequence[Packed]]] = []
    events = 0
    for _, stored in index.together(index.unsettled(), with_keys=True):
        if is_ending():
            break
        left = _settled([each.packed for each in stored])
        if left == [old.packed for old in stored]:
            continue
        waiting.append((stored, left))
        events += sum(each.packed.events for each in stored)
        if events > MOST_JOINED:
            index.settle(waiting)
            waiting, events = [], 0
    if waiting:
        index.settle(waiting)
    if not is_ending():
        index.mark_settled()


def _settled(segments: Sequence[Packed]) -> list[Packed]:
    apart = _without_empty(settled(segments))
    return apart if len(apart) <= MOST_SEGMENTS else list(map(_joined, _groups(apart)))


def _groups(segments: Sequence[Packed]) -> Iterator[list[Packed]]:
    """Neighbours that together are not too large to be joined in memory."""
    group: list[Packed] = []
    events = 0
    for segment in segments:
        if group and events + segment.events > MOST_JOINED:
            yield group
            group, events = [], 0
        group.append(segment)
        events += segment.events
    yield group


def _joined(group: Sequence[Packed]) -> Packed:
    return group[0] if len(group) == 1 else packed(merged([unpacked(each, with_keys=True) for each in group]))


def _without_empty(apart: Sequence[Packed]) -> list[Packed]:
    """Those that have events left. The others only say that records told of events again, which the first says too."""
    full = [each for each in apart if each.events]
    again = sum(each.records for each in apart if not each.events)
    if full and again:
        full[0] = msgspec.structs.replace(full[0], records=full[0].records + again)
    return full or list(apart)


def prune(index: UsageIndex, day: int) -> None:
    """Forget everything before a day, for good. The files stay known, so that they are not read again.

    `index` must be held by `adding`.
    """
    settle(index)
    index.prune(day, (_pruned(each, day) for each in index.segments(with_keys=True) if each.packed.first_day < day))


def _pruned(stored: StoredSegment, day: int) -> tuple[StoredSegment, Packed | None]:
    left = since(unpacked(stored.packed, with_keys=True), day)
    return stored, packed(left) if left.rows else None


def check_kept(stored: Mapping[Operation, frozenset[str]], keep: Keep, operations: Collection[Operation]) -> None:
    """Whether rows of these operations are what they would be if the files were read now.

    Raises:
        IndexUnusable: they were reduced with another catalog or other overrides.
    """
    changed = sorted(
        (each for each in operations if stored.get(each, frozenset()) != keep(each)),
        key=lambda each: (each.source, each.name),
    )
    if changed:
        first = f"{changed[0].source} {changed[0].name}"
        raise IndexUnusable(
            f"the index was made with another catalog or other overrides, which read `{first}` differently: "
            "build it again with `whittle index add --rebuild`, or give those"
        )
