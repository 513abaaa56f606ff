"""What an index that is there answers, and how fast: sizes, additions, questions, start-up."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from bench.performance.asked import questions
from bench.performance.contestants import CONTESTANTS, INDEX_ONE, Setup
from bench.performance.figure import Figure, milliseconds
from bench.performance.measure import RunFailed, run
from bench.performance.rounds import empty
from bench.performance.trail import TrailPart


@dataclass(frozen=True, slots=True)
class Measuring:
    """An index built once in `place`, and how often each question is put; `entries` is for the large one."""

    part: TrailPart
    setup: Setup
    place: Path
    rounds: int
    entries: int

    def whittle(self, *arguments: str) -> tuple[str, ...]:
        """A command of Whittle."""
        return (*self.setup.whittle, *arguments)

    def times(self, command: Sequence[str], before: Callable[[], None] = lambda: None) -> list[float]:
        """What each round of a command takes; `before` each, something is put right that is not counted."""
        found = []
        for _ in range(self.rounds):
            before()
            found.append(run(command).seconds)
        return found


def figures(part: TrailPart, setup: Setup, rounds: int, entries: int) -> Iterator[Figure]:
    """Every figure that can be had here; one that cannot be says why."""
    yield from _start_up(Measuring(part, setup, setup.scratch, rounds, entries))
    place = setup.scratch / "built"
    empty(place)
    measuring = Measuring(part, replace(setup, scratch=place), place, rounds, entries)
    build = next(each for each in CONTESTANTS if each.name == INDEX_ONE)
    try:
        built = run(build.command(measuring.setup)).seconds
        yield from _of_index(measuring, built)
    except RunFailed as failed:
        yield Figure("an index", f"not measured: {failed}")


def _start_up(measuring: Measuring) -> Iterator[Figure]:
    python = [sys.executable, "-c", "pass"]
    pairs = [(run(measuring.whittle("--help")).seconds, run(python).seconds) for _ in range(2 * measuring.rounds)]
    yield Figure(
        "`whittle --help`, beyond `python -c pass`",
        milliseconds([with_help - bare for with_help, bare in pairs]),
        "150 ms",
    )


def _of_index(measuring: Measuring, built: float) -> Iterator[Figure]:
    size = sum(each.stat().st_size for each in measuring.place.rglob("*") if each.is_file())
    share = measuring.part.packed / size
    yield Figure("size of the index, of the compressed trail", f"{size / 1e6:.1f} MB, 1/{share:.1f}", "1/12")
    yield from _addition(measuring, built)
    for who, arn in (("busiest", measuring.part.busiest), ("median", measuring.part.median)):
        command = measuring.whittle("propose", arn, "--index", str(measuring.setup.index), "--format", "json")
        yield Figure(
            f"`whittle propose --index`, {who} principal, whole process", milliseconds(measuring.times(command))
        )
    yield from _with_current(measuring)


def _addition(measuring: Measuring, built: float) -> Iterator[Figure]:
    """A hundredth of the trail added to an index of the rest, all files being given again."""
    tree, before = measuring.setup.scratch.parent / "tree", measuring.setup.scratch.parent / "before"
    late = _laid_out(measuring.part, tree)
    index = before / "index.sqlite"
    empty(before)
    run(measuring.whittle("index", "add", str(tree), "--index", str(index)))
    for path, target in late:
        shutil.copy2(path, target)
    run_on = before.with_name("after")

    def restored() -> None:
        shutil.rmtree(run_on, ignore_errors=True)
        shutil.copytree(before, run_on)

    command = measuring.whittle("index", "add", str(tree), "--index", str(run_on / index.name))
    found = measuring.times(command, restored)
    yield Figure(
        f"adding {len(late):,} new files, 1% of the bytes, the others given again",
        f"{median(found):.2f} s, least {min(found):.2f} s; the full build took {built:.2f} s",
        f"1.5% of the full build and 0.3 s: {0.015 * built + 0.3:.2f} s",
    )
    yield Figure("adding nothing new", milliseconds(measuring.times(command)))


def _laid_out(part: TrailPart, tree: Path) -> list[tuple[Path, Path]]:
    """A copy of the trail but for its newest hundredth, and what that is: each file and where it belongs."""
    paths = [path for folder in part.folders for path in folder.rglob("*.json.gz")]
    left = part.packed // 100
    late = []
    empty(tree)
    for path in sorted(paths, key=lambda each: each.name.split("_")[-2:], reverse=True):
        target = tree / path.relative_to(part.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        size = path.stat().st_size
        if size <= left:
            left -= size
            late.append((path, target))
        else:
            shutil.copy2(path, target)
    return late


def _with_current(measuring: Measuring) -> Iterator[Figure]:
    """A proposal proved against what is granted today: everything of each service that the proposal names."""
    arn, index = measuring.part.median, str(measuring.setup.index)
    out = measuring.setup.scratch.parent / "proposed"
    empty(out)
    run(measuring.whittle("propose", arn, "--index", index, "--output", str(out)))
    current = out.parent / "current.json"
    current.write_text(json.dumps(_broad(out)), "utf-8")
    command = measuring.whittle("propose", arn, "--index", index, "--current", str(current), "--format", "json")
    yield Figure(
        "the same, median principal, with proof against current policies", milliseconds(measuring.times(command))
    )
    scratch = out.parent / "grown"
    empty(scratch)
    yield from questions(Path(index), current, arn, scratch, measuring.entries)


def _broad(folder: Path) -> dict[str, Any]:
    """A policy that grants all of every service in the policies of a folder."""
    services = set()
    for path in sorted(folder.glob("*.json")):
        document = json.loads(path.read_text("utf-8"))
        for statement in document.get("Statement", ()):
            actions = statement["Action"]
            services |= {each.partition(":")[0] for each in ([actions] if isinstance(actions, str) else actions)}
    broad = {"Effect": "Allow", "Action": [f"{each}:*" for each in sorted(services)], "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [broad]}
