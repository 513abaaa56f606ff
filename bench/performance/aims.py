"""What is aimed at: how many times the least time of one contestant is that of another, on one part of the trail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.performance.contestants import (
    BASE,
    DUCKDB,
    INDEX_ONE,
    INDEX_TWO,
    PROPOSE_TWO,
    READ_ONE,
    READ_TWO,
    TRAILSCRAPER,
)
from bench.performance.figure import Figure
from bench.performance.rounds import PartResults

# Words, part, slower or compared with, measured, at least.
AIMS: tuple[tuple[str, str, str, str, float], ...] = (
    ("index of all principals, 1 worker, of decompression alone", "large", BASE, INDEX_ONE, 0.22),
    ("index of all principals, 1 worker, of decompression alone", "small", BASE, INDEX_ONE, 0.20),
    ("index on 2 workers, times faster than on 1", "whole", INDEX_ONE, INDEX_TWO, 1.8),
    ("one principal from files, 1 worker, of decompression alone", "whole", BASE, READ_ONE, 0.45),
    ("one principal from files, 2 workers, times faster than trailscraper", "whole", TRAILSCRAPER, READ_TWO, 30),
    ("one principal from files, 2 workers, times faster than DuckDB", "whole", DUCKDB, READ_TWO, 40),
    (
        "a proposal for one principal from files, 2 workers, times faster than trailscraper",
        "whole",
        TRAILSCRAPER,
        PROPOSE_TWO,
        30,
    ),
)


def aims(parts: Sequence[PartResults]) -> Iterator[Figure]:
    """Every aim of which both sides were measured."""
    by_name = {each.part.name: each for each in parts}
    for words, name, numerator, denominator, least in AIMS:
        found = by_name.get(name)
        above, below = (found.of(numerator), found.of(denominator)) if found else (None, None)
        if above and below:
            yield Figure(f"{words} ({name} trail)", f"{above.least / below.least:.3g}", f"at least {least:g}")
