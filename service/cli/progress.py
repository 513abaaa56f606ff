"""Progress bars on standard error for long reads, when it is a terminal; silent otherwise.

They are drawn when something was read, and not by a thread: with one, workers could not be forked.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from service.usecases.ports import FileRead, Trail

if TYPE_CHECKING:
    from rich.progress import Progress


@contextmanager
def reading(trail: Trail) -> Iterator[Callable[[FileRead], None] | None]:
    """Gives what a reader calls after every file, or None when nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    listed = trail.files().files
    with _progress() as progress:
        bar = ReadingBar(progress)
        bar.begin(len(listed), sum(each.bytes for each in listed))
        yield bar.read


@contextmanager
def adding() -> Iterator[ReadingBar | None]:
    """Gives what looks on while files are added to an index, or None when nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    with _progress() as progress:
        yield ReadingBar(progress)


def _progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[files]:,} of {task.fields[of]:,} files, {task.fields[events]:,} events"),
        TextColumn("{task.fields[rate]:,.0f} a second, left:"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)


class ReadingBar:
    """One line: files, events, events a second, and the time left by the bytes that are left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._files = self._events = 0
        self._drawn = self._began = time.monotonic()
        self._task = progress.add_task("looking for new files", total=None, files=0, of=0, events=0, rate=0.0)
        progress.refresh()

    def begin(self, files: int, size: int) -> None:
        """So many files, of so many bytes, are to be read."""
        self._files = self._events = 0
        self._began = time.monotonic()
        self._progress.reset(self._task, total=max(size, 1), description="reading", files=0, of=files, events=0, rate=0)
        self._progress.refresh()

    def read(self, read: FileRead) -> None:
        """One of them was."""
        self._files += 1
        self._events += read.events
        now = time.monotonic()
        rate = self._events / max(now - self._began, 1e-3)
        self._progress.update(self._task, advance=read.bytes, files=self._files, events=self._events, rate=rate)
        if now - self._drawn > _BETWEEN:
            self._drawn = now
            self._progress.refresh()

    def settle(self) -> None:
        """All were."""
        self._progress.update(self._task, description="putting in order")
        self._progress.refresh()


_BETWEEN = 0.1
"""Seconds from one drawing to the next, at least."""
