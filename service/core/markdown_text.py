"""GitHub's Markdown of text that anybody may have written: it stands in code only, where nothing means anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from service.core.shown import shown


def code(text: str) -> str:
    """The text as code. What would end the span or the cell is written as character references, and all else with it.

    "Entity and numeric character references are treated as literal text in code spans", so there it is HTML's:
    https://github.github.com/gfm/#entity-and-numeric-character-references
    """
    fit = shown(text, 400) or " "
    if "`" not in fit and "|" not in fit:
        return f"`{fit}`"
    return f"<code>{''.join(each if each.isalnum() else f'&#{ord(each)};' for each in fit)}</code>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table; its cells are Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def fenced(text: str, language: str) -> Iterator[str]:
    """A block of code, its fence longer than any run of backticks in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield from text.rstrip("\n").split("\n")
    yield fence


def folded(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines that are shown when somebody asks for them."""
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"
