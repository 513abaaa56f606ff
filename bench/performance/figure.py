"""One measured figure, and how times are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, and what is aimed at."""

    what: str
    measured: str
    aim: str = ""


def milliseconds(times: Sequence[float]) -> str:
    """Times in seconds, told by their median and the least of them."""
    return f"{median(times) * 1000:,.2f} ms, least {min(times) * 1000:,.2f} ms"
