"""The index of three million entries: copies of one that was built, that answer as it does."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from bench.performance.asked import grow
from service.core.activity.activity import Used
from service.core.activity.packing import unpacked
from service.core.days import Window
from service.core.principals import parse_principal
from service.usecases.index_port import UsageIndex
from service.usecases.index_reading import IndexReading
from service.usecases.indexing import add_trail
from service.usecases.reading import of_query
from service.wiring import file_trail, keep, usage_index

TRAIL = Path(__file__).parents[2] / "samples" / "trail"


def test_a_grown_index_answers_as_the_small_one(tmp_path: Path) -> None:
    place = str(tmp_path / "small.sqlite")
    add_trail(partial(usage_index, place), file_trail([TRAIL], 1), keep)
    small, large = usage_index(place, create=False), usage_index(str(tmp_path / "large.sqlite"))
    segments = list(small.segments(with_keys=True))
    entries = sum(len(unpacked(each.packed, with_keys=False).rows) for each in segments)
    assert grow(small, segments, large, 2 * entries + 1, entries) == 3 * entries
    assert len(large.principals()) == 3 * len(small.principals())
    assert usage(large, "111122223333") == usage(small, "111122223333")
    assert len(usage(large, "111122223334").usage) == len(usage(small, "111122223333").usage) > 100
    small.close()
    large.close()


def usage(index: UsageIndex, account: str) -> Used:
    _, activity = of_query(IndexReading(index, keep), parse_principal(f"arn:aws:iam::{account}:role/orders-api"))
    return activity.used(Window())
