"""What the use cases need of the outside, as protocols; `service.wiring` names who provides it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from service.core.events import Event, Rejected, Skipped

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file that would be read: its name in reports, its size as stored, and when it was last written."""

    label: str
    bytes: int
    modified_ns: int = 0


@dataclass(frozen=True, slots=True)
class Listing:
    """What a trail consists of, sorted by name, and what was left out while looking."""

    files: tuple[ListedFile, ...]
    rejected: tuple[Rejected, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class FileRead:
    """What became of one file. `records` = `events` + rejected records + skipped records.

    `rejected` counts by reason, with the first few as `examples`; `skipped` counts by kind; `ignored` counts the
    members of events that could not be read and were left out.
    """

    label: str
    bytes: int
    records: int
    events: int
    rejected: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Rejected, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    ignored: Mapping[str, int] = field(default_factory=dict)


class Trail(Protocol):
    """Where events come from."""

    def files(self) -> Listing:
        """What would be read.

        Raises:
            InputError: a place that the user named does not exist.
        """

    def fold(
        self, fold: Callable[[Iterable[Event]], R], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[FileRead, R]]:
        """The result of `fold` for the events of each file, in the order of `files`, whoever did the work.

        `fold` may run in another process, so it and its results must be picklable.
        """
