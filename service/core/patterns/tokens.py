"""Names cut into what stays the same and what looks made up anew each time: ids, dates, numbers.

A pattern's own escapes and wildcards are text like any other here: they stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a part of a name looks like."""

    TEXT = "text"
    UUID = "UUID"
    AWS_ID = "AWS id"
    HEX = "hex"
    DATE = "date"
    NUMBERED = "number or code"


@dataclass(frozen=True, slots=True)
class Token:
    """A part of a name."""

    kind: Kind
    text: str


# In order: the first that fits at a place is it. https://www.rfc-editor.org/rfc/rfc9562 (UUID),
# https://docs.aws.amazon.com/ec2/latest/userguide/resource-ids.html (AWS ids), https://www.rfc-editor.org/rfc/rfc3339
_SHAPES = (
    (Kind.TEXT, r"[0-9]{12}"),  # as the number of an account
    (Kind.UUID, r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"),
    (Kind.DATE, r"20[0-9]{2}-[01][0-9]-[0-3][0-9](?:T[0-9:.]{5,15}Z?)?"),
    (Kind.DATE, r"20[0-9]{2}/[01][0-9](?:/[0-3][0-9])?(?=/|$)"),
    (Kind.DATE, r"20[0-9]{2}[01][0-9][0-3][0-9](?:T[0-9]{4,6}Z?)?"),
    (Kind.DATE, r"(?:(?<=[/=])|^)20[0-9]{2}(?=/|$)"),
    (Kind.AWS_ID, r"(?<=-)(?:[0-9a-f]{17}|[0-9a-f]{8})"),
    (Kind.HEX, r"(?=[a-f]*[0-9])[0-9a-f]{12,64}"),
    (Kind.NUMBERED, r"[A-Za-z]*[0-9][A-Za-z0-9]*"),
)
_WHOLE = r"(?<![A-Za-z0-9]){}(?![A-Za-z0-9])"
_TOKEN = re.compile("|".join(f"({_WHOLE.format(shape)})" for _, shape in _SHAPES))


def tokens_of(text: str) -> Iterator[Token]:
    """The parts of a text, in order; together they are it."""
    end = 0
    for found in _TOKEN.finditer(text):
        if found.start() > end:
            yield Token(Kind.TEXT, text[end : found.start()])
        assert found.lastindex is not None  # noqa: S101  # each alternative is a group
        yield Token(_SHAPES[found.lastindex - 1][0], found.group())
        end = found.end()
    if end < len(text):
        yield Token(Kind.TEXT, text[end:])


def same_shape(text: str) -> str:
    """The text with `?` for each letter and digit, which are all that may vary in an id of fixed length."""
    return re.sub("[A-Za-z0-9]", "?", text)
