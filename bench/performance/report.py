"""Results as a table: plain Markdown, which is read well as it is."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.performance.aims import aims
from bench.performance.contestants import BASE
from bench.performance.figure import Figure
from bench.performance.rounds import PartResults, Result

_HEAD = (
    "what",
    "task",
    "median s",
    "least s",
    "processor s",
    "events/s",
    "of libdeflate",
    "by processor",
    "memory MB",
    "largest process MB",
    "runs",
)
_PACKAGES = ("msgspec", "isal", "deflate")


def render(about: str, parts: Sequence[PartResults], figures: Sequence[Figure] = ()) -> str:
    """The whole report."""
    sections = [about, *(_part(each) for each in parts)]
    for title, rows in (("Ratios, of the least times", list(aims(parts))), ("From the index", figures)):
        if rows:
            sections.append(f"## {title}\n\n" + _table(("what", "measured", "aim"), map(_figure_row, rows)))
    return "\n\n".join(sections) + "\n"


def machine() -> str:
    """Cores, Python and the versions that matter; nothing that names the machine."""
    model = next((line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), "unknown")
    return f"{os.cpu_count()} cores ({model}), {platform.system()}, Python {platform.python_version()}, " + ", ".join(
        f"{name} {found}" for name in _PACKAGES if (found := _version(name))
    )


def _part(results: PartResults) -> str:
    part, base = results.part, results.of(BASE)
    rows = [_row(each, part.events, base) for each in results.results if each.times]
    left = [f"- not measured: {each.contestant.name}: {each.skipped}" for each in results.results if each.skipped]
    title = (
        f"## The {part.name} trail: {part.files:,} files, {part.events:,} events, "
        f"{part.bytes / 1e6:,.0f} MB of JSON, {part.packed / 1e6:,.1f} MB compressed"
    )
    return "\n\n".join([title, _table(_HEAD, rows), *(["\n".join(left)] if left else [])])


def _row(result: Result, events: int, base: Result | None) -> tuple[str, ...]:
    memory = result.memory
    return (
        result.contestant.name,
        result.contestant.does,
        f"{result.median:.2f}",
        f"{result.least:.2f}",
        f"{min(result.processor):.2f}",
        f"{events / result.least:,.0f}",
        f"{base.median / result.median:.3f} / {base.least / result.least:.3f}" if base else "",
        f"{min(base.processor) / min(result.processor):.3f}" if base else "",
        f"{memory.together / 1e6:.0f}" if memory else "",
        f"{memory.largest / 1e6:.0f}" if memory else "",
        str(len(result.times)),
    )


def _figure_row(figure: Figure) -> tuple[str, ...]:
    return figure.what, figure.measured, figure.aim


def _table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _cpu_lines() -> list[str]:
    place = Path("/proc/cpuinfo")
    return place.read_text("utf-8").splitlines() if place.is_file() else []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
