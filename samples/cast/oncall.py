"""The role `on-call`: used about once a month, so a short window never sees what it needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from samples.account import IRELAND, ON_CALL, regional
from samples.callers import CLI, Caller, role_session
from samples.cast import dana
from samples.chance import Dice
from samples.clock import on
from samples.records import Call, Json, record, script
from samples.services import containers, ec2, logs, security

_HOME = "192.0.2.66"
_DATABASE = regional("rds", IRELAND, "db:orders-replica")


def records(dice: Dice) -> Iterator[Json]:
    for number, text in enumerate(("2026-08-15 03:12:00", "2026-09-13 22:40:00")):
        when, mine = on(text), dice.child(text)
        yield record(
            security.assume_role(ON_CALL, "dana", when, serialNumber=dana.SERIAL), dana.session(when), when, mine
        )
        yield from script(_look() + _REPAIRS[number], _caller(when), when + timedelta(seconds=20), mine)


def _caller(when: datetime) -> Caller:
    return Caller(role_session(ON_CALL, "dana", when, mfa=True), _HOME, CLI)


def _look() -> list[Call]:
    return [
        logs.describe_alarms("orders-"),
        logs.filter_log_events("/ecs/storefront", "ERROR"),
        ec2.describe_instances_tagged("app", "orders-api"),
        Call("rds", "DescribeDBInstances", {"dBInstanceIdentifier": "orders-replica"}),
        containers.describe_services("shop", "storefront"),
    ]


# RDS writes members with a small first letter: `dBInstanceIdentifier`.
_REPAIRS: tuple[list[Call], list[Call]] = (
    [
        Call(
            "rds",
            "RebootDBInstance",
            {"dBInstanceIdentifier": "orders-replica"},
            {"dBInstanceArn": _DATABASE, "dBInstanceStatus": "rebooting"},
            write=True,
        ),
        Call(
            "rds",
            "CreateDBSnapshot",
            {"dBInstanceIdentifier": "orders-replica", "dBSnapshotIdentifier": "before-reboot", "tags": []},
            {"dBSnapshotArn": regional("rds", IRELAND, "snapshot:before-reboot"), "status": "creating"},
            write=True,
        ),
        ec2.change_state("RebootInstances", 16, "running", "i-0a1f4c7d92e6b3085"),
    ],
    [
        ec2.create_snapshot("vol-05c9a7e31f8d2b640", "snap-0e1f7b3c9a5d28640"),
        containers.update_service("shop", "storefront", 318),
        Call(
            "ssm",
            "StartSession",
            {"target": "i-0c83e5b1d7f920a64"},
            {"sessionId": "dana-0a1b2c3d4e5f67890", "tokenValue": "Value hidden due to security reasons."},
            write=True,
        ),
    ],
)
