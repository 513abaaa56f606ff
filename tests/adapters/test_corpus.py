"""Recorded trails: everything in them is an event, or counted as what it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from service.adapters.files import FileTrail
from service.core.events import Event

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the recorded trails are not beside this checkout"),
]


def count(events: Iterable[Event]) -> int:
    return sum(1 for _ in events)


def test_nothing_of_the_corpus_is_lost() -> None:
    totals: dict[str, Counter[str]] = {"rejected": Counter(), "skipped": Counter(), "ignored": Counter()}
    events = records = files = 0
    for file, counted in FileTrail([CORPUS], workers=2).fold(count):
        assert counted == file.events
        files, records, events = files + 1, records + file.records, events + file.events
        for name, total in totals.items():
            total.update(getattr(file, name))
    assert (files, records, events) == (36, 26_387, 26_371)
    assert totals["rejected"] == {"no eventSource": 1}
    assert totals["skipped"] == {"Insights record": 12, "digest file": 3}
    assert totals["ignored"] == {"eventTime": 10, "resources": 1, "resources[]": 1, "readOnly": 1}
