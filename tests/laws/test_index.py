"""Laws of the index: however a trail got into it, it says to the byte what reading the files says."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.days import WindowAsked
from service.core.events import Event
from service.usecases.index_port import UsageIndex
from service.wiring import usage_index
from tests.conftest import SHARED
from tests.laws.indexed import (
    EVERYTHING,
    Broken,
    add,
    add_until,
    assert_same,
    deliver,
    empty_place,
    record_of,
    said_by_files,
    said_by_index,
    small_limits,
)
from tests.laws.test_activity import DAYS, File, deliveries

SAMPLE = Path(__file__).parents[2] / "samples" / "trail"
WINDOWS = (EVERYTHING, WindowAsked(days=1), WindowAsked(first=DAYS[1], last=DAYS[2]))
SAMPLE_WINDOWS = (EVERYTHING, WindowAsked(days=14), WindowAsked(first="2026-08-10", last="2026-08-20"))

LAW = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])

SHORTER_LAW = settings(LAW, max_examples=15)
"""For what differs from another law in one thing only."""

Delivery = tuple[tuple[Event, ...], list[File]]
LIMITS = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 3))
NATIVE = st.booleans()
"""Whether the native core reads, where it was built; it is compared with files that it does not read."""


# ---- generated trails


@LAW
@given(deliveries(), LIMITS, NATIVE, st.data())
def test_files_in_any_order_and_any_number_of_runs(
    delivery: Delivery, limits: tuple[int, int, int], native: bool, data: st.DataObject
) -> None:
    """Also with events that several files have, with everything let go of often, and with many segments joined."""
    _, files = delivery
    order = data.draw(st.permutations(files))
    runs = data.draw(st.integers(1, 3))
    with empty_place() as (folder, place), small_limits(*limits):
        for run in range(runs):
            for name, events in order[run::runs]:
                deliver(folder, name, map(record_of, events))
            add(place, folder, native=native)
        assert_same(said_by_index(place, WINDOWS), said_by_files(folder, WINDOWS))


@LAW
@given(deliveries(), LIMITS, NATIVE, st.data())
def test_files_that_grow(delivery: Delivery, limits: tuple[int, int, int], native: bool, data: st.DataObject) -> None:
    """What a file had before it grew counts once, as an event and as a record."""
    _, files = delivery
    with empty_place() as (folder, place), small_limits(*limits):
        for cut in (True, False):
            for name, events in files:
                size = data.draw(st.integers(0, len(events))) if cut else len(events)
                deliver(folder, name, map(record_of, events[:size]))
            add(place, folder, native=native)
        assert_same(said_by_index(place, WINDOWS), said_by_files(folder, WINDOWS))


@SHORTER_LAW
@given(deliveries(), LIMITS, NATIVE)
def test_files_that_are_delivered_again(delivery: Delivery, limits: tuple[int, int, int], native: bool) -> None:
    """The same content with another time of change: read again, and nothing is different."""
    _, files = delivery
    with empty_place() as (folder, place), small_limits(*limits):
        for _ in range(2):
            for name, events in files:
                deliver(folder, name, map(record_of, events))
            added = add(place, folder, native=native)
        assert (added.grown, added.replaced, added.known) == (len(files), 0, 0)
        assert_same(said_by_index(place, WINDOWS), said_by_files(folder, WINDOWS))


@LAW
@given(deliveries(), LIMITS, st.integers(0, 5))
def test_settling_that_was_interrupted(delivery: Delivery, limits: tuple[int, int, int], steps: int) -> None:
    """The answers are right before it is gone on with, and after."""
    _, files = delivery
    with empty_place() as (folder, place), small_limits(*limits):
        for name, events in files:
            deliver(folder, name, map(record_of, events))
        add_until(place, folder, lambda index: _StopsSettling(index, steps))
        expected = said_by_files(folder, WINDOWS)
        assert_same(said_by_index(place, WINDOWS), expected)
        add(place, folder)
        assert_same(said_by_index(place, WINDOWS), expected)


class _StopsSettling:
    """An index whose settling breaks after some steps, at its end at the latest."""

    def __init__(self, index: UsageIndex, steps: int) -> None:
        self._index = index
        self._left = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def settle(self, *given: Any) -> None:
        """One step."""
        if self._left == 0:
            raise Broken
        self._left -= 1
        self._index.settle(*given)

    def mark_settled(self) -> None:
        """Never reached."""
        raise Broken


# ---- the sample trail, and recorded ones


@pytest.mark.parametrize("workers", [1, 2])
def test_the_sample_trail(place: str, workers: int) -> None:
    assert add(place, SAMPLE, workers=workers).files == 22
    assert_same(said_by_index(place, SAMPLE_WINDOWS), said_by_files(SAMPLE, SAMPLE_WINDOWS))


def test_the_sample_trail_in_pieces(place: str, tmp_path: Path) -> None:
    """File after file, a run each, hardly anything held, from the last to the first."""
    folder = tmp_path / "trail"
    files = [path for path in sorted(SAMPLE.rglob("*"), reverse=True) if path.is_file()]
    with small_limits(500, 1000, 3):
        for path in files:
            copy = folder / path.relative_to(SAMPLE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
            add(place, folder)
    assert_same(said_by_index(place, SAMPLE_WINDOWS), said_by_files(folder, SAMPLE_WINDOWS))
    index = usage_index(place, create=False)
    assert list(index.check()) == []
    index.close()


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("trail", ["real", "fixtures"])
def test_recorded_trails(trail: str, workers: int, tmp_path: Path) -> None:
    folder, place = SHARED / "corpus" / trail, str(tmp_path / "index")
    windows = (EVERYTHING, WindowAsked(days=30))
    with small_limits(2000, 5000, 3):
        add(place, folder, workers=workers)
    assert_same(said_by_index(place, windows), said_by_files(folder, windows))
