"""Two people through IAM Identity Center, in the console and at the command line, on working days."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from samples.account import ACCOUNT, IRELAND, POWER_USER, VIRGINIA, regional
from samples.callers import BROWSER, CLI, OFFICE, Caller, role_session
from samples.chance import Dice
from samples.clock import moments, on, working_days
from samples.records import Call, Json, record, script
from samples.services import console, containers, ec2, functions, gateway, iam, logs, messaging, s3, security

PEOPLE = ("mira.okafor@fernwell.example", "jonas.weiss+ops@fernwell.example")
API = "k3x9d2m7qa"

_IDENTITY_STORE = f"arn:aws:identitystore::{ACCOUNT}:identitystore/d-9367b0c1f2"


def records(dice: Dice) -> Iterator[Json]:
    for number, person in enumerate(PEOPLE):
        for day in working_days():
            mine = dice.child(person, day)
            if mine.chance(0.35):
                continue
            when = moments(mine, day, 1, 7, 15)[0]
            at_the_console = mine.chance(0.6)
            if at_the_console:
                yield record(console.console_login(mfa=False), _browser(person, when), when, mine)
            caller = _browser(person, when) if at_the_console else _terminal(person, when)
            calls = [mine.weighted(_USUAL)(mine) for _ in range(mine.between(6, 12))]
            yield from script(calls, caller, when + timedelta(seconds=20), mine)
        yield from _rare(person, number, dice.child(person, "rare"))


def _browser(person: str, when: datetime) -> Caller:
    return Caller(_identity(person, when), OFFICE, BROWSER, from_console=True)


def _terminal(person: str, when: datetime) -> Caller:
    return Caller(_identity(person, when), OFFICE, CLI)


def _identity(person: str, when: datetime) -> Json:
    identity = role_session(POWER_USER, person, when)
    user_id = "92a5b4c6-0071-70d1-9f3e-" + ("5b1c7d2e8f60" if person == PEOPLE[0] else "6c2d8e3f9a71")
    return {**identity, "onBehalfOf": {"userId": user_id, "identityStoreArn": _IDENTITY_STORE}}


_USUAL: tuple[tuple[int, Callable[[Dice], Call]], ...] = (
    (8, lambda _: ec2.describe_instances_tagged("team", "shop")),
    (4, lambda _: ec2.describe("DescribeVpcs", "vpcSet")),
    (4, lambda _: ec2.describe("DescribeSecurityGroups", "securityGroupSet")),
    (4, lambda _: s3.list_buckets()),
    (3, lambda _: s3.bucket_call("GetBucketEncryption", "fernwell-orders", encryption="")),
    (3, lambda _: s3.bucket_call("GetBucketVersioning", "fernwell-orders", versioning="")),
    (3, lambda _: s3.bucket_call("GetBucketReplication", "fernwell-orders", replication="")),
    (4, lambda _: logs.describe_log_groups("/aws/lambda/")),
    (4, lambda _: logs.filter_log_events("/ecs/storefront", "ERROR")),
    (4, lambda _: functions.list_functions()),
    (4, lambda _: containers.describe_services("shop", "storefront")),
    (4, lambda _: gateway.get_rest_apis()),
    (2, lambda _: gateway.get_stage(API, "prod")),
    (3, lambda _: console.get_resources("team", "shop")),
    (3, lambda _: logs.describe_alarms("orders-")),
    (2, lambda _: iam.read("ListRoles", maxItems=100)),
    (2, lambda _: security.get_caller_identity()),
    (1, lambda _: console.get_bills()),
)


def _rare(person: str, number: int, dice: Dice) -> Iterator[Json]:
    for text, call in _TRAPS[number::2]:
        when = on(text)
        yield record(call, _browser(person, when - timedelta(minutes=5)), when, dice)
    # A service's back end that looks around for the person at the console.
    when = on("2026-08-20 10:00:00")
    looked = ec2.describe("DescribeAccountAttributes", "accountAttributeNameSet")
    yield record(looked, _browser(person, when).forwarded("AWS Internal"), when, dice)


_TOPIC = regional("sns", IRELAND, "alarms")
_TRAPS: tuple[tuple[str, Call], ...] = (
    ("2026-08-05 10:00:00", gateway.create_deployment(API, "prod", "d8x2k1")),
    ("2026-08-05 10:00:30", gateway.update_stage(API, "prod", "d8x2k1")),
    ("2026-08-06 10:00:00", gateway.tag_resource(API, "prod", team="shop")),
    ("2026-08-06 10:01:00", logs.put_metric_alarm("orders-checkout-errors", _TOPIC)),
    ("2026-08-10 14:00:00", logs.put_retention_policy("/ecs/storefront", 30)),
    (
        "2026-08-10 14:01:00",
        Call(
            "sqs",
            "CreateQueue",
            {"queueName": "returns", "attributes": {"VisibilityTimeout": "60"}, "tags": {"team": "shop"}},
            {"queueUrl": f"https://sqs.{IRELAND}.amazonaws.com/{ACCOUNT}/returns"},
            write=True,
        ),
    ),
    ("2026-08-12 13:00:00", security.get_parameters("/storefront/banner").changed(readOnly="true")),
    ("2026-08-12 13:05:00", ec2.dry_run(ec2.change_state("StopInstances", 64, "stopping", "i-0a1f4c7d92e6b3085"))),
    (
        "2026-08-13 09:00:00",
        functions.list_functions().failing("TooManyRequestsException", "Rate exceeded"),
    ),
    (
        "2026-08-13 09:05:00",
        functions.get_function("gone").failing(
            "ResourceNotFoundException", f"Function not found: {functions.function_arn('gone')}"
        ),
    ),
    (
        "2026-08-13 09:10:00",
        Call("route53", "ListHostedZones", {"maxItems": "100"}, region=VIRGINIA),
    ),
    (
        "2026-08-14 09:10:00",
        Call(
            "route53",
            "ChangeResourceRecordSets",
            {"hostedZoneId": "Z04871EXAMPLE", "changeBatch": {"changes": [{"action": "UPSERT"}]}},
            {"changeInfo": {"id": "/change/C05EXAMPLE", "status": "PENDING"}},
            write=True,
            region=VIRGINIA,
        ),
    ),
    (
        "2026-08-17 09:10:00",
        Call("sns", "Subscribe", {"topicArn": _TOPIC, "protocol": "email", "endpoint": messaging.HIDDEN}, write=True),
    ),
    (
        "2026-08-18 09:10:00",
        Call("ecs", "ListTasks", {"cluster": "shop"}).failing("ServerException", "Service Unavailable."),
    ),
    ("2026-08-18 09:12:00", s3.bucket_call("PutBucketLifecycle", "fernwell-reports", write=True, lifecycle="")),
)
