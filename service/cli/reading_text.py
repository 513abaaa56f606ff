"""What was read, in words: nothing that was left out goes unsaid."""

from __future__ import annotations

from collections.abc import Iterator

from service.core.inputs import Inputs
from service.core.shown import shown


def inputs_lines(inputs: Inputs) -> Iterator[str]:
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
