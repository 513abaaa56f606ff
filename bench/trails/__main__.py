"""Write a large trail: `python -m bench.trails DIR --megabytes 1000 --seed 7`.

The trail has 500 principals in six accounts and three Regions, thirty days, 60 services and 400 operations; large
files of 5,000 to 10,000 events below DIR/large and small ones of about 50 below DIR/small. `--shape keys` makes a trail
of object events, nearly each on another key; `--shape single` one large file.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.trails.plan import Settings
from bench.trails.writing import write

SHAPES: Mapping[str, Settings] = {
    "mixed": Settings(),
    "keys": Settings(megabytes=4_000, keys=1_000_000_000, objects_only=True, sizes={"large": (1.0, 5_000, 10_000)}),
    "single": Settings(megabytes=500, sizes={"single": (1.0, 1 << 40, 1 << 40)}),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.trails", description="Write a large trail, from a seed.")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--shape", choices=SHAPES, default="mixed")
    parser.add_argument(
        "--megabytes", type=int, help="of JSON before it is compressed (default: 1000; keys 4000, single 500)"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--principals", type=int, default=500)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    if asked.folder.exists() and any(asked.folder.iterdir()):
        sys.stderr.write(f"`{asked.folder}` is not empty: give a new folder\n")
        return 2
    shape = SHAPES[asked.shape]
    settings = replace(
        shape, megabytes=asked.megabytes or shape.megabytes, seed=asked.seed, principals=asked.principals
    )
    about = write(asked.folder, settings, asked.workers)
    print(f"{about['files']} files, {about['events']} events, {about['bytes']} bytes, {about['gzip_bytes']} compressed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
