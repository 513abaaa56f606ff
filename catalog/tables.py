"""Our tables of facts: tab-separated text with comment lines, one header, and rows as wide as the header."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


class MalformedTable(Exception):
    """A table that cannot be read as it stands; the message names the file and the line."""


Row = Mapping[str, str]


def parse_table(text: str, file: str) -> tuple[Row, ...]:
    """Every row, keyed by the header. Lines that begin with `#` and empty lines say nothing."""
    return tuple(row for _, row in numbered_rows(text, file))


def numbered_rows(text: str, file: str) -> tuple[tuple[int, Row], ...]:
    """Every row with the number of its line."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line and not line.startswith("#")]
    if not lines:
        raise MalformedTable(f"{file} has no header line; write the column names first, separated by tabs")
    (number, header), *rows = lines
    columns = _columns(header, f"{file}, line {number}")
    return tuple((number, _row(columns, line, file, number)) for number, line in rows)


def render_table(columns: Sequence[str], rows: Iterable[Sequence[str]], comment: str) -> str:
    """The text of a table, its rows sorted and unique, under one comment line."""
    lines = sorted({"\t".join(_fit(columns, row)) for row in rows})
    return "\n".join([f"# {comment}", "\t".join(columns), *lines]) + "\n"


def items(cell: str) -> tuple[str, ...]:
    """A cell that holds a list: comma-separated, none if it is empty."""
    return tuple(cell.split(",")) if cell else ()


def _columns(header: str, place: str) -> tuple[str, ...]:
    columns = tuple(header.split("\t"))
    if len(set(columns)) != len(columns) or not all(column.isidentifier() for column in columns):
        raise MalformedTable(f"{place}: `{header}` is not a header; give each column a name of its own")
    return columns


def _row(columns: tuple[str, ...], line: str, file: str, number: int) -> Row:
    cells = line.split("\t")
    if len(cells) != len(columns):
        place = f"{file}, line {number}"
        raise MalformedTable(f"{place}: {len(cells)} cells where the header has {len(columns)}; check the tabs")
    return dict(zip(columns, cells, strict=False))  # they are as many


def _fit(columns: Sequence[str], row: Sequence[str]) -> Sequence[str]:
    if len(row) != len(columns) or any("\t" in cell or "\n" in cell for cell in row):
        raise MalformedTable(f"`{row}` does not fit the columns `{', '.join(columns)}`")
    return row
