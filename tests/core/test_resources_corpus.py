"""Resources of recorded calls: found without `resources`, they are those that `resources` and denials name."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.core.actions import Need
from service.core.events import Event
from service.core.iam.pattern import parse_pattern
from service.core.principals import attribute
from service.core.trail.records import parse_record
from service.core.usage import NO_EVIDENCE, call_of
from service.wiring import keep, parts

SHARED = Path(__file__).parents[2].parent / "shared"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not SHARED.is_dir(), reason="the recorded trails are not beside this checkout"),
]

EXACT_AT_LEAST = 0.99
NOT_IN_THE_REQUEST = {"kms:Decrypt"}
"""Whose key the ciphertext names: no parameter does."""

INCONSISTENT = {("lambda:GetFunction", "arn:aws:lambda:us-west-2:999999999999:function:other-acct-function")}
"""An example of AWS's documentation whose message names another Region than the record, which has no parameters."""

OF_ONE_OPERATION = 100
"""So many different requests of an operation are looked at."""


def test_resources_are_found_from_parameters_alone() -> None:
    seen: Counter[str] = Counter()
    wrong = set()
    for record in _different(record for record in _records("real") if record.get("resources")):
        listed = {str(each.get("ARN")) for each in record["resources"] if isinstance(each, dict)}
        alone = _needs({**record, "resources": None})
        for need in _needs(record):
            if need.request in listed and need.action not in NOT_IN_THE_REQUEST:
                verdict = _compared(need, [each for each in alone if each.action == need.action])
                seen[verdict] += 1
                wrong |= {(need.action, need.request)} if verdict == "wrong" else set()
    assert seen.total() > 1_000
    assert not wrong
    assert seen["exact"] / seen.total() >= EXACT_AT_LEAST, seen


def test_the_resource_that_a_denial_names_is_among_ours() -> None:
    """Equal to one that the record's other members show, or covered by it."""
    text = (SHARED / "facts" / "denied_message_actions.tsv").read_text()
    table = csv.DictReader(text.splitlines(), delimiter="\t")
    rows = {(row["eventSource"], row["eventName"], row["iam_action"], row["resource"]) for row in table}
    truth = [row for row in rows if parts().catalog.action(row[2]) and row[3]]  # one message has placeholders
    met: set[tuple[str, str]] = set()
    missed: set[tuple[str, str]] = set()
    for record in (record for folder in ("real", "docs", "fixtures") for record in _records(folder)):
        message = str(record.get("errorMessage"))
        for source, name, action, resource in truth if "perform: " in message else ():
            if (source, name) == (
                record["eventSource"],
                record.get("eventName"),
            ) and f"{action} on resource: {resource}" in message:
                needs = _needs({**record, "errorCode": None, "errorMessage": None})
                covered = any(_covers(need, resource) for need in needs if need.action == action)
                (met if covered else missed).add((action, resource))
    assert len(met) >= 15
    assert missed == INCONSISTENT


def _covers(need: Need, resource: str) -> bool:
    """Recorded names were blotted out as `*` in some messages, accounts changed: the kind of resource is left."""
    if resource.endswith("/*"):
        return need.request.split(":")[2] == resource.split(":")[2] and _kind(need.request) == _kind(resource)
    return any(parse_pattern(pattern).matches(resource) for pattern in need.patterns)


def _kind(arn: str) -> str:
    return arn.split(":", 5)[5].split("/", maxsplit=1)[0]


def _different(records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Records whose parameters differ, so many of each operation."""
    seen: dict[str, set[bytes]] = {}
    for record in records:
        requests = seen.setdefault(f"{record['eventSource']} {record.get('eventName')}", set())
        request = msgspec.json.encode(record.get("requestParameters"))
        if request not in requests and record.get("requestParameters") and len(requests) < OF_ONE_OPERATION:
            requests.add(request)
            yield record


def _compared(need: Need, alone: list[Need]) -> str:
    if any(each.request == need.request for each in alone):
        return "exact"
    return "broader" if any(_covers(each, need.request) for each in alone) else "wrong"


def _needs(record: dict[str, Any]) -> tuple[Need, ...]:
    event = parse_record(msgspec.json.encode(record))
    if not isinstance(event, Event):
        return ()
    call = call_of(event, attribute(event), keep)
    return tuple(parts().mapper.findings({call: NO_EVIDENCE}).needs)


def _records(folder: str) -> Iterator[dict[str, Any]]:
    for path in sorted((SHARED / "corpus" / folder).glob("*.json.gz")):
        document = msgspec.json.decode(gzip.decompress(path.read_bytes()))
        for record in document.get("Records", (document,)):
            if isinstance(record, dict) and "eventSource" in record:
                yield record
