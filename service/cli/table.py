"""Columns of plain text."""

from __future__ import annotations

from collections.abc import Sequence

DAY = len("2026-08-01")
"""How much of a time is shown in a column; JSON has all of it."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The rows under their head, each column as wide as its widest text; numbers stand to the right."""
    lines = [tuple(head), *map(tuple, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    numeric = [all(row[column].isdigit() for row in rows) for column in range(len(head))]
    return "\n".join(_line(line, widths, numeric) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    padded = [
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    ]
    return "  ".join(padded).rstrip()
