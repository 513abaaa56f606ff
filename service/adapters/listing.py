"""Files and folders that the user named to the files that would be read: each once, sorted, nothing that hangs."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service.core.errors import InputError
from service.core.events import Rejected, Skipped
from service.core.shown import shown
from service.usecases.ports import UNREADABLE

SEEN = "already read under another name"
SPECIAL = "not a regular file"


@dataclass(frozen=True, slots=True)
class Place:
    """A file on this machine, `at` its absolute path, and its name in reports."""

    path: str
    at: str
    label: str
    bytes: int
    modified_ns: int


@dataclass(slots=True)
class Found:
    """Everything under the paths that the user named."""

    places: list[Place] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    rejected_at: list[str] = field(default_factory=list)
    skipped_at: list[str] = field(default_factory=list)
    roots: tuple[str, ...] = ()


def find(paths: Sequence[Path]) -> Found:
    """Every file under the paths, sorted. Labels are relative to the folder, or as written where there are several.

    Raises:
        InputError: a path does not exist.
    """
    search = _Search()
    named = sorted(set(paths))
    for path in named:
        if not os.path.lexists(path):
            raise InputError(f"`{shown(str(path))}` does not exist: name a file or folder of CloudTrail logs")
        search.visit(str(path), _label(path, alone=len(named) == 1))
    found = search.found
    found.roots = tuple(map(os.path.abspath, named))
    found.places.sort(key=lambda place: (place.label, place.path))
    return found


def _within_64_bits(nanoseconds: int) -> int:
    """A time of change that an index can keep: what is beyond the year 2262 is all one moment."""
    return min(max(nanoseconds, -(1 << 63)), (1 << 63) - 1)


def _label(path: Path, *, alone: bool) -> str:
    if not alone:
        return str(path)
    return "" if path.is_dir() else path.name


class _Search:
    """A walk over folders. `_seen` holds what was met by device and inode, so that loops of links come to an end."""

    def __init__(self) -> None:
        self.found = Found()
        self._seen: set[tuple[int, int]] = set()

    def visit(self, path: str, label: str) -> None:
        """Take in a file, or a folder and everything under it."""
        waiting = [(path, label)]
        while waiting:
            waiting.extend(reversed(self._visit(*waiting.pop())))

    def _visit(self, path: str, label: str) -> list[tuple[str, str]]:
        """Take in one path; what is within it is still to be visited."""
        try:
            status = os.stat(path)  # noqa: PTH116  # of 10,000 files, a Path each would be the slow part
        except OSError as error:
            self._reject(path, label, error)
            return []
        key = (status.st_dev, status.st_ino)
        if key in self._seen:
            self._skip(path, label, SEEN)
            return []
        self._seen.add(key)
        if stat.S_ISDIR(status.st_mode):
            return self._within(path, label)
        if stat.S_ISREG(status.st_mode):
            at = os.path.abspath(path)  # noqa: PTH100  # see above
            changed = _within_64_bits(status.st_mtime_ns)
            self.found.places.append(Place(path, at, shown(label), status.st_size, changed))
        else:  # opening a FIFO waits for somebody to write
            self._skip(path, label, SPECIAL)
        return []

    def _within(self, folder: str, label: str) -> list[tuple[str, str]]:
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  # see above
        except OSError as error:
            self._reject(folder, label, error)
            return []
        prefix = f"{label.rstrip('/')}/" if label else ""
        return [(f"{folder}/{name}", f"{prefix}{name}") for name in names]

    def _skip(self, path: str, label: str, kind: str) -> None:
        self.found.skipped_at.append(os.path.abspath(path))  # noqa: PTH100  # of a link, not of its target
        self.found.skipped.append(Skipped(shown(label), kind))

    def _reject(self, path: str, label: str, error: OSError) -> None:
        self.found.rejected_at.append(os.path.abspath(path))  # noqa: PTH100  # as above
        self.found.rejected.append(Rejected(shown(label), 0, UNREADABLE, (error.strerror or "").lower()))
