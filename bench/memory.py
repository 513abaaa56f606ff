"""How much memory a worker of `whittle index add` takes: `python -m bench.memory DIR...`, a trail each.

Write the two hard cases with `python -m bench.trails DIR --shape keys` (two million events, nearly each on another
object) and `--shape single` (one file of 500 MB).
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
from pathlib import Path

from bench.performance.measure import RunFailed, run

LIMIT = 200_000_000
_HEAD = ("trail", "workers", "seconds", "largest process MB", "all together MB")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description="Watch the memory of index add.")
    parser.add_argument("trails", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--whittle", default=f"{shlex.quote(sys.executable)} -m service", metavar="COMMAND")
    asked = parser.parse_args()
    print(f"| {' | '.join(_HEAD)} |\n{'|---' * len(_HEAD)}|")
    largest = 0
    for trail in asked.trails:
        for workers in asked.workers:
            try:
                line, most = _measured(trail, workers, shlex.split(asked.whittle))
            except RunFailed as failed:
                sys.stderr.write(f"{failed}\n")
                return 2
            print(line, flush=True)
            largest = max(largest, most)
    print(f"the largest process took {largest / 1e6:.0f} MB; the aim is below {LIMIT / 1e6:.0f} MB")
    return int(largest >= LIMIT)


def _measured(trail: Path, workers: int, whittle: list[str]) -> tuple[str, int]:
    """A row of the table, and the most that one process took."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        index = ("--index", str(Path(folder) / "index.sqlite"), "--workers", str(workers))
        done = run([*whittle, "index", "add", *_folders(trail), *index], watched=True)
    memory = done.memory
    if memory is None:
        raise RunFailed("the memory was not watched")
    cells = (trail.name, workers, f"{done.seconds:.1f}", f"{memory.largest / 1e6:.0f}", f"{memory.together / 1e6:.0f}")
    return f"| {' | '.join(map(str, cells))} |", memory.largest


def _folders(trail: Path) -> list[str]:
    """The folders that hold logs; what `bench.trails` says of them beside is left out."""
    return [str(each) for each in sorted(trail.iterdir()) if each.is_dir()] or [str(trail)]


if __name__ == "__main__":
    sys.exit(main())
