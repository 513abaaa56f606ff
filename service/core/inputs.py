"""What was read for an answer: files, records and events, and everything that was left out, counted by why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.core.json_bytes import Json


@dataclass(frozen=True, slots=True)
class Inputs:
    """`rejected` counts by reason, `skipped` by kind of file or record, `ignored` by the member that could not be read.

    `examples` are the first few rejections, as sentences.
    """

    files: int
    bytes: int
    records: int
    events: int
    rejected: Mapping[str, int]
    skipped: Mapping[str, int]
    ignored: Mapping[str, int]
    examples: tuple[str, ...]


def inputs_json(inputs: Inputs) -> Json:
    """The same as JSON values."""
    return {
        "files": inputs.files,
        "bytes": inputs.bytes,
        "records": inputs.records,
        "events": inputs.events,
        "rejected": dict(inputs.rejected),
        "skipped": dict(inputs.skipped),
        "ignored": dict(inputs.ignored),
        "examples": list(inputs.examples),
    }
