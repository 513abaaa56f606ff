"""A progress bar on standard error for long reads, when it is a terminal; silent otherwise."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service.usecases.ports import FileRead, Trail


@contextmanager
def reading(trail: Trail) -> Iterator[Callable[[FileRead], None] | None]:
    """Gives what a reader calls after every file, or None when nobody looks."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("reading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("files, {task.fields[events]:,} events"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("reading", total=len(trail.files().files), events=0)
        events = 0

        def advance(read: FileRead) -> None:
            nonlocal events
            events += read.events
            progress.update(task, advance=1, events=events)

        yield advance
