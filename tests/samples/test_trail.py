"""The sample trail: made again it is the same, it is small, and what is in it looks like CloudTrail."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from samples.delivery import compressed, text
from samples.generate import documents, records

Json = dict[str, Any]

TRAIL = Path(__file__).parents[2] / "samples" / "trail"
TWICE = 61
LATE = 44

ROLE = "arn:aws:iam::111122223333:role/"
# Session issuer, or the caller itself -> the least number of events.
PRINCIPALS = {
    f"{ROLE}orders-api": 1500,
    f"{ROLE}service-role/billing/invoice-renderer": 700,
    f"{ROLE}data/lake-pipeline": 1000,
    f"{ROLE}ci/ci-deploy": 400,
    f"{ROLE}ecs/storefront-task": 400,
    f"{ROLE}ecs/storefront-execution": 50,
    f"{ROLE}ec2/workers": 400,
    f"{ROLE}platform/deployer": 80,
    f"{ROLE}platform/cfn-exec": 80,
    f"{ROLE}legacy-reporter": 300,
    f"{ROLE}people/on-call": 10,
    f"{ROLE}partner/audited": 10,
    f"{ROLE}aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PowerUser_4f1c9d2a7b3e8c60": 300,
    f"{ROLE}aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig": 300,
    f"{ROLE}aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling": 100,
    "arn:aws:iam::444455556666:role/audit-reader": 8,
    "arn:aws:iam::111122223333:user/people/dana": 100,
    "arn:aws:iam::111122223333:user/apps/kiosk": 200,
    "arn:aws:iam::111122223333:root": 5,
    "AWSService": 700,
    "AWSAccount": 40,
}
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
ALWAYS = {"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "eventID", "eventType"}
SOMETIMES = {
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "readOnly",
    "resources",
    "apiVersion",
    "managementEvent",
    "recipientAccountId",
    "serviceEventDetails",
    "sharedEventID",
    "vpcEndpointId",
    "vpcEndpointAccountId",
    "eventCategory",
    "addendum",
    "sessionCredentialFromConsole",
    "tlsDetails",
}


@cache
def committed() -> dict[str, bytes]:
    """Path -> decompressed content of the files in the repository."""
    files = sorted(TRAIL.rglob("*.json.gz"))
    return {file.relative_to(TRAIL).as_posix(): gzip.decompress(file.read_bytes()) for file in files}


@cache
def delivered() -> tuple[Json, ...]:
    """Every record of the committed log files, the ones delivered twice twice."""
    logs = (content for path, content in committed().items() if "/CloudTrail/" in path)
    return tuple(record for content in logs for record in json.loads(content)["Records"])


@cache
def fresh() -> dict[str, bytes]:
    return {path: text(document) for path, document in documents().items()}


def test_the_committed_files_are_what_the_generator_writes() -> None:
    assert sorted(committed()) == sorted(fresh()), "run `make sample` after a change to samples/"
    changed = [path for path, content in committed().items() if content != fresh()[path]]
    assert changed == [], "run `make sample` after a change to samples/"


def test_made_twice_the_bytes_are_the_same() -> None:
    again = {path: text(document) for path, document in documents().items()}
    assert {path: compressed(content) for path, content in again.items()} == {
        path: compressed(content) for path, content in fresh().items()
    }
    assert compressed(b"{}")[3:8] == bytes(5), "no name, and no time in the header"


def test_everything_is_small() -> None:
    assert sum(file.stat().st_size for file in TRAIL.rglob("*") if file.is_file()) < 1_000_000


def test_every_record_is_delivered_and_some_are_twice() -> None:
    made = {record["eventID"] for record in records()}
    times = Counter(record["eventID"] for record in delivered())
    assert set(times) == made
    assert Counter(times.values()) == {1: len(made) - TWICE, 2: TWICE}
    assert sum("addendum" in record for record in delivered()) == LATE
    assert 6_000 <= len(made) <= 12_000


@pytest.mark.parametrize(("name", "least"), PRINCIPALS.items(), ids=str)
def test_every_principal_is_there(name: str, least: int) -> None:
    assert sum(_caller(record["userIdentity"]) == name for record in delivered()) >= least


def test_records_have_the_members_that_cloudtrail_writes() -> None:
    seen = 0
    for record in delivered():
        assert set(record) >= ALWAYS, record
        assert set(record) <= ALWAYS | SOMETIMES, record
        assert "2026-08-01T00:00:00Z" <= record["eventTime"] <= "2026-09-29T23:59:59Z"
        assert record["eventSource"].endswith(".amazonaws.com")
        assert "errorCode" not in record or record["responseElements"] is None
        seen += 1
    assert seen > 6_000


def test_a_file_holds_one_account_and_one_region() -> None:
    for path, content in committed().items():
        _, account, kind, region, *_ = path.split("/")
        if kind == "CloudTrail":
            found = {(each["recipientAccountId"], each["awsRegion"]) for each in json.loads(content)["Records"]}
            assert found == {(account, region)}, path


def test_the_neighbours_of_the_logs_are_in_their_places() -> None:
    kinds = Counter(path.split("/")[2] for path in committed())
    logs = kinds.pop("CloudTrail")
    assert logs >= 15
    assert kinds == dict.fromkeys(
        ("CloudTrail-Digest", "CloudTrail-Insight", "CloudTrail-Aggregated", "CloudTrail-NetworkActivity"), 1
    )


def test_nobody_works_at_the_weekend_but_machines_do() -> None:
    weekend = [record for record in delivered() if record["eventTime"][:10] in ("2026-08-08", "2026-08-09")]
    callers = {_caller(record["userIdentity"]) for record in weekend}
    assert f"{ROLE}orders-api" in callers
    assert not callers & {f"{ROLE}ci/ci-deploy", "arn:aws:iam::111122223333:user/people/dana"}


def _caller(identity: Json) -> str:
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    return str(issuer.get("arn") or identity.get("arn") or identity.get("type"))
