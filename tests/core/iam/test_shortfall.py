"""Why policies do not allow a request."""

from __future__ import annotations

import msgspec
import pytest

from service.core.iam.document import parse_policy
from service.core.iam.evaluate import Request, StatementIndex
from service.core.iam.shortfall import Cause, Shortfall, is_about, shortfall
from tests.tables import Row, rows


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    action: str
    resource: str
    context: dict[str, list[str]] = {}
    unknown_keys: list[str] = []


class Case(Row, frozen=True, kw_only=True):
    policies: list[str]
    request: Asked
    cause: str = ""
    statement: tuple[int, int] | None = None
    element: str | None = None


@pytest.mark.parametrize("case", rows("shortfall", Case))
def test_shortfall(case: Case) -> None:
    asked = case.request
    context = {key: tuple(values) for key, values in asked.context.items()}
    request = Request(asked.action, asked.resource, context, frozenset(asked.unknown_keys))
    found = shortfall([parse_policy(each) for each in case.policies], request)
    if not case.cause:
        assert found is None
        return
    place = None if case.statement is None else StatementIndex(*case.statement)
    assert found == Shortfall(Cause[case.cause], place, "Action" if case.element is None else case.element)


@pytest.mark.parametrize(
    ("members", "about"),
    [
        ('"Action":"s3:Get*"', True),
        ('"Action":"S3:GETOBJECT"', True),
        ('"Action":"s3:Put*"', False),
        ('"NotAction":"s3:Put*"', True),
        ('"NotAction":"s3:Get*"', False),
    ],
)
def test_is_about(members: str, about: bool) -> None:
    text = f'{{"Statement":{{"Effect":"Allow",{members},"NotResource":"arn:aws:s3:::b"}}}}'
    assert is_about(parse_policy(text).statements[0], "s3:GetObject") is about
