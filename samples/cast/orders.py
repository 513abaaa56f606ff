"""The role `orders-api`: an application on two EC2 instances, day and night, through VPC endpoints.

DynamoDB, SQS, S3, KMS, Systems Manager and CloudWatch; the failures that a healthy application meets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from samples.account import ACCOUNT, ENDPOINT_DYNAMODB, ENDPOINT_S3, IRELAND, ORDERS_API, ORDERS_KEY, regional
from samples.callers import JAVA, Caller, role_session
from samples.chance import Dice
from samples.clock import at, days, moments, on
from samples.records import ABSENT, Call, Json, record, script
from samples.services import dynamodb, messaging, s3, security

INSTANCES = (("i-0a1f4c7d92e6b3085", "10.0.4.17"), ("i-0c83e5b1d7f920a64", "10.0.5.42"))
BUCKET = "fernwell-orders"
QUEUE = "orders-fulfilment"
SECRET = security.secret_arn("orders/payment-provider-q7XbLk")

_GATEWAYS = {"s3": ENDPOINT_S3, "dynamodb": ENDPOINT_DYNAMODB}
_NAT = "203.0.113.61"


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        for number, (instance, _) in enumerate(INSTANCES):
            mine = dice.child(day, instance)
            if day.day % 14 == number + 1:
                yield from _restart(number, day, mine)
            for when in moments(mine, day, mine.between(12, 17), 0, 23):
                yield _record(mine.weighted(_USUAL)(mine), number, when, mine)
    yield from _rare(dice.child("rare"))


def _restart(number: int, day: date, dice: Dice) -> Iterator[Json]:
    start = at(day, 4, 10 + number)
    calls = [
        security.get_parameters_by_path("/orders/prod/"),
        security.get_parameters("/orders/prod/feature-flags", "/orders/prod/currency"),
        security.get_secret_value(SECRET),
        messaging.get_queue_url(QUEUE),
        dynamodb.describe_table("orders"),
    ]
    yield from script(calls, _caller(number, start, "ssm"), start, dice)
    asked = security.decrypt(ORDERS_KEY, PARAMETER_ARN=regional("ssm", IRELAND, "parameter/orders/prod/token"))
    yield record(asked, _caller(number, start, "kms").forwarded("ssm"), start, dice)


def _record(call: Call, number: int, when: datetime, dice: Dice) -> Json:
    return record(call, _caller(number, when, call.service), when, dice)


def _caller(number: int, when: datetime, service: str) -> Caller:
    instance, private = INSTANCES[number]
    started = when.replace(hour=when.hour // 6 * 6, minute=0, second=0)
    caller = Caller(role_session(ORDERS_API, instance, started, ec2RoleDelivery="2.0"), _NAT, JAVA)
    return caller.through(private, _GATEWAYS[service]) if service in _GATEWAYS else caller


def _order(dice: Dice) -> str:
    return f"o-{20_000 + dice.below(900)}"


def _receipt(dice: Dice) -> str:
    return f"receipts/2026/{_order(dice)}.pdf"


# What the application does: (weight, call).
_USUAL: tuple[tuple[int, Callable[[Dice], Call]], ...] = (
    (16, lambda dice: dynamodb.get_item("orders", orderId=_order(dice))),
    (10, lambda dice: dynamodb.put_item("orders", ("orderId", "lines", "total"), orderId=_order(dice))),
    (8, lambda dice: dynamodb.update_item("orders", "SET #s = :s", orderId=_order(dice))),
    (8, lambda _: dynamodb.query("orders", "customerId = :c", index="by-customer")),
    (4, lambda dice: dynamodb.transact_write("orders", "stock", orderId=_order(dice))),
    (3, lambda _: dynamodb.execute_statement("stock", "SELECT * FROM stock WHERE sku = ***(Redacted)")),
    (8, lambda dice: messaging.send_message(QUEUE, dice.uuid())),
    (5, lambda dice: messaging.send_message_batch(QUEUE, dice.uuid())),
    (3, lambda dice: messaging.publish("order-events", dice.uuid())),
    (8, lambda dice: s3.put_object(BUCKET, _receipt(dice), ORDERS_KEY)),
    (6, lambda dice: s3.get_object(BUCKET, _receipt(dice))),
    (2, lambda dice: s3.no_such_key(s3.get_object(BUCKET, _receipt(dice)))),
    (4, lambda _: security.generate_data_key(ORDERS_KEY, {"aws:s3:arn": f"arn:aws:s3:::{BUCKET}"})),
    (4, lambda _: security.decrypt(ORDERS_KEY, purpose="card-token")),
    (6, lambda _: messaging.put_metric_data("Fernwell/Orders")),
    (2, lambda dice: dynamodb.put_if_new("orders", ("orderId",), orderId=_order(dice))),
    (1, lambda dice: dynamodb.throttled(dynamodb.get_item("orders", orderId=_order(dice)))),
)


def _rare(dice: Dice) -> Iterator[Json]:
    """The traps: each on a day of its own."""
    for day, call in _TRAPS:
        yield _record(call, 0, on(f"{day} 11:20:00"), dice)


def _by_alias() -> Call:
    """The request names the key by its alias; the key's ARN is in `resources`."""
    call = security.generate_data_key(ORDERS_KEY, {"purpose": "export"})
    return call.changed(requestParameters={"keyId": "alias/orders", "keySpec": "AES_256"})


def _cancelled() -> Call:
    call = dynamodb.transact_write("orders", "stock", orderId="o-20044")
    message = (
        "Transaction cancelled, please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]"
    )
    return call.failing("TransactionCanceledException", message)


def _partiql_batch() -> Call:
    asked: Json = {
        "requestItems": [
            {"statement": "UPDATE orders SET status = ***(Redacted) WHERE orderId = ***(Redacted)"},
            {"statement": "INSERT INTO stock VALUE {'sku' : ***(Redacted), 'left' : ***(Redacted)}"},
        ]
    }
    call = dynamodb.transact_write("orders", "stock", orderId="o-20051")
    return call.changed(eventName="BatchExecuteStatement", requestParameters=asked)


_TABLE_STREAM = regional("dynamodb", IRELAND, "table/orders/stream/2026-01-05T08:00:00.000")
_TRAPS: tuple[tuple[str, Call], ...] = (
    ("2026-08-04", s3.put_object(BUCKET, "exports/*draft*/what?/${customer}/total.csv", ORDERS_KEY)),
    ("2026-08-05", s3.get_object(BUCKET, "exports/*draft*/what?/${customer}/total.csv")),
    ("2026-08-06", s3.put_object(BUCKET, "receipts/2026/請求書 Łódź – №7.pdf", ORDERS_KEY)),
    ("2026-08-07", s3.get_object(BUCKET, "receipts/2026/o-20007.pdf", version_id="3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrH")),
    ("2026-08-10", s3.copy_object(BUCKET, "archive/o-20007.pdf", f"{BUCKET}/receipts/2026/o-20007.pdf")),
    (
        "2026-08-11",
        s3.copy_object(
            BUCKET, "restored/o-20007.pdf", "/fernwell-archive/receipts%2F2026%2Fo-20007.pdf?versionId=L4kqtJ"
        ),
    ),
    ("2026-08-12", s3.delete_objects(BUCKET)),
    ("2026-08-13", _partiql_batch()),
    ("2026-08-14", _cancelled()),
    ("2026-08-17", _by_alias()),
    ("2026-08-18", Call("dynamodb", "DescribeEndpoints", api_version="2012-08-10")),
    ("2026-08-19", Call("dynamodb", "DescribeStream", {"streamArn": _TABLE_STREAM}, api_version="2012-08-10")),
    ("2026-08-20", s3.head_object(BUCKET, "receipts/2026/o-20009.pdf").at_version("1.07")),
    ("2026-08-21", s3.list_objects(BUCKET, "receipts/2026/")),
    ("2026-08-24", security.get_secret_value("orders/payment-provider")),
    ("2026-08-25", security.decrypt(ORDERS_KEY).changed(requestParameters=ABSENT)),
    ("2026-08-26", security.get_caller_identity()),
    (
        "2026-08-27",
        dynamodb.get_item("orders", orderId="o-20010").failing(
            "ExpiredTokenException", "The security token included in the request is expired"
        ),
    ),
    (
        "2026-08-28",
        messaging.send_message(QUEUE, "").failing("ThrottlingException", "Rate exceeded"),
    ),
    (
        "2026-08-31",
        s3.get_object(BUCKET, "receipts/2026/o-20011.pdf").changed(
            resources=[{"type": "AWS::S3::Object", "arn": f"arn:aws:s3:::{BUCKET}/receipts/2026/o-20011.pdf"}]
        ),
    ),
    (
        "2026-09-01",
        security.decrypt(ORDERS_KEY).changed(
            resources=[{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "arn": ORDERS_KEY}]
        ),
    ),
)
