"""Who acts in a trail, how often, and which calls they make."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Any

from bench.trails.calls import DATA, MANAGEMENT, OBJECTS, Call
from bench.trails.names import STAGES, TEAMS, Place, unique_id
from bench.trails.records import Use, use

Json = dict[str, Any]

KINDS = ("workload", "deploys", "person", "user", "service role", "service")
BUSIEST = 20
"""Workloads are busier than anybody."""

_SHARES = (60, 10, 12, 6, 8, 4)
_AGENTS = {
    "workload": "Boto3/1.41.3 md/Botocore#1.41.3 ua/2.1 os/linux#6.1.147 exec-env/AWS_Lambda_python3.13",
    "deploys": "APN/1.0 HashiCorp/1.0 Terraform/1.13.1 (+https://www.terraform.io) terraform-provider-aws/6.12.0",
    "person": "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "user": "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/linux#6.12.41 md/arch#x86_64 lang/python#3.13.7",
}
_SERVICES = (
    "cloudtrail",
    "config",
    "delivery.logs",
    "lambda",
    "ec2",
    "ecs-tasks",
    "states",
    "events",
    "elasticloadbalancing",
    "backup",
)


@dataclass(frozen=True, slots=True)
class Actor:
    """A principal in its place: its identity in records, and its uses with their running weights."""

    number: int
    kind: str
    arn: str
    name: str
    id: str
    place: Place
    address: str
    agent: str
    sessions: int
    uses: tuple[Use, ...]
    weights: tuple[float, ...]

    @property
    def by_service(self) -> str:
        """The service that speaks for it, if one does."""
        return self.address if self.address.endswith(".amazonaws.com") else ""

    def next_use(self, dice: Random) -> Use:
        """One of its uses, the first of them far more often."""
        return self.uses[bisect(self.weights, dice.random() * self.weights[-1])]


def actor(number: int, place: Place, general: Sequence[Call], objects_only: bool, dice: Random) -> Actor:
    """A principal of some kind, with the calls that it is in the habit of."""
    kind = "workload" if number < BUSIEST else dice.choices(KINDS, _SHARES)[0]
    name = f"{dice.choice(TEAMS)}-{kind.replace(' ', '-')}-{dice.choice(STAGES)}-{number}"
    service = f"{dice.choice(_SERVICES)}.amazonaws.com"
    uses = tuple(_uses(kind, place, general, objects_only, dice))
    return Actor(
        number=number,
        kind=kind,
        arn=_ARNS[kind].format(account=place.account, name=name, service=service, suffix=f"{number:016x}"),
        name=_NAMES.get(kind, "{name}").format(name=name, suffix=f"{number:016x}"),
        id=unique_id("AIDA" if kind == "user" else "AROA", dice),
        place=place,
        address=service
        if kind.startswith("service")
        else f"10.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(256)}",
        agent=_AGENTS.get(kind, service),
        sessions=dice.randint(1, 6),
        uses=uses,
        weights=tuple(accumulate(1 / (rank + 1) for rank in range(len(uses)))),
    )


_ARNS = {
    "workload": "arn:aws:iam::{account}:role/{name}",
    "deploys": "arn:aws:iam::{account}:role/ci/{name}",
    "person": "arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_{name}_{suffix}",
    "user": "arn:aws:iam::{account}:user/people/{name}",
    "service role": "arn:aws:iam::{account}:role/aws-service-role/{service}/AWSServiceRoleFor-{name}",
    "service": "{service}",
}
_NAMES = {"person": "AWSReservedSSO_{name}_{suffix}", "service role": "AWSServiceRoleFor-{name}"}


def _uses(kind: str, place: Place, general: Sequence[Call], objects_only: bool, dice: Random) -> list[Use]:
    """Calls by habit; each with a few of the place's resources."""
    if objects_only:
        chosen = list(dice.sample(OBJECTS, 3))
    elif kind in {"workload", "service"}:
        chosen = [_favoured(DATA, dice) for _ in range(dice.randint(2, 5))] + dice.sample(general, dice.randint(2, 12))
    else:
        chosen = [_favoured(MANAGEMENT, dice) for _ in range(4)] + dice.sample(general, dice.randint(10, 45))
    made = [use(call, place, dice) for call in chosen for _ in range(dice.randint(1, 5))]
    dice.shuffle(made)
    return sorted(made, key=lambda each: not each.call.data) if kind == "workload" else made


def _favoured(calls: Sequence[Call], dice: Random) -> Call:
    """One of the calls, the first of the table more often."""
    return calls[int(len(calls) * dice.random() ** 1.6)]


def identity(actor: Actor, session: int, started: str, key: str) -> Json:
    """`userIdentity` of one session.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    account = actor.place.account
    if actor.kind == "service":
        return {"type": "AWSService", "invokedBy": actor.address}
    if actor.kind == "user":
        who = {"principalId": actor.id, "arn": actor.arn, "accountId": account, "accessKeyId": f"AKIA{key}"}
        return {"type": "IAMUser", **who, "userName": actor.name}
    spoken = _session_name(actor, session)
    made: Json = {
        "type": "AssumedRole",
        "principalId": f"{actor.id}:{spoken}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{actor.name}/{spoken}",
        "accountId": account,
        "accessKeyId": f"ASIA{key}",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": actor.id,
                "arn": actor.arn,
                "accountId": account,
                "userName": actor.name,
            },
            "attributes": {"creationDate": started, "mfaAuthenticated": "true" if actor.kind == "person" else "false"},
        },
    }
    return {**made, "invokedBy": actor.by_service} if actor.by_service else made


def _session_name(actor: Actor, session: int) -> str:
    if actor.kind == "person":
        return f"person{actor.number}.{session}@example.com"
    instances = actor.place.instances
    return instances[(actor.number + session) % len(instances)] if session % 2 else f"{actor.name[:40]}-{session}"
