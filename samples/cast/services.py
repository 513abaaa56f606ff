"""AWS itself: services that assume roles and write logs, the service-linked role of AWS Config, service events.

None of it is anybody's permission, and it is a good part of every trail.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from samples.account import (
    ACCOUNT,
    CONFIG,
    FRANKFURT,
    INVOICE_RENDERER,
    IRELAND,
    LAKE_KEY,
    ORDERS_API,
    ORDERS_KEY,
    STOREFRONT_TASK,
    VIRGINIA,
    WORKERS,
    Role,
)
from samples.callers import Caller, role_session, service
from samples.cast.orders import INSTANCES
from samples.chance import Dice
from samples.clock import at, days, moments, on
from samples.records import ABSENT, Call, Json, record, script
from samples.services import ec2, iam, s3, security

TRAIL_BUCKET = "fernwell-cloudtrail"

# Which service assumes which role, with which session name.
_ASSUMED: tuple[tuple[str, Role, str], ...] = (
    ("ec2", ORDERS_API, INSTANCES[0][0]),
    ("ec2", ORDERS_API, INSTANCES[1][0]),
    ("ec2", WORKERS, "i-0b7e2d9c5f1a38640"),
    ("ecs-tasks", STOREFRONT_TASK, "7c1e94b0a6d84f27b35c90e1d2f48a63"),
    ("lambda", INVOICE_RENDERER, "invoice-renderer"),
)


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        mine = dice.child(day)
        yield from _assume(day, mine)
        for region in (IRELAND, VIRGINIA, FRANKFURT):
            yield _log_delivery(day, region, mine.child(region))
        for when in moments(mine, day, 2, 0, 23):
            yield from script(_recording(), _config(when), when, mine)
    yield from _events(dice.child("events"))


def _assume(day: date, dice: Dice) -> Iterator[Json]:
    for name, role, session in _ASSUMED:
        for when in moments(dice, day, 2, 0, 23):
            yield record(security.assume_role(role, session, when), service(name), when, dice)


def _log_delivery(day: date, region: str, dice: Dice) -> Json:
    call = s3.bucket_call("GetBucketAcl", TRAIL_BUCKET, region=region, acl="")
    when = at(day, dice.below(24), dice.below(60), dice.below(60))
    return record(call.changed(sharedEventID=dice.uuid()), service("cloudtrail"), when, dice)


def _config(when: datetime) -> Caller:
    """A service-linked role: `aws-service-role/` in its path, invoked by its service."""
    return Caller(role_session(CONFIG, "ConfigResourceRecording", when), "", "").forwarded("config")


def _recording() -> list[Call]:
    return [
        ec2.describe("DescribeVpcs", "vpcSet"),
        ec2.describe("DescribeVolumes", "volumeSet"),
        iam.read("ListRoles"),
        s3.bucket_call("GetBucketTagging", "fernwell-orders", tagging=""),
    ]


def _events(dice: Dice) -> Iterator[Json]:
    for text, call, caller in _SERVICE_EVENTS:
        yield record(call, caller, on(text), dice)


def _service_event(source: str, name: str, region: str = IRELAND, **more: object) -> Call:
    """Something that happened in a service, logged though nobody called an API."""
    return Call(source, name, write=True, region=region).changed(eventType="AwsServiceEvent", requestID=ABSENT, **more)


def _key(arn: str) -> list[Json]:
    return [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]


_INTERNAL = Caller({"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, "AWS Internal", "AWS Internal")
_SERVICE_EVENTS: tuple[tuple[str, Call, Caller], ...] = (
    (
        "2026-08-09 01:00:00",
        _service_event("kms", "RotateKey", resources=_key(ORDERS_KEY), serviceEventDetails={"keyId": ORDERS_KEY[-36:]}),
        _INTERNAL,
    ),
    # An action `kms:SynchronizeMultiRegionKey` exists; this event is not a call of it.
    (
        "2026-08-11 02:04:37",
        _service_event("kms", "SynchronizeMultiRegionKey", resources=_key(LAKE_KEY)),
        _INTERNAL,
    ),
    # KMS has written the same event as an API call of nobody: no type, no ARN.
    (
        "2026-09-11 02:04:37",
        Call("kms", "SynchronizeMultiRegionKey", write=True).changed(resources=_key(LAKE_KEY)),
        _INTERNAL,
    ),
    (
        "2026-08-16 03:00:00",
        _service_event(
            "secretsmanager",
            "RotationFailed",
            errorMessage="Error when executing lambda returns-rotation during the setSecret step",
            additionalEventData={"SecretId": security.secret_arn("legacy/db-Hx81Qz")},
        ),
        Caller({"accountId": ACCOUNT, "invokedBy": "secretsmanager.amazonaws.com"}, "secretsmanager.amazonaws.com"),
    ),
    (
        "2026-08-18 04:00:00",
        _service_event(
            "ec2", "SharedSnapshotVolumeCreated", serviceEventDetails={"snapshotId": "snap-0a9e1526b9b037a30"}
        ),
        service("ec2"),
    ),
    (
        "2026-08-20 04:00:00",
        Call("elasticfilesystem", "NewClientConnection").changed(
            eventType="AwsServiceEvent",
            requestID=ABSENT,
            serviceEventDetails={"permissions": {"ClientRootAccess": True}},
        ),
        service("elasticfilesystem"),
    ),
)
