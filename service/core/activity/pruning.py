"""Segments less what was before a day: retention."""

from __future__ import annotations

from dataclasses import replace

from service.core.activity.moment import UNDATED
from service.core.activity.segment import Segment


def since(segment: Segment, day: int) -> Segment:
    """The segment from a day on. Events without a time stay: nobody can say that they are old."""
    rows = {}
    for row, entries in segment.rows.items():
        if left := tuple([entry for entry in entries if entry.day >= day or entry.day == UNDATED]):
            rows[row] = left
    left_out = segment.events - sum(entry.events for entries in rows.values() for entry in entries)
    sketches = {row: sketch for row, sketch in segment.sketches.items() if row in rows}
    return replace(segment, rows=rows, records=segment.records - left_out, sketches=sketches)
