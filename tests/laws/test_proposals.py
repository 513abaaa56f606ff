"""Laws of a proposal: nothing is lost, order and workers do not matter, what was allowed stays allowed."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.model import AccessLevel, Operation
from samples.generate import records
from service.core.actions import Need, Reason, ReasonKind
from service.core.days import WindowAsked
from service.core.errors import InternalError
from service.core.iam.document import parse_policy
from service.core.iam.evaluate import Access, Request, authorize
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal_json import document
from service.usecases.gather import gather
from service.usecases.propose import self_check
from service.wiring import file_trail, keep, parts

ROLE = "arn:aws:iam::111122223333:role/orders-api"
SAMPLE = Path(__file__).parents[2] / "samples" / "trail"


def proposed(paths: list[Path], arn: str = ROLE, workers: int = 1, asked: WindowAsked = WindowAsked()) -> bytes:  # noqa: B008  # frozen
    query = parse_principal(arn)
    reading = gather(file_trail(paths, workers), keep, query)
    return to_bytes(document(parts().proposer.propose(reading, query, asked)))


def test_files_in_any_order_and_any_number_of_workers_give_the_same_bytes() -> None:
    files = sorted(SAMPLE.rglob("*.json.gz"))
    expected = proposed(files)
    shuffled = list(files)
    random.Random(7).shuffle(shuffled)
    assert shuffled != files
    assert proposed(shuffled) == expected
    assert proposed(shuffled, workers=4) == expected
    assert proposed([SAMPLE], workers=4) == proposed([SAMPLE])


def test_records_in_any_order_and_any_files_give_the_same_proposal(tmp_path: Path) -> None:
    all_records = [record for record in records() if ROLE in str(record)]
    assert len(all_records) > 1000
    expected = _of_records(tmp_path / "one", [all_records])
    random.Random(11).shuffle(all_records)
    assert _of_records(tmp_path / "five", [all_records[number::5] for number in range(5)]) == expected


def _of_records(folder: Path, files: list[list[dict[str, Any]]]) -> dict[str, Any]:
    """The proposal, but for what tells of the files."""
    folder.mkdir()
    for number, part in enumerate(files):
        (folder / f"{number}.json.gz").write_bytes(gzip.compress(orjson.dumps({"Records": part})))
    proposal: dict[str, Any] = orjson.loads(proposed([folder]))
    files_read = ("files", "bytes")
    inputs = {name: value for name, value in proposal.pop("inputs").items() if name not in files_read}
    return {name: value for name, value in proposal.items() if name not in ("id", "digest")} | {"inputs": inputs}


def test_the_seed_of_hashes_does_not_show() -> None:
    """Sets of text are walked in another order in every process; the proposal is the same."""
    assert {_in_a_process(seed) for seed in ("0", "1")} == {proposed([SAMPLE])}


def _in_a_process(seed: str) -> bytes:
    code = "import sys; from tests.laws.test_proposals import *; sys.stdout.buffer.write(proposed([SAMPLE]))"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env={"PYTHONHASHSEED": seed}, cwd=root, capture_output=True, check=True).stdout


@pytest.mark.parametrize("role", ["orders-api", "platform/deployer", "data/lake-pipeline", "legacy-reporter"])
def test_every_event_has_a_fate(role: str) -> None:
    for asked in (WindowAsked(), WindowAsked(days=10)):
        events = orjson.loads(proposed([SAMPLE], f"arn:aws:iam::111122223333:role/{role}", asked=asked))["summary"][
            "events"
        ]
        assert events.pop("total") == sum(events.values()) > 0


def test_the_policies_that_are_written_allow_what_was_observed() -> None:
    """Read back from JSON, with an evaluation that shares nothing with the synthesis."""
    proposal = orjson.loads(proposed([SAMPLE]))
    policies = [parse_policy(orjson.dumps(each["document"])) for each in proposal["policies"]]
    checked = 0
    for permission in proposal["permissions"]:
        context = {each["key"]: (each["values"][0],) for each in permission["conditions"]}
        for resource in permission["resources"]:
            literal = resource.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
            request = Request(permission["action"], literal, context)
            assert authorize(policies, request).access is Access.ALLOWED
            checked += 1
    assert checked >= proposal["certificate"]["excess"]["granted"] > 30


def test_nothing_that_was_only_denied_is_allowed() -> None:
    proposal = orjson.loads(proposed([SAMPLE], "arn:aws:iam::111122223333:role/legacy-reporter"))
    policies = [parse_policy(orjson.dumps(each["document"])) for each in proposal["policies"]]
    denied = [(action, each["resource"]) for each in proposal["denied"] for action in each["actions"]]
    assert len(denied) >= 15
    for action, resource in denied:
        assert authorize(policies, Request(action, resource or "*")).access is not Access.ALLOWED


def test_a_duplicate_counts_once(tmp_path: Path) -> None:
    part = [record for record in records() if ROLE in str(record)][:50]
    (tmp_path / "a.json").write_bytes(orjson.dumps({"Records": part}))
    once = orjson.loads(proposed([tmp_path]))
    (tmp_path / "b.json").write_bytes(orjson.dumps({"Records": part}))
    twice = orjson.loads(proposed([tmp_path]))
    assert twice["inputs"]["duplicates"] == len(part)
    assert [twice["permissions"], twice["policies"]] == [once["permissions"], once["policies"]]


def test_a_window_narrows(tmp_path: Path) -> None:
    whole = orjson.loads(proposed([SAMPLE]))
    week = orjson.loads(proposed([SAMPLE], asked=WindowAsked(days=7)))
    assert week["window"]["from"] == "2026-09-23"
    assert week["window"]["to"] == "2026-09-29"
    assert 0 < week["summary"]["events"]["granted"] < whole["summary"]["events"]["granted"]
    assert {each["action"] for each in week["permissions"]} < {each["action"] for each in whole["permissions"]}


_TEXT = st.text(max_size=40)
_NAMES = st.sampled_from(["bucketName", "key", "tableName", "roleArn", "queueUrl", "name", "versionId", "secretId"])
_SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), _TEXT, st.floats(allow_nan=False, allow_infinity=False)
)
_HOSTILE = st.sampled_from(
    [
        "*",
        "arn:aws:s3:::*",
        "${aws:username}",
        'a"b',
        "a\nb",
        "arn:*:*:*:*:*",
        "arn:aws:iam::*:role/*",
        "\ud7ff",
        "ü" * 64_000,
    ]
)
_JSON = st.recursive(
    st.one_of(_SCALAR, _HOSTILE),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.one_of(_NAMES, _TEXT), inner, max_size=4)),
    max_leaves=12,
)
_OPERATIONS = st.sampled_from(
    [
        ("s3.amazonaws.com", "GetObject"),
        ("s3.amazonaws.com", "CopyObject"),
        ("dynamodb.amazonaws.com", "Query"),
        ("lambda.amazonaws.com", "CreateFunction20150331"),
        ("ec2.amazonaws.com", "RunInstances"),
        ("iam.amazonaws.com", "CreateRole"),
        ("secretsmanager.amazonaws.com", "GetSecretValue"),
        ("sqs.amazonaws.com", "SendMessage"),
    ]
)


@given(operation=_OPERATIONS, request=_JSON, response=_JSON, resources=_JSON)
@settings(
    deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_hostile_requests_end_in_a_checked_proposal(
    tmp_path: Path, operation: tuple[str, str], request: Any, response: Any, resources: Any
) -> None:
    """No text of a request becomes a wildcard over accounts or services, and whatever is granted is one action's."""
    source, name = operation
    record = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": "arn:aws:sts::111122223333:assumed-role/orders-api/s",
            "accountId": "111122223333",
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
        },
        "eventTime": "2026-08-01T12:00:00Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": "eu-west-1",
        "eventID": "0b4a7c9e-0000-4000-8000-000000000000",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        "requestParameters": request,
        "responseElements": response,
        "resources": resources,
    }
    (tmp_path / "one.json").write_bytes(msgspec.json.encode({"Records": [record]}))
    proposal = orjson.loads(proposed([tmp_path]))
    assert proposal["self_check"]["allowed"] == proposal["self_check"]["requests"]
    for permission in proposal["permissions"]:
        assert "*" not in permission["action"]
        for resource in permission["resources"]:
            place = resource.split(":", 5)[:5]
            assert resource == "*" or not any("*" in part or "?" in part for part in place)


def test_a_missing_grant_is_an_internal_error() -> None:
    reason = Reason(ReasonKind.OBSERVED, Operation("s3.amazonaws.com", "GetObject"), "identity")
    need = Need("s3:GetObject", AccessLevel.READ, "arn:aws:s3:::b/k", ("arn:aws:s3:::b/k",), True, (), reason)
    with pytest.raises(InternalError, match="s3:GetObject"):
        self_check([], [need])
