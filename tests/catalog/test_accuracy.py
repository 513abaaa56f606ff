"""How often the resolver is right, against AWS's operation map and recorded trails."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from catalog.load import load_catalog, load_resolver, read_table
from catalog.model import Operation, Resolved, Unresolved
from catalog.resolve import Resolver
from catalog.tables import items, parse_table

pytestmark = pytest.mark.corpus

SHARED = Path(__file__).parents[2].parent / "shared"
CATALOG = load_catalog()

# Where the answer differs from AWS's operation map on purpose, and why.
BETTER_THAN_THE_MAP: Mapping[tuple[str, str], str] = {
    ("s3", "GetObjectAttributes"): "the S3 user guide requires s3:GetObjectAttributes as well",
    ("dynamodb", "RestoreTableToPointInTime"): "the action of the same name is required as well",
}


@pytest.mark.parametrize("operation_map", [True, False], ids=["with the map", "without the map"])
def test_answers_are_in_the_set_that_aws_publishes(operation_map: bool) -> None:
    resolver = load_resolver(CATALOG, operation_map=operation_map)
    table = parse_table((SHARED / "facts" / "operation_actions.tsv").read_text("utf-8"), "operation_actions.tsv")
    source_of = _source_by_client()
    counts = Counter(
        _verdict(
            resolver, Operation(source_of[row["boto3_service"]], row["operation"]), items(row["authorized_actions"])
        )
        for row in table
    )
    assert counts.total() == len(table) > 3_000
    assert counts["in set"] >= 0.99 * counts.total(), counts
    assert counts["wrong"] <= 0.004 * counts.total(), counts


def _verdict(resolver: Resolver, operation: Operation, authorised: tuple[str, ...]) -> str:
    answer = resolver.resolve(operation)
    if not isinstance(answer, Resolved):
        return answer.rule
    return "in set" if {*answer.actions} <= {*authorised} else "wrong"


def test_what_differs_from_the_map_says_so() -> None:
    """An answer outside the map's set carries a note, or is listed above with the reason."""
    resolver, source_of, checked = load_resolver(CATALOG), _source_by_client(), 0
    for row in read_table("operations.tsv"):
        answer = resolver.resolve(Operation(source_of[row["client"]], row["operation"]))
        if isinstance(answer, Resolved) and not {*answer.actions} <= {*items(row["actions"])}:
            known = (row["client"], row["operation"]) in BETTER_THAN_THE_MAP
            assert known or any("does not list it" in note for note in answer.notes), (row, answer)
            checked += 1
    assert checked > len(BETTER_THAN_THE_MAP)


def test_recorded_calls_are_decided() -> None:
    resolver = load_resolver(CATALOG)
    counts = Counter(_decided(resolver, record) for record in _recorded_calls())
    assert counts.total() > 25_000
    assert counts[True] >= 0.99 * counts.total(), counts


def _decided(resolver: Resolver, record: Mapping[str, str]) -> bool:
    return not isinstance(resolver.resolve(Operation(record["eventSource"], record["eventName"])), Unresolved)


def _recorded_calls() -> Iterator[Mapping[str, str]]:
    for file in sorted((SHARED / "corpus" / "real").glob("*.json.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as text:
            yield from (each for each in json.load(text)["Records"] if each.get("eventType") == "AwsApiCall")


def test_the_action_that_a_denied_message_names_is_found_without_the_message() -> None:
    resolver = load_resolver(CATALOG)
    table = parse_table(
        (SHARED / "facts" / "denied_message_actions.tsv").read_text("utf-8"), "denied_message_actions.tsv"
    )
    redacted = [row for row in table if CATALOG.action(row["iam_action"]) is None]
    assert [row["iam_action"] for row in redacted] == ["iam:Action"]
    checked = 0
    for row in table:
        if row not in redacted:
            answer = resolver.resolve(Operation(row["eventSource"], row["eventName"]))
            assert isinstance(answer, Resolved)
            assert answer.actions == (row["iam_action"],)
            checked += 1
    assert checked == len(table) - 1 > 25


def _source_by_client() -> dict[str, str]:
    """The event source of each client: the one that has the client and stands for nothing narrower."""
    found: dict[str, tuple[int, str]] = {}
    for row in read_table("event_sources.tsv"):
        for client in items(row["clients"]):
            candidate = (-len(items(row["clients"])), row["event_source"])
            found[client] = min(found.get(client, candidate), candidate)
    return {client: f"{source}.amazonaws.com" for client, (_, source) in found.items()}
