"""Recorded trails: everything in them is an event, or counted as what it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from service.adapters.files import FileTrail
from service.core.events import Batch
from service.usecases.ports import FileRead, ListedFile

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not CORPUS.is_dir(), reason="the recorded trails are not beside this checkout"),
]


class Count:
    """How many events the files hold."""

    scan = None

    def __init__(self) -> None:
        self._events = 0

    def begin(self, file: ListedFile) -> None:
        del file

    def add(self, batch: Batch) -> None:
        self._events += len(batch)

    def end(self, read: FileRead) -> None:
        del read

    def result(self) -> int:
        return self._events


def test_nothing_of_the_corpus_is_lost() -> None:
    totals: dict[str, Counter[str]] = {"rejected": Counter(), "skipped": Counter(), "ignored": Counter()}
    events = records = files = 0
    for reads, counted in FileTrail([CORPUS], workers=2).fold(Count):
        assert counted == sum(file.events for file in reads)
        for file in reads:
            files, records, events = files + 1, records + file.records, events + file.events
            for name, total in totals.items():
                total.update(getattr(file, name))
    assert (files, records, events) == (36, 26_387, 26_371)
    assert totals["rejected"] == {"no eventSource": 1}
    assert totals["skipped"] == {"Insights record": 12, "digest file": 3}
    assert totals["ignored"] == {"eventTime": 10, "resources": 1, "resources[]": 1, "readOnly": 1}
