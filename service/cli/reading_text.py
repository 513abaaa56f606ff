"""What was read, in words: nothing that was left out goes unsaid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from service.core.shown import shown


class _Inputs(Protocol):
    """What every report of a reading has."""

    @property
    def files(self) -> int: ...
    @property
    def records(self) -> int: ...
    @property
    def events(self) -> int: ...
    @property
    def rejected(self) -> Mapping[str, int]: ...
    @property
    def skipped(self) -> Mapping[str, int]: ...
    @property
    def ignored(self) -> Mapping[str, int]: ...
    @property
    def examples(self) -> tuple[str, ...]: ...


def inputs_lines(inputs: _Inputs) -> Iterator[str]:
    """Lines for a summary's end."""
    yield f"read {inputs.files:,} files, {inputs.records:,} records, {inputs.events:,} events"
    for title, counts in (
        ("rejected", inputs.rejected),
        ("skipped", inputs.skipped),
        ("members left out", inputs.ignored),
    ):
        if counts:
            yield f"{title}: " + ", ".join(f"{shown(what)} {count:,}" for what, count in counts.items())
    yield from (f"  {shown(each, 400)}" for each in inputs.examples)
