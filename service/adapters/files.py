"""Trails on this machine's disk: files and folders of CloudTrail logs."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from service.adapters.listing import SPECIAL, UNREADABLE, Found, Place, find
from service.adapters.workers import Stop, map_in_order
from service.core.events import Event
from service.core.trail.framing import read
from service.core.trail.tally import Tally
from service.core.trail.unpacking import unpacked
from service.core.trail.window import Chunk, Fault
from service.usecases.ports import FileRead, ListedFile, Listing

R = TypeVar("R")

_PIECE = 1 << 16
_TASK_BYTES = 4 << 20
_TASK_FILES = 200


class FileTrail:
    """The events in files and folders, whatever form they have. Which workers read what never shows in the result."""

    def __init__(self, paths: Sequence[Path], workers: int = 1) -> None:
        self._paths = tuple(paths)
        self._workers = workers

    def files(self) -> Listing:
        """What would be read.

        Raises:
            InputError: a path does not exist.
        """
        found = self._found
        listed = tuple(ListedFile(place.label, place.bytes, place.modified_ns) for place in found.places)
        return Listing(listed, tuple(found.rejected), tuple(found.skipped))

    def fold(
        self, fold: Callable[[Iterable[Event]], R], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[FileRead, R]]:
        """The result of `fold` for the events of each file, in the order of `files`."""
        tasks = _tasks(self._found.places)
        for results in map_in_order(_Task(fold), tasks, self._workers):
            for read_, result in results:
                if progress is not None:
                    progress(read_)
                yield read_, result

    @cached_property
    def _found(self) -> Found:
        return find(self._paths)


def _tasks(places: Sequence[Place]) -> Iterator[tuple[Place, ...]]:
    """Files in their order, in portions that are worth a worker's way."""
    task: list[Place] = []
    size = 0
    for place in places:
        task.append(place)
        size += place.bytes
        if size >= _TASK_BYTES or len(task) >= _TASK_FILES:
            yield tuple(task)
            task, size = [], 0
    if task:
        yield tuple(task)


@dataclass(frozen=True, slots=True)
class _Task(Generic[R]):
    """What a worker does with its files."""

    fold: Callable[[Iterable[Event]], R]

    def __call__(self, places: tuple[Place, ...], stop: Stop) -> list[tuple[FileRead, R]]:
        return [read_file(place, self.fold, stop) for place in places]


def read_file(place: Place, fold: Callable[[Iterable[Event]], R], stop: Stop) -> tuple[FileRead, R]:
    """Fold the events of one file, and say what became of its records."""
    tally = Tally(place.label)
    events = tally.taken(read(unpacked(_pieces(place.path, stop))))
    result = fold(events)
    for _ in events:  # what the fold left
        pass
    counts = (dict(sorted(each.items())) for each in (tally.rejected, tally.skipped, tally.ignored))
    rejected, skipped, ignored = counts
    examples = tuple(tally.examples)
    return FileRead(place.label, place.bytes, tally.records, tally.events, rejected, examples, skipped, ignored), result


# Without O_NONBLOCK, a FIFO that took the file's place since it was listed would wait for somebody to write.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def _pieces(path: str, stop: Stop) -> Iterator[Chunk]:
    """The file's bytes. A file that cannot be read, or not to its end, says so in the last place."""
    try:
        with os.fdopen(os.open(path, _FLAGS), "rb", buffering=0) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                yield Fault(UNREADABLE, SPECIAL)
                return
            while piece := file.read(_PIECE):
                stop.check()
                yield piece
    except OSError as error:
        yield Fault(UNREADABLE, (error.strerror or "").lower())
