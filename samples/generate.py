"""Write the sample trail: `python -m samples.generate OUTPUT_DIR`.

The same content on every machine and Python; the compressed bytes are the same for the same zlib. Who acts is in
`samples/cast`, what each service logs in `samples/services`, which trap lies where in `samples/TRAPS.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from samples.cast import (
    ci,
    dana,
    deploys,
    invoices,
    kiosk,
    lake,
    legacy,
    oncall,
    orders,
    outsiders,
    people,
    root,
    services,
    storefront,
    workers,
)
from samples.chance import Dice
from samples.delivery import compressed, log_files, text
from samples.neighbours import other_files
from samples.records import Json

SEED = "fernwell 2026"

CAST: tuple[tuple[str, Callable[[Dice], Iterator[Json]]], ...] = (
    ("orders", orders.records),
    ("invoices", invoices.records),
    ("storefront", storefront.records),
    ("lake", lake.records),
    ("workers", workers.records),
    ("ci", ci.records),
    ("deploys", deploys.records),
    ("people", people.records),
    ("dana", dana.records),
    ("oncall", oncall.records),
    ("kiosk", kiosk.records),
    ("legacy", legacy.records),
    ("services", services.records),
    ("outsiders", outsiders.records),
    ("root", root.records),
)


def records() -> Iterator[Json]:
    """Every record once, one group of callers after the other."""
    dice = Dice(SEED)
    for name, group in CAST:
        yield from group(dice.child(name))


def documents() -> dict[str, Json]:
    """Path below the output folder -> document, of every file."""
    dice = Dice(SEED).child("delivery")
    logs = log_files(records(), dice)
    return logs | other_files(logs, dice.child("other"))


def write(folder: Path) -> tuple[int, int]:
    """Write all files; the number of files and of bytes. Files of an earlier run that are not written again stay."""
    size = 0
    files = documents()
    for path, document in sorted(files.items()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        size += target.write_bytes(compressed(text(document)))
    return len(files), size


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m samples.generate", description="Write the sample trail.")
    parser.add_argument("output", type=Path, help="the folder that will hold AWSLogs/")
    files, size = write(parser.parse_args().output)
    print(f"{files} files, {size} bytes")  # noqa: T201 -- the entry point is where a command speaks


if __name__ == "__main__":
    main()
