"""An index that is checked, and the states that answers are of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from service.core.activity.packing import packed, unpacked
from service.core.activity.spans import Spans
from service.core.errors import DamagedIndex
from service.usecases.index_checking import findings
from service.usecases.index_port import StoredSegment, UsageIndex
from service.usecases.index_reading import IndexReading, of_one_state
from service.usecases.index_upkeep import prune
from service.wiring import keep, usage_index
from tests.api.site import READER, USER
from tests.laws.indexed import (
    add,
    deliver,
)
from tests.usecases.index_sites import Site, call, unpacked_day


def test_the_version_changes_with_what_the_index_says(site: Site) -> None:
    folder, place = site
    with closing(usage_index(place)) as index:
        versions = [index.version()]
        add(place, folder)
        versions.append(index.version())
        add(place, folder)
        assert index.version() == versions[-1]
        with index.adding():
            prune(index, unpacked_day("2026-08-02"))
        versions.append(index.version())
        assert len(set(versions)) == 3


def test_answers_are_of_one_state(site: Site) -> None:
    folder, place = site
    add(place, folder)
    tries: list[int] = []

    def make(reading: IndexReading) -> int:
        tries.append(1)
        if len(tries) == 1:
            deliver(folder, "two.json", [call(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
            add(place, folder)
        return reading.inputs.files

    with closing(usage_index(place)) as index:
        assert of_one_state(index, keep, make) == 2
    assert len(tries) == 2


class Lying:
    """An index one of whose segments is not what it was."""

    def __init__(self, index: UsageIndex, change: Callable[[StoredSegment], StoredSegment]) -> None:
        self._index, self._change = index, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def segments(self, **given: Any) -> Iterator[StoredSegment]:
        """The first is another."""
        found = self._index.segments(**given)
        yield self._change(next(found))
        yield from found


def _count_more(stored: StoredSegment) -> StoredSegment:
    return replace(stored, packed=_with(stored, events=stored.packed.events + 1))


def _shift(stored: StoredSegment) -> StoredSegment:
    return replace(stored, packed=_with(stored, first_day=stored.packed.last_day + 1))


def _cut(stored: StoredSegment) -> StoredSegment:
    return replace(stored, packed=_with(stored, keys=stored.packed.keys[:-3]))


def _with(stored: StoredSegment, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(stored.packed, **changes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_count_more, "cannot be read"),
        (_shift, "outside of the days that it names"),
        (_cut, "cannot be read"),
    ],
)
def test_what_is_not_as_it_was_stored_is_found(
    site: Site, change: Callable[[StoredSegment], StoredSegment], says: str
) -> None:
    folder, place = site
    add(place, folder)
    with closing(usage_index(place)) as index:
        (found,) = findings(Lying(index, change))  # type: ignore[arg-type]  # it passes everything on
    assert says in found


def test_an_event_in_two_settled_segments_is_found(site: Site) -> None:
    folder, place = site
    add(place, folder)
    with closing(usage_index(place)) as index:
        first = next(index.segments(with_keys=True))
        twice = packed(unpacked(first.packed, with_keys=True))

        class Twice(Lying):
            def segments(self, **given: Any) -> Iterator[StoredSegment]:
                yield replace(first, packed=twice)
                yield from self._index.segments(**given)

        (found,) = findings(Twice(index, lambda each: each))  # type: ignore[arg-type]  # as above
    assert "though they were told apart" in found


@pytest.mark.parametrize("day", ["2026-08-02", "2026-08-20"])
def test_days_that_are_not_those_of_the_events_are_found(site: Site, day: str) -> None:
    folder, place = site
    add(place, folder)

    class Wider(Lying):
        def spans(self) -> Spans:
            wider = Spans(dict(self._index.spans().by_day))
            wider.append(f"{day}T23:59:59Z")
            return wider

    with closing(usage_index(place)) as index:
        (found,) = findings(Wider(index, lambda each: each))  # type: ignore[arg-type]  # as above
    assert found == f"what is noted of {day} is not when its first and last events were"


def test_what_is_added_while_it_is_checked_is_no_finding(site: Site) -> None:
    folder, place = site
    add(place, folder)

    class Growing(Lying):
        def spans(self) -> Spans:
            found = self._index.spans()
            if not (folder / "more.json").exists():
                deliver(folder, "more.json", [call(9, USER, "ec2.amazonaws.com", "DescribeVpcs", 20)])
                add(place, folder)
            return found

    with closing(usage_index(place)) as index:
        assert findings(Growing(index, lambda each: each)) == []  # type: ignore[arg-type]  # as above
    assert (folder / "more.json").exists()


def test_damage_is_a_finding(site: Site) -> None:
    folder, place = site
    add(place, folder)

    def broken(stored: StoredSegment) -> StoredSegment:
        raise DamagedIndex(f"segment {stored.id} is gone")

    with closing(usage_index(place)) as index:
        (found,) = findings(Lying(index, broken))  # type: ignore[arg-type]  # as above
    assert "is gone" in found
