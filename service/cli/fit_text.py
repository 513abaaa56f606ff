"""How policies fit, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from service.cli.table import table
from service.core.fit.model import Fit, Step
from service.core.iam.proving.verdict import Verdict


def fit_lines(fit: Fit) -> Iterator[str]:
    """The rungs that were climbed, if there was anything to climb, and what there is no room for."""
    if len(fit.steps) > 1:
        yield f"to fit {fit.room.documents} policies of {fit.room.characters:,} characters:"
        yield table(_HEAD, [_row(each) for each in fit.steps])
        yield ""
    if fit.over:
        yield "there is no room for:"
        yield from (f"  {each}" for each in fit.over)
        yield ""


_HEAD = (
    "rung",
    "policies",
    "statements",
    "characters",
    "fits",
    "pairs added",
    "keeps all",
    "adds nothing",
    "within now",
)


def _row(step: Step) -> tuple[str, ...]:
    return (
        step.rung.value,
        f"{step.policies:,}",
        f"{step.statements:,}",
        f"{step.characters:,}",
        "yes" if step.fits else "no",
        f"{sum(step.added.values()):,}",
        *map(_word, (step.keeps, step.adds, step.within_current)),
    )


def _word(verdict: Verdict | None) -> str:
    return "-" if verdict is None else type(verdict).__name__.lower()
