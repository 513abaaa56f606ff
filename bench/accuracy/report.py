"""A measurement as a section of Markdown: a table of counts, and every miss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

Line = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows under a title, each listed: what was missed, or differs on purpose."""

    title: str
    head: Line
    rows: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One measurement: what was asked of what, the counts, and the listings."""

    title: str
    about: str
    head: Line
    rows: tuple[Line, ...]
    listings: tuple[Listing, ...] = ()


def render(title: str, about: str, sections: Iterable[Section]) -> str:
    """The whole report."""
    lines = [f"# {title}", "", about]
    for section in sections:
        lines += ["", *_section(section)]
    return "\n".join(lines) + "\n"


def share(part: int, whole: int) -> str:
    """A share in per cent, with two decimals, never rounded up to all or down to none."""
    if whole == 0:
        return "-"
    hundredths = part * 10_000 // whole
    if hundredths == 0 and part:
        return "< 0.01%"
    return f"{hundredths // 100}.{hundredths % 100:02}%"


def _section(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    yield section.about
    yield ""
    yield from _table(section.head, section.rows)
    for listing in section.listings:
        yield ""
        yield f"{listing.title} ({len(listing.rows)}):"
        yield ""
        yield from _table(listing.head, listing.rows) if listing.rows else ["none"]


def _table(head: Line, rows: Sequence[Line]) -> Iterator[str]:
    yield _row(head)
    yield _row(tuple("---" for _ in head))
    yield from (_row(row) for row in rows)


def _row(cells: Line) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
