"""Effective access through layers, by table."""

from __future__ import annotations

import msgspec
import pytest

from service.core.iam.evaluate import Request
from service.core.iam.layers import PolicySet, authorize_layers
from service.core.iam.policy import Condition, Effect, Policy, Statement
from tests.tables import Row, rows

TEAM = Condition("StringEquals", "aws:PrincipalTag/team", ("red",))
OTHER_TEAMS = Condition("StringNotEquals", "aws:PrincipalTag/team", ("red",))
POLICIES = {
    "allow-all": Policy((Statement(Effect.ALLOW, ("*",), ("*",)),)),
    "allow-s3": Policy((Statement(Effect.ALLOW, ("s3:*",), ("*",)),)),
    "allow-ec2": Policy((Statement(Effect.ALLOW, ("ec2:*",), ("*",)),)),
    "deny-s3": Policy((Statement(Effect.DENY, ("s3:*",), ("*",)),)),
    "allow-team": Policy((Statement(Effect.ALLOW, ("s3:*",), ("*",), (TEAM,)),)),
    "deny-other-teams": Policy((Statement(Effect.DENY, ("*",), ("*",), (OTHER_TEAMS,)),)),
}


class Case(Row, frozen=True):
    identity: list[str]
    access: str
    deciding: list[str]
    boundary: str | None = None
    session: list[str] | None = None
    service_control: list[list[str]] = msgspec.field(default_factory=list)
    resource_control: list[list[str]] = msgspec.field(default_factory=list)
    context: dict[str, list[str]] = msgspec.field(default_factory=dict)
    unknown: list[str] = msgspec.field(default_factory=list)


def _policies(names: list[str]) -> tuple[Policy, ...]:
    return tuple(POLICIES[name] for name in names)


@pytest.mark.parametrize("row", rows("layers", Case))
def test_get_object(row: Case) -> None:
    policies = PolicySet(
        _policies(row.identity),
        None if row.boundary is None else POLICIES[row.boundary],
        None if row.session is None else _policies(row.session),
        tuple(map(_policies, row.service_control)),
        tuple(map(_policies, row.resource_control)),
    )
    context = {key: tuple(values) for key, values in row.context.items()}
    request = Request("s3:GetObject", "arn:aws:s3:::b/k", context, frozenset(row.unknown))
    found = authorize_layers(policies, request)
    assert found.access.value == row.access, row.why
    assert [f"{each.layer.value} {each.level}" for each in found.deciding] == row.deciding, row.why
