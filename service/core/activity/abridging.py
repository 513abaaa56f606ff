"""The values of a family's rows as columns, with what they repeat left out.

An S3 object's ARN holds its bucket and its key again: a letter that no name holds stands there for the value of that
place. A column whose texts are all the same then has one. Where values hold such letters, nothing is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

Values = tuple[str, ...]

Column = list[str]
"""One text for each row, or one for all of them."""

SHORTEST = 3
"""How long a text is at least that a letter stands for."""

_MOST = 24
_LETTERS = "".join(map(chr, range(1, _MOST + 1)))
"""Control characters: the first stands for the value at place 0, and so on."""

_LETTER = re.compile(f"[{re.escape(_LETTERS)}]")
_PLAIN = "\0"
"""The only text of a first column more, where nothing was left out."""


def abridged(rows: Sequence[Values]) -> list[Column]:
    """What `whole` makes whole again; the rows, at least one, have equally many values."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if any(_PLAIN in text or _LETTER.search(text) for text in map("".join, columns)):
        return [[_PLAIN], *map(_short, columns)]
    return [_short(_abridged(column, columns[: min(place, _MOST)])) for place, column in enumerate(columns)]


def whole(columns: Sequence[Column], rows: int) -> Iterator[Values]:
    """The rows again.

    Raises:
        ValueError: they are not that many.
    """
    if columns[0] == [_PLAIN]:
        return zip(*(_long(column, rows) for column in columns[1:]), strict=True)
    found: list[Column] = []
    for column in columns:
        found.append(_whole(column, found, rows))
    return zip(*found, strict=True)


def _short(column: Column) -> Column:
    return column[:1] if len(set(column)) == 1 else column


def _long(column: Column, rows: int) -> Column:
    return column * rows if len(column) == 1 else column


def _abridged(column: Column, earlier: Sequence[Column]) -> Column:
    for letter, others in zip(_LETTERS, earlier, strict=False):
        column = [
            text.replace(other, letter) if len(other) >= SHORTEST and other in text else text
            for text, other in zip(column, others, strict=True)
        ]
    return column


def _whole(column: Column, earlier: Sequence[Column], rows: int) -> Column:
    if len(column) == 1:
        return _filled(column[0], earlier, rows)
    if _LETTER.search("".join(column)) is None:
        return column
    return [
        _LETTER.sub(lambda found, row=row: earlier[ord(found[0]) - 1][row], text)  # type: ignore[misc]  # bound at once
        for row, text in enumerate(column)
    ]


def _filled(template: str, earlier: Sequence[Column], rows: int) -> Column:
    """One text with the letters in it put right, for each row."""
    letters = _LETTER.findall(template)
    if not letters:
        return [template] * rows
    form = _LETTER.sub("{}", template.replace("{", "{{").replace("}", "}}"))
    return list(map(form.format, *(earlier[ord(letter) - 1] for letter in letters)))
