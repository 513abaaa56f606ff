"""Evaluation, by table: the traps of the policy language."""

from __future__ import annotations

import json

import msgspec
import pytest

from service.core.errors import InputError
from service.core.iam.document import parse_policy
from service.core.iam.evaluate import Request, authorize
from tests.tables import Row, rows


class Case(Row, frozen=True):
    policies: list[dict[str, object]]
    action: str
    resource: str
    access: str
    statements: list[str] = msgspec.field(default_factory=list)
    context: dict[str, list[str]] = msgspec.field(default_factory=dict)
    unknown: list[str] = msgspec.field(default_factory=list)


@pytest.mark.parametrize("row", rows("evaluate", Case))
def test_authorize(row: Case) -> None:
    policies = [parse_policy(json.dumps(each)) for each in row.policies]
    context = {key: tuple(values) for key, values in row.context.items()}
    decision = authorize(policies, Request(row.action, row.resource, context, frozenset(row.unknown)))
    assert decision.access.value == row.access, row.why
    assert [f"{each.policy}.{each.statement}" for each in decision.statements] == row.statements, row.why


def test_a_key_has_one_spelling() -> None:
    request = Request("s3:GetObject", "*", {"aws:username": ("alice",), "aws:UserName": ("bob",)})
    with pytest.raises(InputError, match="a key twice"):
        authorize([], request)
