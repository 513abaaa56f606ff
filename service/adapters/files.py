"""Trails on this machine's disk: files and folders of CloudTrail logs."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Generic, TypeVar
from zlib import crc32

from service.adapters.listing import SPECIAL, Found, Place, find
from service.adapters.workers import Stop, map_in_order, tell
from service.core.trail.at_once import SMALL, at_once
from service.core.trail.framing import Found as FoundRecords
from service.core.trail.framing import Scan, read
from service.core.trail.tally import Tally
from service.core.trail.unpacking import unpacked
from service.core.trail.window import Chunk, Fault
from service.usecases.ports import UNREADABLE, FileRead, Folding, ListedFile, Listing

R = TypeVar("R")

_PIECE = 1 << 16

_SMALLEST_TASK = 4 << 20
_FILE_BYTES = 2_000
"""What opening a file costs, as bytes that could be read in that time."""


class FileTrail:
    """The events in files and folders, whatever form they have. Which workers read what never shows in the result."""

    def __init__(
        self,
        paths: Sequence[Path],
        workers: int = 1,
        besides: Collection[str] = frozenset(),
        stop: Stop | None = None,
    ) -> None:
        self._paths = tuple(paths)
        self._workers = workers
        self._besides = frozenset(besides)
        self._stop = stop or Stop.among(workers)

    def tag_of(self, path: str, size: int) -> str:
        """The checksum of so many bytes of a file, as `FileRead` has it; empty where it has fewer, or none that can be
        read.
        """
        checksum, left = 0, size
        with closing(_File(path, self._stop)) as file:
            for piece in file.pieces():
                if not left or not isinstance(piece, bytes):
                    break
                checksum, left = crc32(piece[:left], checksum), max(left - len(piece), 0)
        return "" if left else _tag(checksum)

    def again(self) -> FileTrail:
        """The trail as it is now; `finish` ends the reading of this one too."""
        return FileTrail(self._paths, self._workers, self._besides, self._stop)

    def finish(self) -> None:
        """Have the files that are being read finished, and no other begun."""
        self._stop.finish()

    @property
    def is_finishing(self) -> bool:
        """Whether no other file is begun."""
        return self._stop.is_near

    def without(self, paths: Collection[str]) -> FileTrail:
        """The trail without the files at these places, as `ListedFile.path` has them."""
        left = FileTrail(self._paths, self._workers, self._besides, self._stop)
        left._found = Found(_without(self._found.places, frozenset(paths)))  # of the same class
        return left

    def files(self) -> Listing:
        """What would be read.

        Raises:
            InputError: a path does not exist.
        """
        found = self._found
        files = tuple(map(listed, found.places))
        at = tuple(found.rejected_at), tuple(found.skipped_at)
        return Listing(files, tuple(found.rejected), tuple(found.skipped), *at, found.roots)

    def fold(
        self, start: Callable[[], Folding[R]], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[Sequence[FileRead], R]]:
        """The results of folding parts of the files; one worker takes all of them as one part."""
        if self._workers <= 1:
            yield _Task(start)(tuple(self._found.places), self._stop, progress)
            return
        tasks = _tasks(self._found.places, self._workers)
        hear = None if progress is None else partial(_heard, progress)
        yield from map_in_order(_Task(start), tasks, self._workers, self._stop, hear)

    @cached_property
    def _found(self) -> Found:
        found = find(self._paths)
        if self._besides:
            found.places = _without(found.places, self._besides)
        return found


def _without(places: Sequence[Place], paths: frozenset[str]) -> list[Place]:
    return [place for place in places if place.at not in paths]


def _tasks(places: Sequence[Place], workers: int) -> Iterator[tuple[Place, ...]]:
    """Files in their order, in parts of about the same size, one for each worker.

    With more of them, what is learnt of one part would be learnt again for the next, and what is kept be in more parts.
    """
    each = sum(place.bytes + _FILE_BYTES for place in places) / workers
    most = max(each, _SMALLEST_TASK)
    task: list[Place] = []
    size = 0
    for place in places:
        task.append(place)
        size += place.bytes + _FILE_BYTES
        if size >= most:
            yield tuple(task)
            task, size = [], 0
    if task:
        yield tuple(task)


@dataclass(frozen=True, slots=True)
class _Task(Generic[R]):
    """What a worker does with its files."""

    start: Callable[[], Folding[R]]

    def __call__(
        self, places: tuple[Place, ...], stop: Stop, progress: Callable[[FileRead], None] | None = None
    ) -> tuple[Sequence[FileRead], R]:
        folding = self.start()
        reads = []
        for place in places:
            if stop.is_near:
                break
            reads.append(read_file(place, folding, stop))
            (progress or _tell)(reads[-1])
        return reads, folding.result()


def _tell(read: FileRead) -> None:
    """As much as whoever looks on needs."""
    tell(read.bytes, read.records, read.events, sum(read.rejected.values()))


def _heard(progress: Callable[[FileRead], None], told: tuple[int, ...]) -> None:
    size, records, events, rejected = told
    progress(FileRead("", size, records, events, {"": rejected} if rejected else {}))


def read_file(place: Place, folding: Folding[R], stop: Stop) -> FileRead:
    """Fold the events of one file, and say what became of its records."""
    tally = Tally(place.label)
    folding.begin(listed(place))
    with closing(_File(place.path, stop)) as file:
        for batch in tally.taken(_records(file, place.bytes, folding.scan)):
            folding.add(batch)
    counts = (dict(sorted(each.items())) for each in (tally.rejected, tally.skipped, tally.ignored))
    rejected, skipped, ignored = counts
    examples = tuple(tally.examples)
    done = FileRead(
        place.label, place.bytes, tally.records, tally.events, rejected, examples, skipped, ignored, file.tag
    )
    folding.end(done)
    return done


def _records(file: _File, size: int, scan: Scan | None) -> Iterable[FoundRecords]:
    """What is in a file that had this size."""
    small = file.whole(SMALL) if scan is not None and size <= SMALL else None
    if scan is not None and small is not None and (found := at_once(small, scan)) is not None:
        return (found,)
    return read(unpacked(file.pieces(), file.pieces), scan=scan)


def listed(place: Place) -> ListedFile:
    """The file as use cases know it."""
    return ListedFile(place.label, place.bytes, place.modified_ns, place.at)


def _tag(checksum: int) -> str:
    return f"crc32:{checksum:08x}"


# Without O_NONBLOCK, a FIFO that took the file's place since it was listed would wait for somebody to write.
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class _File:
    """A file that is opened once, so that reading it again is reading the same, whatever takes its name meanwhile."""

    def __init__(self, path: str, stop: Stop) -> None:
        self._path = path
        self._stop = stop
        self._descriptor: int | None = None
        self.tag = ""

    def pieces(self) -> Iterator[Chunk]:
        """The bytes from the beginning. A file that cannot be read, or not to its end, says so in the last place."""
        try:
            if not stat.S_ISREG(os.fstat(self._open()).st_mode):
                yield Fault(UNREADABLE, SPECIAL)
                return
            os.lseek(self._open(), 0, os.SEEK_SET)
            checksum = 0
            while piece := os.read(self._open(), _PIECE):
                self._stop.check()
                checksum = crc32(piece, checksum)
                yield piece
            self.tag = _tag(checksum)
        except OSError as error:
            yield Fault(UNREADABLE, (error.strerror or "").lower())

    def whole(self, most: int) -> bytes | None:
        """All its bytes; `None` where they are more than `most`, or cannot be read, of which `pieces` says why."""
        try:
            status = os.fstat(self._open())
            if not stat.S_ISREG(status.st_mode) or status.st_size > most:
                return None
            self._stop.check()
            content = os.read(self._open(), most + 1)
        except OSError:
            return None
        if len(content) != status.st_size:  # it changes just now
            return None
        self.tag = _tag(crc32(content))
        return content

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self._path, _FLAGS)
        return self._descriptor

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
