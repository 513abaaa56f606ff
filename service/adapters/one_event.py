"""One CloudTrail record out of a file or a stream, in any form that trails are read in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO

from service.core.errors import InputError
from service.core.events import Event
from service.core.trail.framing import read
from service.core.trail.tally import Tally
from service.core.trail.unpacking import unpacked
from service.core.trail.window import Chunk, Fault

_PIECE = 1 << 16


def event_in(path: Path | None) -> Event:
    """The one event that a file holds, or standard input where no file is given.

    Raises:
        InputError: it cannot be read, or holds no event, or several.
    """
    if path is None:
        return _only(sys.stdin.buffer, "standard input")
    try:
        with path.open("rb") as file:
            return _only(file, path.name)
    except OSError as error:
        raise InputError(
            f"cannot read `{path}`: {(error.strerror or '').lower()}; give a file with a record"
        ) from error


def _only(file: IO[bytes], label: str) -> Event:
    tally = Tally(label)
    events = list(islice(chain.from_iterable(tally.taken(read(unpacked(_pieces(file))))), 2))
    if len(events) > 1:
        raise InputError(f"{label} holds more than one event; give one record, as with `jq '.Records[0]'`")
    if not events:
        raise InputError(f"{label} holds no CloudTrail event{_why(tally)}; give one record, a JSON object")
    return events[0]


def _why(tally: Tally) -> str:
    told = [
        *(f"{kind} {count}" for kind, count in sorted(tally.skipped.items())),
        *(f"{each.reason}{f' ({each.detail})' if each.detail else ''}" for each in tally.examples),
    ]
    return f" ({', '.join(told)})" if told else ""


def _pieces(file: IO[bytes]) -> Iterator[Chunk]:
    try:
        while piece := file.read(_PIECE):
            yield piece
    except OSError as error:
        yield Fault("unreadable", (error.strerror or "").lower())
