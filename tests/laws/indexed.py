"""Trails on disk, indexes of them, and everything that either says: what the laws of the index compare."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from service.core.activity import fold, native_fold
from service.core.days import Window, WindowAsked
from service.core.errors import InputError
from service.core.events import Event, Identity
from service.core.json_bytes import to_bytes
from service.core.principals import Principal, parse_principal
from service.core.proposal_json import document
from service.usecases import index_upkeep
from service.usecases.gather import gather
from service.usecases.index_port import UsageIndex
from service.usecases.index_reading import IndexReading
from service.usecases.indexing import Added, add_trail
from service.usecases.reading import Reading
from service.usecases.summaries import summaries
from service.wiring import file_trail, keep, parts, usage_index

EVERYTHING = WindowAsked()

Said = dict[str, bytes]
"""What a reading says, by question."""


def said(reading: Reading, windows: Iterable[WindowAsked] = (EVERYTHING,)) -> Said:
    """Every proposal that can be asked for, every principal's line, and what of each cannot be seen in these."""
    found = {"principals": repr(summaries(reading)).encode(), "inputs": repr(reading.inputs).encode()}
    for principal in reading.principals():
        activity = reading.activity([principal])
        numbers = activity.events, activity.records, activity.duplicates, activity.outside(Window("2026-08-02", ""))
        found[f"numbers of {principal}"] = repr(numbers).encode()
        for asked in windows:
            found[f"{principal} {asked}"] = _proposal(reading, principal, asked)
    return found


def _proposal(reading: Reading, principal: Principal, asked: WindowAsked) -> bytes:
    try:
        query = parse_principal(principal.arn)
    except InputError:  # nobody can ask for it
        return b""
    return to_bytes(document(parts().proposer.propose(reading, query, asked)))


def said_by_files(folder: Path, windows: Iterable[WindowAsked] = (EVERYTHING,)) -> Said:
    """Read as they are now, by the lane that is the reference."""
    return said(gather(file_trail([folder], 1), keep, native=False), windows)


def said_by_index(place: str, windows: Iterable[WindowAsked] = (EVERYTHING,)) -> Said:
    """Asked now."""
    with closing(usage_index(place, create=False)) as index:
        return said(IndexReading(index, keep), windows)


def assert_same(found: Said, expected: Said) -> None:
    """The names of what differs are shorter than the bytes."""
    other = sorted(each for each in expected.keys() | found.keys() if found.get(each) != expected.get(each))
    assert not other, f"these differ: {other}"
    assert len(expected) > 2


def add(place: str, *paths: Path, workers: int = 1, native: bool = True) -> Added:
    """One run."""
    return add_trail(partial(usage_index, place), file_trail(paths, workers), keep, native=native)


class Broken(Exception):
    """What a test throws in the way."""


def add_until(place: str, folder: Path, stands_in: Callable[[UsageIndex], UsageIndex]) -> None:
    """One run with an index that stops somewhere."""
    with pytest.raises(Broken):
        add_trail(lambda: stands_in(usage_index(place)), file_trail([folder], 1), keep)


@contextmanager
def small_limits(looks: int = 3, events: int = 4, segments: int = 2) -> Iterator[None]:
    """As if so few looks and events were the most that are held, and so few segments the most that are kept apart."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_fold, "MOST_HELD", events * BYTES_AN_EVENT)
        patch.setattr(fold, "MOST_LOOKS", looks)
        patch.setattr(fold, "MOST_EVENTS", events)
        patch.setattr(index_upkeep, "MOST_SEGMENTS", segments)
        patch.setattr(index_upkeep, "MOST_JOINED", 3 * events)
        yield


BYTES_AN_EVENT = 200


@contextmanager
def empty_place() -> Iterator[tuple[Path, str]]:
    """A folder for a trail, and an index that nothing was added to. Making its tables takes longer than a small law."""
    with TemporaryDirectory() as name:
        folder = Path(name) / "trail"
        folder.mkdir()
        place = Path(name) / "index.sqlite"
        copyfile(_empty(), place)
        yield folder, str(place)


@lru_cache(maxsize=1)
def _empty() -> Path:
    place = Path(_kept.name) / "empty.sqlite"
    usage_index(str(place)).close()
    return place


_kept = TemporaryDirectory()
_clock = count(1_790_000_000)


def deliver(folder: Path, name: str, records: Iterable[dict[str, Any]]) -> Path:
    """A file of records, in the place of what had its name; each that is delivered is a second younger."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = json.dumps({"Records": list(records)}).encode()
    path.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    moment = next(_clock)
    os.utime(path, (moment, moment))
    return path


def record_of(event: Event) -> dict[str, Any]:
    """An event of `tests.usecases.trails` as CloudTrail would write it."""
    members = {
        "eventVersion": "1.11",
        "userIdentity": _identity(event.identity),
        "eventTime": event.time,
        "eventSource": event.source,
        "eventName": event.name,
        "awsRegion": event.region,
        "sourceIPAddress": event.source_ip,
        "requestParameters": json.loads(bytes(event.request)),
        "eventID": event.id,
        "eventType": event.type,
        "recipientAccountId": event.account,
        "sharedEventID": event.shared_id,
    }
    return {name: value for name, value in members.items() if value != ""}


def _identity(identity: Identity) -> dict[str, Any]:
    issuer = identity.session_context and identity.session_context.session_issuer
    return {
        "type": identity.type,
        "accountId": identity.account_id,
        **({"arn": identity.arn} if identity.arn else {}),
        **({"userName": identity.user_name} if identity.user_name else {}),
        **({"sessionContext": {"sessionIssuer": _issuer(issuer)}} if issuer else {}),
    }


def _issuer(issuer: Any) -> dict[str, Any]:
    return {"type": issuer.type, "arn": issuer.arn, "accountId": issuer.account_id, "userName": issuer.user_name}
