"""A trail to disk: every file in several processes, and beside them `about.json`, which says what is in them."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from bench.trails.content import Content
from bench.trails.plan import FIRST, File, Settings, World, files, world

ABOUT = "about.json"
LEVEL = 6
_AT_ONCE = 256
_SAMPLE = 4_000


def write(folder: Path, settings: Settings, workers: int) -> dict[str, Any]:
    """Write the trail into an empty folder; what `about.json` says."""
    content = prepared(settings)
    by_size = sorted(content.files, key=lambda each: -each.events)
    totals: Counter[str] = Counter(files=len(by_size))
    counts: Counter[int] = Counter()
    with ProcessPoolExecutor(workers, initializer=_begin, initargs=(folder, settings)) as pool:
        for found, sizes in pool.map(_write, by_size, chunksize=1):
            counts.update(found)
            totals.update(sizes)
    actors = content.world.actors
    by_events = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    busiest = {
        actors[number].arn: events for number, events in by_events if not actors[number].kind.startswith("service")
    }
    about = {"seed": settings.seed, **dict(sorted(totals.items())), "principals": busiest}
    (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    return about


def prepared(settings: Settings) -> Content:
    """Everything that the files are made from."""
    made = world(settings)
    return Content(settings, made, files(settings, made, _mean_size(settings, made)))


def lines(content: Content, file: File) -> Iterator[tuple[int, bytes]]:
    """A file before it is compressed, in pieces, each with its number of events."""
    before = '{"Records":['
    records = content.records(file)
    while some := list(islice(records, _AT_ONCE)):
        yield len(some), (before + ",".join(some)).encode()
        before = ","
    yield 0, b"]}"


def _mean_size(settings: Settings, made: World) -> float:
    """How many bytes an event has, of a sample."""
    sample = [File(at, "", at, FIRST, _SAMPLE // len(made.by_place), None, None) for at in range(len(made.by_place))]
    busy = [weights[-1] for weights in made.weights]
    content = Content(settings, made, sample)
    means = [sum(map(len, lines)) / len(lines) for each in sample if (lines := list(content.records(each)))]
    return sum(mean * weight for mean, weight in zip(means, busy, strict=True)) / sum(busy) + 1


# What a process makes files of; set once when it begins.
_made: list[tuple[Path, Content]] = []


def _begin(folder: Path, settings: Settings) -> None:
    _made[:] = [(folder, prepared(settings))]


def _write(file: File) -> tuple[Counter[int], dict[str, int]]:
    """Write one file: whose events are in it, and its sizes."""
    folder, content = _made[0]
    content.counts.clear()
    squeeze = zlib.compressobj(LEVEL, zlib.DEFLATED, 31)
    path = folder / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    size = packed = events = 0
    with path.open("xb") as out:
        for count, piece in lines(content, file):
            events += count
            size += len(piece)
            packed += out.write(squeeze.compress(piece))
        packed += out.write(squeeze.flush())
    return content.counts.copy(), {"events": events, "bytes": size, "gzip_bytes": packed}
