"""A process that adds is killed at any moment: what it added is there whole, or not at all."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import pytest

from service.core.activity.spans import Spans
from service.core.trail.delivered import Delivered
from service.usecases.index_port import Addition, IndexBusy, UsageIndex
from service.wiring import usage_index
from tests.adapters.usage_index.additions import KEPT, Seen, numbered, seen
from tests.adapters.usage_index.processes import forked

KILLS = 60
_LONGEST = 0.25


@pytest.mark.slow
def test_killed_at_any_moment_the_index_holds_what_its_files_say(place: str) -> None:
    usage_index(place).close()
    grown = []
    for seed in range(KILLS):
        with forked(_add_for_ever, place) as adder:
            time.sleep(random.Random(seed).uniform(0, _LONGEST))
            adder.kill()
            adder.join()
            index = usage_index(place, create=False)
            with _held(index):
                numbers = {number for number, _ in map(_number_of, index.known_files())}
                assert seen(index) == _expected(sorted(numbers)), f"seed {seed}"
            assert list(index.check()) == [], f"seed {seed}"
            grown.append(len(numbers))
            index.close()
    print(f"{KILLS} kills, seeds 0 to {KILLS - 1}: {grown[-1]} additions stored")  # noqa: T201  # what pytest -s is for
    assert len(set(grown)) > KILLS / 4, "most were killed before they added anything"


def _add_for_ever(place: str) -> None:
    """From the first number that is not there yet; every third addition comes in two parts that wait for its files."""
    index = usage_index(place, create=False)
    with _held(index):
        known = {number for number, _ in map(_number_of, index.known_files())}
        for number in count(max(known, default=-1) + 1):
            for addition, pending in _parts(number):
                index.add(addition, pending)


def _parts(number: int) -> Iterator[tuple[Addition, str]]:
    whole = numbered(number, 3000)
    if number % 3:
        yield whole, ""
        return
    for segment in whole.segments:
        yield replace(whole, files=(), segments=(segment,)), whole.files[-1].path
    yield Addition(whole.files, ()), ""


def _number_of(path: str) -> tuple[int, int]:
    number, part = path.removeprefix("/trail/").removesuffix(".json.gz").split("-")
    return int(number), int(part)


@contextmanager
def _held(index: UsageIndex) -> Iterator[None]:
    """A server needs a moment to see that a connection has gone, and to finish what that one sent."""
    for _ in range(200):
        try:
            with index.adding():
                yield
                return
        except IndexBusy:
            time.sleep(0.02)
    pytest.fail("nobody let go")


def _expected(numbers: Sequence[int]) -> Seen:
    """What an index tells that was made of these in peace."""
    whole = [numbered(number, 3000) for number in numbers]
    spans = Spans()
    for addition in whole:
        spans.merge(addition.spans)
    segments = sorted(
        (each for addition in whole for each in addition.segments), key=lambda each: (each.principal, each.rows)
    )
    principals = {each.principal for each in segments}.union(*(addition.principals for addition in whole))
    files = {each.path: (each.read.bytes, each.modified_ns, each.tag) for addition in whole for each in addition.files}
    profiles = frozenset[tuple[str, str]]().union(*(addition.profiles for addition in whole))
    delivered = frozenset[Delivered]().union(*(addition.delivered for addition in whole))
    kept = KEPT if whole else {}
    return Seen(files, tuple(sorted(principals)), tuple(segments), spans.by_day, profiles, delivered, kept)
