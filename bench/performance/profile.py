"""Where the time of indexing goes: `python -m bench.performance.profile FOLDER...`, on one worker, by stage.

The profiler makes calls of Python dearer than the work inside libraries: shares say where to look, not what is won.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]

# The first row that fits decides; names of library functions before the modules that call them.
OTHER = "start-up"
INFLATE = "inflate"
LIBRARY: tuple[tuple[str, str], ...] = (
    ("<module>", OTHER),
    ("importlib", OTHER),
    ("__build_class__", OTHER),
    ("dataclasses.py", OTHER),
    ("decompress", INFLATE),
    ("'scan' of 'service", "scan, reduce and fold, in C"),
    ("_native.Core", "pack"),
    ("compress", "pack"),
    ("sqlite3", "write"),
    ("sqlalchemy", "write"),
    ("fsync", "write"),
)
MODULES: tuple[tuple[str, str], ...] = (
    ("service/core/trail/inflating", INFLATE),
    ("service/core/trail/unpacking", INFLATE),
    ("service/core/trail/", "cut into slices"),
    ("service/core/events", "cut into slices"),
    ("service/core/activity/packing", "pack"),
    ("service/core/activity/segment", "pack"),
    ("service/core/activity/collapse", "pack"),
    ("service/core/activity/merging", "pack"),
    ("service/core/activity/settling", "settle"),
    ("service/usecases/index_upkeep", "settle"),
    ("service/core/", "decide who, what and where"),
    ("catalog/", "decide who, what and where"),
    ("service/adapters/files", "files"),
    ("service/adapters/listing", "files"),
    ("service/adapters/", "write"),
    ("service/usecases/", "decide who, what and where"),
    ("service/cli/", "command line"),
)

Function = tuple[str, int, str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.performance.profile", description="Profile indexing.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--functions", type=int, default=25, help="how many of the dearest functions are listed")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the table goes, too")
    asked = parser.parse_args()
    profiler = cProfile.Profile()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        code = _index(profiler, list(map(str, asked.folders)), str(Path(folder) / "index.sqlite"))
    if code:
        return code
    stats = pstats.Stats(profiler, stream=sys.stdout)
    print(found := table(shares(_functions(stats))))
    if asked.output:
        asked.output.write_text(found + "\n", "utf-8")
    stats.strip_dirs().sort_stats("tottime").print_stats(asked.functions)
    return 0


def shares(functions: Mapping[Function, tuple[Any, ...]]) -> Counter[str]:
    """Seconds by stage; what a library does counts for the module that called it, unless its name says more."""
    found: Counter[str] = Counter()
    for function, (_, _, own, _, callers) in functions.items():
        stage = stage_of(function)
        if stage != OTHER or not callers:
            found[stage] += own
            continue
        for caller, (_, _, of_caller, _) in callers.items():
            found[stage_of(caller)] += of_caller
    return found


def stage_of(function: Function) -> str:
    """The stage that a function belongs to by its name and its file."""
    file, _, name = function
    inside = file.removeprefix(f"{ROOT}/")
    rows = LIBRARY if inside == file else MODULES
    text = f"{file} {name}" if inside == file else inside
    return next((stage for part, stage in rows if part in text), OTHER)


def table(seconds: Mapping[str, float]) -> str:
    """The stages, the dearest first."""
    total = sum(seconds.values()) or 1
    rows = sorted(seconds.items(), key=lambda each: (-each[1], each[0]))
    lines = [f"| {stage} | {spent:.2f} | {spent / total:.0%} |" for stage, spent in rows]
    return "\n".join(["| stage | s | share |", "|---|---|---|", *lines])


def _index(profiler: cProfile.Profile, folders: list[str], index: str) -> int:
    """Index with one worker, in this process."""
    from service.cli.main import run

    return profiler.runcall(run, ["index", "add", *folders, "--index", index, "--workers", "1"])


def _functions(stats: pstats.Stats) -> Mapping[Function, tuple[Any, ...]]:
    found: Mapping[Function, tuple[Any, ...]] = stats.stats  # type: ignore[attr-defined]  # typeshed leaves it out
    return found


if __name__ == "__main__":
    sys.exit(main())
