"""Advice and groups over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.schemas.advice import AdviceDocument
from service.api.schemas.group import GroupDocument
from tests.api.site import READER, USER, WRITER, Client, assert_problem

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
COLUMNS = "user,arn,user_creation_time,password_enabled,mfa_active,access_key_1_active,access_key_2_active"
REPORT = f"{COLUMNS}\nkim,arn:aws:iam::111122223333:user/kim,2026-01-01T00:00:00Z,true,false,false,false\n"


def test_advice(client: Client) -> None:
    answer = client.post("/v1/advice", {"principal_arn": READER, "current": [ALLOW], "credential_report": REPORT})
    assert answer.status_code == 200, answer.text
    AdviceDocument.model_validate(answer.json())
    kinds = {each["kind"]: each for each in answer.json()["advice"]}
    assert kinds["console without a second factor"]["subject"] == "arn:aws:iam::111122223333:user/kim"
    assert all(each["link"].startswith("https://docs.aws.amazon.com/") for each in answer.json()["advice"])
    assert any("does not say when it was made" in each for each in answer.json()["notes"])


@pytest.mark.parametrize(
    ("more", "status", "kind"),
    [
        ({"credential_report": "nothing"}, 422, "invalid-request"),
        ({"credential_report": {"Content": 7}}, 422, "invalid-request"),
        ({"credential_report": 7}, 422, "invalid-request"),
        ({"principal_arn": "arn:aws:iam::111122223333:role/nobody"}, 404, "principal-not-found"),
        ({"principal_arn": "x"}, 400, "malformed-arn"),
        ({"days": 1, "from": "2026-08-01"}, 400, "invalid-window"),
        ({"current": [{"Statement": 7}]}, 422, "malformed-policy"),
    ],
)
def test_advice_that_cannot_be_given(client: Client, more: dict[str, Any], status: int, kind: str) -> None:
    assert_problem(client.post("/v1/advice", {"principal_arn": READER, **more}), status, kind)


def test_a_group(client: Client) -> None:
    answer = client.post("/v1/groups", {"name": "team", "members": [READER, WRITER], "target": "boundary"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    GroupDocument.model_validate(found)
    assert [each["name"] for each in found["members"]] == ["reader", "writer"]
    assert found["policies"][0]["name"] == "team-boundary"
    assert all(each["replay"]["allowed"] == each["replay"]["requests"] for each in found["members"])


@pytest.mark.parametrize(
    ("asked", "status", "kind", "pointer"),
    [
        ({"members": [READER]}, 422, "invalid-request", "#/members"),
        ({"members": [READER, READER]}, 422, "invalid-request", "#/members"),
        ({"name": "a b"}, 422, "invalid-request", "#/name"),
        ({"members": [READER, "x"]}, 400, "malformed-arn", "#/members/1"),
        ({"principal_arn": READER}, 422, "invalid-request", "#/principal_arn"),
    ],
)
def test_a_group_that_is_none(client: Client, asked: dict[str, Any], status: int, kind: str, pointer: str) -> None:
    answer = client.post("/v1/groups", {"name": "team", "members": [READER, USER], **asked})
    assert_problem(answer, status, kind)
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_a_member_that_nobody_saw(client: Client) -> None:
    members = [READER, "arn:aws:iam::111122223333:role/nobody"]
    assert_problem(client.post("/v1/groups", {"name": "team", "members": members}), 404, "principal-not-found")
