"""Measure and report: `python -m bench.performance --trail DIR`, the trail being one that `bench.trails` wrote.

Every contestant runs as a whole process, in turn with all others; slow ones less often. The report goes to standard
output, and with `--output` to a file. `--only` names contestants by a part of their names.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.performance.contestants import BASE, CONTESTANTS, Contestant, Setup
from bench.performance.figures import figures
from bench.performance.report import machine, render
from bench.performance.rounds import measured
from bench.performance.trail import MeasuredTrail, TrailPart, look

ABOUT = """# How fast

Written by `python -m bench.performance`. {machine}. The files were in the page cache. Every contestant ran as a whole
process, in turn with all others. "Of libdeflate" is decompression alone's time divided by the contestant's, of the
medians and of the least times; "by processor" the same of the least seconds that all of its processes computed, which
says more on a busy machine. Compare within a table only. Memory is the resident memory of all processes together at
its peak, watched in a run of its own."""

LEFT = """## What is left between us and decompression alone

One worker indexing the whole trail, by stage, under a profiler, which makes calls of Python dearer than the work inside
libraries: the shares say where the time goes, not what could be won. Each record is scanned whole, whoever is asked
about: the days and hours with events, the records that are none and who else there is are part of every answer. That
is what one principal's usage costs more than a search of the bytes for its name."""


def main() -> int:
    asked = _arguments()
    trail = look(asked.trail)
    contestants = _chosen(asked.only)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        setup = _setup(asked, trail.whole, Path(folder))
        parts = [
            measured(part, _setup(asked, part, Path(folder)), contestants, asked.rounds, asked.slow_rounds)
            for part in _parts(trail, asked.part)
        ]
        found = list(figures(trail.whole, setup, asked.rounds, asked.entries)) if asked.figures else []
        text = render(ABOUT.format(machine=machine()), parts, found)
        text += f"\n{LEFT}\n\n{_profile(trail.whole, Path(folder) / 'profile.md')}" if asked.figures else ""
    print(text, end="")
    if asked.output:
        asked.output.write_text(text, "utf-8")
    return 0


def _profile(part: TrailPart, output: Path) -> str:
    """Where the time of one worker goes, in a process of its own: start-up is a part of it."""
    command = [sys.executable, "-m", "bench.performance.profile", *map(str, part.folders), "--output", str(output)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # ours
    return output.read_text("utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.performance", description="Measure reading and asking.")
    parser.add_argument("--trail", type=Path, required=True, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--slow-rounds", type=int, default=1, help="for peers that take long (default: 1)")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="contestants, by a part of their names")
    parser.add_argument("--part", nargs="+", default=[], choices=("whole", "large", "small"))
    parser.add_argument(
        "--no-figures", dest="figures", action="store_false", help="leave out what is asked of the index"
    )
    parser.add_argument("--peers-python", default=sys.executable, metavar="FILE", help="the Python that has the peers")
    parser.add_argument("--whittle", default=f"{shlex.quote(sys.executable)} -m service", metavar="COMMAND")
    parser.add_argument("--entries", type=int, default=3_000_000, help="of the index that one principal is asked of")
    parser.add_argument("--output", type=Path, metavar="FILE", help="for example docs/performance.md")
    return parser.parse_args()


def _setup(asked: argparse.Namespace, part: TrailPart, scratch: Path) -> Setup:
    whittle = tuple(shlex.split(asked.whittle))
    return Setup(part.root, part.folders, part.median, whittle, asked.peers_python, scratch / "run")


def _chosen(only: Sequence[str]) -> list[Contestant]:
    """The contestants asked for, and always what they are compared with."""
    return [each for each in CONTESTANTS if not only or each.name == BASE or any(part in each.name for part in only)]


def _parts(trail: MeasuredTrail, names: Sequence[str]) -> list[TrailPart]:
    return [each for each in (trail.whole, *trail.parts) if not names or each.name in names]


if __name__ == "__main__":
    sys.exit(main())
