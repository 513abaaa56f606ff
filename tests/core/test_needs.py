"""From one record to what it needs: the table in tests/cases/needs."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.core.actions import Findings, Need
from service.core.events import Event
from service.core.principals import attribute
from service.core.trail.records import parse_record
from service.core.usage import call_of, evidence_of
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


def findings(row: NeedRow) -> Findings:
    event = parse_record(msgspec.json.encode(_record(row)))
    assert isinstance(event, Event)
    call = call_of(event, attribute(event), keep)
    return parts().mapper.findings({call: evidence_of(event)})


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
