"""The role `workers`: instances that a scaling group starts and stops, and the service-linked role that does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from samples.account import WORKERS, Role
from samples.callers import BOTO3, Caller, role_session
from samples.chance import Dice
from samples.clock import at, days, moments
from samples.records import Call, Json, record, script
from samples.services import ec2, messaging, s3, security

AUTO_SCALING = Role("AWSServiceRoleForAutoScaling", "/aws-service-role/autoscaling.amazonaws.com/")
QUEUE = "orders-fulfilment"

_NAT = "203.0.113.61"


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        mine = dice.child(day)
        instance = f"i-0{mine.hex(16)}"
        yield from _scale(instance, day, mine)
        caller = _caller(instance, at(day, 6, 5))
        yield from script(_boot(instance), caller, at(day, 6, 5), mine)
        for when in moments(mine, day, mine.between(6, 9), 6, 20):
            yield record(mine.weighted(_USUAL)(mine), caller, when, mine)


def _scale(instance: str, day: date, dice: Dice) -> Iterator[Json]:
    """A service-linked role, which IAM lets nobody edit."""
    start, stop = at(day, 6, 0), at(day, 21, 0)
    group = {"aws:autoscaling:groupName": "workers"}
    yield from script([ec2.run_instances("workers", instance, group)], _auto_scaling(start), start, dice)
    calls = [ec2.describe_instances(instance), ec2.change_state("TerminateInstances", 32, "shutting-down", instance)]
    yield from script(calls, _auto_scaling(stop), stop, dice)


def _auto_scaling(when: datetime) -> Caller:
    started = when - timedelta(minutes=1)
    return Caller(role_session(AUTO_SCALING, "AutoScaling", started), "", "").forwarded("autoscaling")


def _caller(instance: str, when: datetime) -> Caller:
    return Caller(role_session(WORKERS, instance, when, ec2RoleDelivery="2.0"), _NAT, BOTO3)


def _boot(instance: str) -> list[Call]:
    return [
        security.get_parameters("/workers/prod/config"),
        security.update_instance_information(instance),
        ec2.describe("DescribeTags", "tagSet"),
        Call("autoscaling", "CompleteLifecycleAction", _LIFECYCLE | {"instanceId": instance}, write=True),
    ]


_LIFECYCLE: Json = {
    "autoScalingGroupName": "workers",
    "lifecycleHookName": "ready",
    "lifecycleActionResult": "CONTINUE",
}
_USUAL: tuple[tuple[int, Callable[[Dice], Call]], ...] = (
    (5, lambda _: messaging.receive_message(QUEUE)),
    (3, lambda dice: messaging.delete_message(QUEUE, dice.letters(16))),
    (2, lambda dice: s3.put_object("fernwell-labels", f"2026/{dice.hex(8)}.pdf")),
    (1, lambda _: _set_desired_capacity()),
)


def _set_desired_capacity() -> Call:
    """A group by name in the request; its ARN holds an id that only the account knows."""
    return Call(
        "autoscaling", "SetDesiredCapacity", {"autoScalingGroupName": "workers", "desiredCapacity": 2}, write=True
    )
