"""The rounds of a measurement: every contestant once in each, so that what slows the machine slows them all."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.performance.contestants import Contestant, Setup, missing
from bench.performance.measure import Memory, RunFailed, run
from bench.performance.trail import TrailPart


@dataclass(slots=True)
class Result:
    """What one contestant took for one part of the trail; `skipped` says why it was not run, or not to its end."""

    contestant: Contestant
    times: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: Memory | None = None
    skipped: str = ""

    @property
    def median(self) -> float:
        return median(self.times)

    @property
    def least(self) -> float:
        return min(self.times)


@dataclass(frozen=True, slots=True)
class PartResults:
    """The results on one part of the trail, in order of the table of contestants."""

    part: TrailPart
    results: tuple[Result, ...]

    def of(self, name: str) -> Result | None:
        """The result of a contestant that was run."""
        return next((each for each in self.results if each.contestant.name == name and each.times), None)


def measured(
    part: TrailPart, setup: Setup, contestants: Sequence[Contestant], rounds: int, slow_rounds: int
) -> PartResults:
    """Run all contestants, interleaved; then, but for the slow ones, once more to watch the memory."""
    results = [Result(each, skipped=missing(each, setup)) for each in contestants]
    for number in range(rounds + 1):
        for result in _due(results, number, rounds, slow_rounds):
            _once(result, setup, watched=number == rounds or result.contestant.slow)
        _say(f"{part.name}: round {min(number + 1, rounds)} of {rounds}")
    return PartResults(part, tuple(results))


def empty(folder: Path) -> None:
    """Leave nothing in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _due(results: Sequence[Result], number: int, rounds: int, slow_rounds: int) -> Iterator[Result]:
    """Whose turn it is in a round; the last one after all is for the memory."""
    for result in results:
        wanted = slow_rounds if result.contestant.slow else rounds + 1
        if number < wanted and not result.skipped:
            yield result


def _once(result: Result, setup: Setup, *, watched: bool) -> None:
    empty(setup.scratch)
    try:
        found = run(result.contestant.command(setup), watched=watched)
    except RunFailed as failed:
        result.skipped = str(failed)
        return
    result.memory = found.memory or result.memory
    if not watched or result.contestant.slow:
        result.times.append(found.seconds)
        result.processor.append(found.processor)
        _say(f"{result.contestant.name}: {found.seconds:.2f} s, {found.processor:.2f} s of processors")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
