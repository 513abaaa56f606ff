"""What was generalised, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from service.core.patterns.generalising import Generalised, Report
from service.core.shown import shown

_ROWS = 20
"""How many of each are listed; JSON has all of them."""


def generalised_lines(report: Report) -> Iterator[str]:
    """Each pattern with the number of resources behind it; then those that were not taken, and why."""
    taken = [f"  {each.action} on {shown(each.pattern)} ({_behind(each)})" for each in report.generalised]
    refused = [f"  {each.action} on {shown(each.pattern)}: {shown(each.why, 400)}" for each in report.refused]
    yield from _listed("generalised; `--resources exact` keeps each resource as it was seen:", taken)
    yield from _listed("not generalised, so each resource stays as it was seen:", refused)


def _behind(each: Generalised) -> str:
    others = "".join(
        f"; and {other.alone:,} of {shown(other.principal)}, {other.in_common:,} in common" for other in each.sharing
    )
    return f"{each.resources:,} resources{others}"


def _listed(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from lines[:_ROWS]
        if len(lines) > _ROWS:
            yield f"  and {len(lines) - _ROWS} more; --format json lists them all"
        yield ""
