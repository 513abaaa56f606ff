"""The files that lie beside the log files and hold no usable calls: digest, Insights, aggregated, network activity.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-network-events-with-cloudtrail.html
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from samples.account import ACCOUNT, IRELAND, LEGACY_REPORTER, ORDERS_API
from samples.callers import Caller, other_account, role_session
from samples.chance import Dice
from samples.clock import on, stamp
from samples.delivery import log_path, text
from samples.records import Json
from samples.services.denials import ENDPOINT_REFUSAL

BUCKET = "fernwell-cloudtrail"
TRAIL = "fernwell"
ENDPOINT_KMS = "vpce-0c7d6e5f4a3b21908"


def other_files(logs: dict[str, Json], dice: Dice) -> dict[str, Json]:
    """Path -> document of one file of each kind."""
    day = date(2026, 9, 4)
    return {
        _digest_path(day): _digest(logs, day),
        log_path("CloudTrail-Insight", IRELAND, day, dice.child("insight")): {"Records": _insights(dice)},
        log_path("CloudTrail-Aggregated", IRELAND, day, dice.child("aggregated")): {"Records": [_aggregated(dice)]},
        log_path("CloudTrail-NetworkActivity", IRELAND, day, dice.child("network")): {"Records": _network(dice)},
    }


def _digest_path(day: date) -> str:
    name = f"{ACCOUNT}_CloudTrail-Digest_{IRELAND}_{TRAIL}_{IRELAND}_{day:%Y%m%d}T235900Z.json.gz"
    return f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/{IRELAND}/{day:%Y/%m/%d}/{name}"


def _digest(logs: dict[str, Json], day: date) -> Json:
    covered = {
        path: document for path, document in logs.items() if f"/{ACCOUNT}/CloudTrail/{IRELAND}/{day:%Y/%m/%d}/" in path
    }
    listed = [_listed(path, document) for path, document in covered.items()]
    previous = day.replace(day=day.day - 1)
    return {
        "awsAccountId": ACCOUNT,
        "digestStartTime": f"{day}T22:59:00Z",
        "digestEndTime": f"{day}T23:59:00Z",
        "digestS3Bucket": BUCKET,
        "digestS3Object": _digest_path(day),
        "digestPublicKeyFingerprint": "31e8b5433410dfb61a9dc45cc65b22ff",
        "digestSignatureAlgorithm": "SHA256withRSA",
        "newestEventTime": max(each["newestEventTime"] for each in listed),
        "oldestEventTime": min(each["oldestEventTime"] for each in listed),
        "previousDigestS3Bucket": BUCKET,
        "previousDigestS3Object": _digest_path(previous),
        "previousDigestHashValue": hashlib.sha256(_digest_path(previous).encode()).hexdigest(),
        "previousDigestHashAlgorithm": "SHA-256",
        "previousDigestSignature": "00" * 64,
        "logFiles": listed,
    }


def _listed(path: str, document: Json) -> Json:
    times = sorted(record["eventTime"] for record in document["Records"])
    return {
        "s3Bucket": BUCKET,
        "s3Object": path,
        "hashValue": hashlib.sha256(text(document)).hexdigest(),
        "hashAlgorithm": "SHA-256",
        "newestEventTime": times[-1],
        "oldestEventTime": times[0],
    }


def _insights(dice: Dice) -> list[Json]:
    """The start and the end of an unusual rate of errors; they share an id."""
    shared = dice.uuid()
    return [
        _insight("Start", on("2026-09-04 05:16:00"), shared, dice),
        _insight("End", on("2026-09-04 05:21:00"), shared, dice),
    ]


def _insight(state: str, when: datetime, shared: str, dice: Dice) -> Json:
    return {
        "eventVersion": "1.09",
        "eventTime": stamp(when),
        "awsRegion": IRELAND,
        "eventID": dice.uuid(),
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": ACCOUNT,
        "sharedEventID": shared,
        "insightDetails": {
            "state": state,
            "eventSource": "dynamodb.amazonaws.com",
            "eventName": "Query",
            "insightType": "ApiErrorRateInsight",
            "errorCode": "AccessDeniedException",
            "insightContext": {
                "statistics": {"baseline": {"average": 0.0001}, "insight": {"average": 4.2}, "insightDuration": 5},
                "attributions": [_attribution()],
            },
        },
        "eventCategory": "Insight",
    }


def _attribution() -> Json:
    who = LEGACY_REPORTER.session_arn("legacy-report")
    return {
        "attribute": "userIdentityArn",
        "insight": [{"value": who, "average": 4.2}],
        "baseline": [{"value": who, "average": 0.0001}],
    }


def _aggregated(dice: Dice) -> Json:
    """Five minutes of data events as counts: no single request can be read out of it."""
    return {
        "eventVersion": "1.0",
        "accountId": ACCOUNT,
        "eventId": dice.uuid(),
        "eventCategory": "Aggregated",
        "eventType": "AwsAggregatedEvent",
        "awsRegion": IRELAND,
        "eventSource": "s3.amazonaws.com",
        "timeWindow": {
            "windowStart": "2026-09-04T02:00:00Z",
            "windowEnd": "2026-09-04T02:05:00Z",
            "windowSize": "PT5M",
        },
        "summary": {
            "primaryDimension": _counts("eventName", {"PutObject": 1000, "GetObject": 240}),
            "details": [_counts("resourceARN", {"arn:aws:s3:::fernwell-lake": 1240})],
        },
    }


def _counts(dimension: str, values: dict[str, int]) -> Json:
    statistics = [{"name": name, "value": value} for name, value in values.items()]
    return {"dimension": dimension, "statistics": statistics, "aggregationType": "Count"}


def _network(dice: Dice) -> list[Json]:
    """What a VPC endpoint saw: the owner's role let through and refused, and a stranger refused."""
    when = on("2026-09-04 10:00:00")
    ours = Caller(role_session(ORDERS_API, "i-0a1f4c7d92e6b3085", when), "10.0.4.17")
    stranger = other_account("777788889999", "AIDAWHITTLEOUTSIDER01", "10.0.9.9")
    return [
        _network_event(ours, "ListAliases", when, dice),
        _network_event(ours, "ListKeys", when, dice) | ENDPOINT_REFUSAL,
        _network_event(stranger, "ListKeys", when, dice) | ENDPOINT_REFUSAL,
    ]


def _network_event(caller: Caller, name: str, when: datetime, dice: Dice) -> Json:
    return {
        "eventVersion": "1.11",
        "userIdentity": caller.identity,
        "eventTime": stamp(when),
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "awsRegion": IRELAND,
        "sourceIPAddress": caller.address,
        "requestID": dice.uuid(),
        "eventID": dice.uuid(),
        "eventType": "AwsVpceEvent",
        "recipientAccountId": ACCOUNT,
        "sharedEventID": dice.uuid(),
        "vpcEndpointId": ENDPOINT_KMS,
        "vpcEndpointAccountId": ACCOUNT,
        "eventCategory": "NetworkActivity",
    }
