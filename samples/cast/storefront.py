"""The roles `storefront-task` and `storefront-execution`: containers on Amazon ECS, and ECS starting them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from samples.account import ACCOUNT, IRELAND, STOREFRONT_EXECUTION, STOREFRONT_TASK, Role, regional
from samples.callers import JAVA, Caller, role_session
from samples.chance import Dice
from samples.clock import at, days, moments
from samples.records import Call, Json, record, script
from samples.services import containers, dynamodb, functions, logs, messaging, s3, security

TASK = "7c1e94b0a6d84f27b35c90e1d2f48a63"
CLUSTER_ARN = regional("rds", IRELAND, "cluster:catalogue")
ASSETS = "fernwell-storefront-assets"

_ADDRESS = "203.0.113.172"


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        mine = dice.child(day)
        for when in moments(mine, day, mine.between(8, 12), 0, 23):
            yield record(mine.weighted(_USUAL)(mine), _caller(STOREFRONT_TASK, when), when, mine)
        if day.weekday() in (1, 3):
            start = at(day, 9, 30)
            yield from script(_start(day, mine), _caller(STOREFRONT_EXECUTION, start), start, mine)


def _caller(role: Role, when: datetime) -> Caller:
    started = when.replace(hour=when.hour // 6 * 6, minute=0, second=0)
    return Caller(role_session(role, TASK, started), _ADDRESS, JAVA)


def _statement(_: Dice) -> Call:
    """The RDS Data API: event source `rdsdata`, IAM prefix `rds-data`; the text is masked."""
    asked = {
        "continueAfterTimeout": False,
        "database": "**********",
        "includeResultMetadata": False,
        "parameters": [],
        "resourceArn": CLUSTER_ARN,
        "schema": "**********",
        "secretArn": security.secret_arn("catalogue/reader-4kPzWc"),
        "sql": "**********",
    }
    return Call("rdsdata", "ExecuteStatement", asked, write=True, version="1.08")


def _batch_get(_: Dice) -> Call:
    call = dynamodb.get_item("catalogue", sku="FW-1041")
    tables = [
        {"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": regional("dynamodb", IRELAND, f"table/{table}")}
        for table in ("catalogue", "stock")
    ]
    asked = {"requestItems": {"catalogue": {"keys": [{"sku": "FW-1041"}]}, "stock": {"keys": [{"sku": "FW-1041"}]}}}
    return call.changed(eventName="BatchGetItem", requestParameters=asked, resources=tables)


_USUAL: tuple[tuple[int, Callable[[Dice], Call]], ...] = (
    (8, lambda dice: dynamodb.get_item("catalogue", sku=f"FW-{dice.between(1000, 1400)}")),
    (3, _batch_get),
    (4, _statement),
    (5, lambda dice: s3.get_object(ASSETS, f"img/FW-{dice.between(1000, 1400)}.webp")),
    (2, lambda _: functions.invoke("recommend")),
    (3, lambda _: messaging.receive_message("storefront-events")),
    (3, lambda dice: messaging.delete_message("storefront-events", dice.letters(16))),
    (1, lambda _: Call("xray", "GetSamplingRules")),
    # Authorised as bedrock:InvokeModel.
    (1, lambda _: Call("bedrock", "Converse", {"modelId": "amazon.nova-lite-v1:0"})),
)


def _start(day: date, dice: Dice) -> list[Call]:
    """ECS pulls the image and opens a log stream with the execution role."""
    return [
        containers.get_authorization_token(),
        containers.repository_call("BatchGetImage", "storefront", imageIds=[{"imageTag": "stable"}]),
        containers.repository_call("GetDownloadUrlForLayer", "storefront", layerDigest=f"sha256:{dice.hex(24)}"),
        security.get_secret_value(security.secret_arn("catalogue/reader-4kPzWc")),
        logs.create_log_stream("/ecs/storefront", f"web/storefront/{day:%Y%m%d}{dice.hex(8)}"),
    ]
