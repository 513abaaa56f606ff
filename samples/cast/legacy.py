"""The role `legacy-reporter`: a forgotten job that is refused nearly everything, each refusal by another policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from samples.account import ACCOUNT, AUDIT_READER, IRELAND, LAKE_KEY, LEGACY_REPORTER, ORDERS_API, regional
from samples.callers import CLI, Caller, role_session
from samples.chance import Dice
from samples.clock import at, days
from samples.records import ABSENT, Call, Json, script
from samples.services import analytics, dynamodb, ec2, functions, iam, logs, messaging, s3, security
from samples.services.denials import ec2_refusal, explicit_deny, no_allow, no_reason

SESSION = "legacy-report"
WHO = LEGACY_REPORTER.session_arn(SESSION)
ORDERS_TABLE = regional("dynamodb", IRELAND, "table/orders")
SCP = (
    "a service control policy: "
    "arn:aws:organizations::999988887777:policy/o-7exampleorg/service_control_policy/p-4example1"
)

_ADDRESS = "203.0.113.201"


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        mine, start = dice.child(day), at(day, 5, 15)
        caller = Caller(role_session(LEGACY_REPORTER, SESSION, start), _ADDRESS, CLI)
        number = (day - date(2026, 8, 1)).days
        refused = [_REFUSED[(number * 4 + each) % len(_REFUSED)] for each in range(4)]
        yield from script([*_ALLOWED, *refused], caller, start, mine)


_ALLOWED = (
    security.get_caller_identity(),
    s3.list_objects("fernwell-reports", "legacy/"),
)

_KEY = "legacy/2026.csv"
_OBJECT = f"arn:aws:s3:::fernwell-lake/{_KEY}"
_SECRET = security.secret_arn("legacy/db-Hx81Qz")
_REFUSED: tuple[Call, ...] = (
    s3.access_denied(s3.get_object("fernwell-lake", _KEY)),
    no_allow(s3.put_object("fernwell-lake", _KEY), WHO, "s3:PutObject", f'"{_OBJECT}"'),
    no_allow(dynamodb.query("orders", "customerId = :c"), WHO, "dynamodb:Query", ORDERS_TABLE),
    explicit_deny(
        dynamodb.get_item("orders", orderId="o-20001"), WHO, "dynamodb:GetItem", ORDERS_TABLE, "a resource-based policy"
    ),
    explicit_deny(
        Call("organizations", "LeaveOrganization", write=True, region="us-east-1"),
        WHO,
        "organizations:LeaveOrganization",
        "*",
        SCP,
    ),
    explicit_deny(ec2.describe("DescribeVpcs", "vpcSet"), WHO, "ec2:DescribeVpcs", "*", "a service control policy"),
    no_allow(
        logs.describe_log_groups("/legacy/"),
        WHO,
        "logs:DescribeLogGroups",
        regional("logs", IRELAND, "log-group::log-stream:"),
        "permissions boundary",
    ),
    explicit_deny(functions.list_functions(), WHO, "lambda:ListFunctions", "*", "a permissions boundary"),
    no_allow(security.get_secret_value("legacy/db"), WHO, "secretsmanager:GetSecretValue", _SECRET, "session policy"),
    explicit_deny(
        security.get_secret_value(_SECRET), WHO, "secretsmanager:GetSecretValue", _SECRET, "a VPC endpoint policy"
    ),
    no_allow(security.decrypt(LAKE_KEY), WHO, "kms:Decrypt", LAKE_KEY, "resource-based policy").changed(
        resources=ABSENT
    ),
    explicit_deny(
        s3.bucket_call("GetBucketPolicy", "fernwell-lake", policy=""),
        WHO,
        "s3:GetBucketPolicy",
        '"arn:aws:s3:::fernwell-lake"',
        "a resource control policy",
    ),
    no_allow(security.assume_role(ORDERS_API, SESSION, at(date(2026, 8, 1), 5)), WHO, "sts:AssumeRole", ORDERS_API.arn),
    no_allow(
        security.assume_role(AUDIT_READER, SESSION, at(date(2026, 8, 1), 5)),
        WHO,
        "sts:AssumeRole",
        AUDIT_READER.arn,
        "role trust policy",
    ),
    ec2_refusal(ec2.describe_instances("i-0a1f4c7d92e6b3085"), WHO, "ec2:DescribeInstances", "*"),
    ec2_refusal(
        ec2.change_state("StopInstances", 64, "stopping", "i-0a1f4c7d92e6b3085"),
        WHO,
        "ec2:StopInstances",
        regional("ec2", IRELAND, "instance/i-0a1f4c7d92e6b3085"),
    ),
    no_reason(iam.read("ListUsers"), WHO, "iam:ListUsers", f"arn:aws:iam::{ACCOUNT}:user/"),
    no_allow(analytics.get_table("sales", "orders"), WHO, "glue:GetTable", regional("glue", IRELAND, "catalog")),
    no_allow(messaging.publish("order-events", ""), WHO, "SNS:Publish", regional("sns", IRELAND, "order-events")),
    # The role to pass is what was refused, though RunInstances was called.
    ec2_refusal(ec2.run_instances("orders-api", "i-0000000000000000f", {}), WHO, "iam:PassRole", ORDERS_API.arn),
    no_allow(functions.create_function("legacy", ORDERS_API), WHO, "iam:PassRole", ORDERS_API.arn),
    # No code, only the message.
    functions.get_function("legacy").changed(
        responseElements=None, errorMessage=f"User: {WHO} is not authorized to perform: lambda:GetFunction"
    ),
)
