"""From one record to what it needs: the table in tests/cases/needs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.core.actions import Findings, Need
from service.core.events import Event
from service.core.principals import attribute
from service.core.trail.records import parse_record
from service.core.usage import Evidence, call_of
from service.wiring import keep, parts
from tests.tables import Row, rows

CALLER = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/app/session",
    "accountId": "111122223333",
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/app"}},
}


class NeedRow(Row, frozen=True):
    """`call` is `source name`; `needs` are `action pattern[ | pattern][ if operator key = value, ...]`, sorted.

    `left` are the fates and reasons of what brings no permission; `also` are further members of the record.
    """

    call: str
    request: Any = None
    response: Any = None
    resources: list[dict[str, Any]] | None = None
    error: str = ""
    message: str = ""
    also: dict[str, Any] = msgspec.field(default_factory=dict)
    needs: list[str] = msgspec.field(default_factory=list)
    left: list[str] = msgspec.field(default_factory=list)


@pytest.mark.parametrize("row", rows("needs", NeedRow))
def test_needs(row: NeedRow) -> None:
    found = findings(row)
    assert sorted(map(_told, found.needs)) == sorted(row.needs)
    assert sorted(f"{each.fate}: {each.detail}" for each in found.leftovers) == sorted(row.left)


@pytest.mark.parametrize("row", rows("needs", NeedRow))
def test_no_name_becomes_a_pattern(row: NeedRow) -> None:
    """Whatever stands in a request: its stars and question marks never come into a policy as such."""
    starred = msgspec.structs.replace(row, request=_starred(row.request))
    assert not [pattern for need in findings(starred).needs for pattern in need.patterns if "*?" in pattern]


def _starred(value: Any) -> Any:
    match value:
        case dict():
            return {key: _starred(member) for key, member in value.items()}
        case list():
            return [_starred(member) for member in value]
        case str():
            return f"{value}*?"
        case _:
            return value


def test_a_call_on_very_many_resources_is_said_and_not_cut() -> None:
    names = [f"/p/{number}" for number in range(100_000)]
    found = findings(NeedRow(name="n", why="w", call="ssm GetParameters", request={"names": names}))
    assert not found.needs
    assert [each.detail for each in found.leftovers] == ["one call names more than 500 resources"]


def findings(row: NeedRow) -> Findings:
    event = parse_record(msgspec.json.encode(_record(row)))
    assert isinstance(event, Event)
    call = call_of(event, attribute(event), keep)
    return parts().mapper.findings({call: Evidence(event.time, event.time, 1, (event.id,))})


def _record(row: NeedRow) -> dict[str, Any]:
    source, name = row.call.split()
    record = {
        "eventVersion": "1.11",
        "userIdentity": CALLER,
        "eventTime": "2026-08-01T12:00:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-west-1",
        "eventID": "0b4a7c9e-0000-4000-8000-000000000000",
        "eventType": "AwsApiCall",
        "recipientAccountId": "111122223333",
        "requestParameters": row.request,
        "responseElements": row.response,
    }
    optional = {"resources": row.resources, "errorCode": row.error, "errorMessage": row.message}
    return {**record, **{key: value for key, value in optional.items() if value}, **row.also}


def _told(need: Need) -> str:
    conditions = ", ".join(f"{each.operator} {each.key} = {' '.join(each.values)}" for each in need.conditions)
    return f"{need.action} {' | '.join(need.patterns)}" + (f" if {conditions}" if conditions else "")
