"""What the use cases need of the outside, as protocols; `service.wiring` names who provides it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from service.core.events import Batch, Rejected, Skipped
from service.core.trail.framing import Scan

UNREADABLE = "cannot be read"
"""The reason of a rejection that another try may not meet again."""

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that would be read: its name in reports, its size as stored, when it was last written, and where it is."""

    label: str
    bytes: int
    modified_ns: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a trail consists of, sorted by name, and what was left out while looking.

    `rejected_at` and `skipped_at` say where the files left out are, in the same order: names are cut to size, and
    several may share one. `roots` are the places that were looked through.
    """

    files: tuple[ListedFile, ...]
    rejected: tuple[Rejected, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    rejected_at: tuple[str, ...] = ()
    skipped_at: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()

    def covers(self, path: str) -> bool:
        """Whether a place was looked at."""
        return any(path == root or path.startswith(f"{root.rstrip('/')}/") for root in self.roots)


@dataclass(frozen=True, slots=True)
class FileRead:
    """What became of one file. `records` = `events` + rejected records + skipped records.

    `rejected` counts by reason, with the first few as `examples`; `skipped` counts by kind; `ignored` counts the
    members of events that could not be read and were left out. `tag` is a checksum of its bytes, empty where not all of
    them were read.
    """

    label: str
    bytes: int
    records: int
    events: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Rejected, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)
    tag: str = ""


class Folding(Protocol[R_co]):
    """Takes in the events of some files, one file after the other, and gives a result at the end."""

    def begin(self, file: ListedFile) -> None:
        """The next events are of this file."""

    @property
    def scan(self) -> Scan | None:
        """Takes in events of the file as they stand in it, where that can be done; the others come by `add`."""

    def add(self, batch: Batch) -> None:
        """Take in events of the file, in its order."""

    def end(self, read: FileRead) -> None:
        """The file is read; this became of it."""

    def result(self) -> R_co:
        """What there is to say, after the last file."""


class Trail(Protocol):
    """Where events come from."""

    def files(self) -> Listing:
        """What would be read.

        Raises:
            InputError: a place that the user named does not exist.
        """

    def fold(
        self, start: Callable[[], Folding[R]], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[Sequence[FileRead], R]]:
        """What became of some of the files, and the result of folding them; all files together, in their order.

        `start` makes what folds a part of the files, perhaps in another process, so it and the results are picklable.
        """
