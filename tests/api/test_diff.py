"""`POST /v1/diff`: answers as described, and problems that name the document and the place."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal

from catalog.load import read_table
from service.api.app import create_app
from service.api.schemas.diff import DiffDocument, DiffRequest
from service.core.diff.escalations import combinations
from service.wiring import parts
from tests.api.site import Client, Counting, assert_problem, desk_over


def document(**members: object) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", **members}]}


WIDE, GET = document(Action="*"), document(Action="s3:GetObject", Resource="arn:aws:s3:::b/*")


def diff(client: Client, body: object) -> httpx.Response:
    return client.ask("POST", "/v1/diff", json=body)


@pytest.mark.parametrize(
    ("current", "proposed", "relation"),
    [
        ([WIDE], [GET], "narrower"),
        ([GET], [WIDE], "wider"),
        ([GET], [GET, GET], "equivalent"),
        ([], [], "equivalent"),
        ([GET], [document(Action="iam:CreatePolicyVersion")], "incomparable"),
    ],
)
def test_an_answer_is_as_described(client: Client, current: list[Any], proposed: list[Any], relation: str) -> None:
    answer = diff(client, {"current": current, "proposed": proposed})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    DiffDocument.model_validate(answer.json())
    assert answer.json()["relation"] == relation
    assert answer.content == diff(client, {"current": current[::-1], "proposed": proposed[::-1]}).content


def test_the_example_of_the_description_works(client: Client) -> None:
    (asked,) = DiffRequest.model_json_schema()["examples"]
    (answered,) = DiffDocument.model_json_schema()["examples"]
    assert diff(client, asked).json() | {"catalog": {}} == answered | {"catalog": {}}


def test_ways_to_more_permissions_are_looked_for(portal: BlockingPortal, trail: Counting) -> None:
    known = combinations(read_table("escalations.tsv"))
    client = Client(create_app(desk_over(trail.open), parts().catalog, known=known), portal)
    answer = diff(client, {"current": [], "proposed": [document(Action="iam:CreatePolicyVersion")]})
    assert [(each["name"], each["kind"]) for each in answer.json()["escalations"]] == [("new-policy-version", "added")]


@pytest.mark.parametrize(
    ("body", "kind", "pointer", "part"),
    [
        ({"current": [GET]}, "invalid-request", "#/proposed", "required"),
        ({"current": [GET], "proposed": GET}, "invalid-request", "#/proposed", "array"),
        ({"current": [GET], "proposed": [GET], "more": 1}, "invalid-request", "#/more", "not permitted"),
        ({"current": [GET] * 101, "proposed": []}, "invalid-request", "#/current", "100"),
        ({"current": [GET, {}], "proposed": []}, "malformed-policy", "#/current/1", "no Statement"),
        (
            {"current": [], "proposed": [document(Action="s3")]},
            "malformed-policy",
            "#/proposed/0",
            "proposed[0], statement 1, Action is `s3`",
        ),
    ],
)
def test_a_problem_names_the_document_and_the_place(
    client: Client, body: object, kind: str, pointer: str, part: str
) -> None:
    problem = assert_problem(diff(client, body), 422, kind)
    assert problem["errors"][0]["pointer"] == pointer
    assert part in problem["errors"][0]["detail"]


def test_a_member_that_stands_twice_is_seen(client: Client) -> None:
    body = '{"current": [], "proposed": [{"Statement": [], "Statement": []}]}'
    answer = client.ask("POST", "/v1/diff", content=body, headers={"Content-Type": "application/json"})
    assert "twice" in assert_problem(answer, 422, "malformed-policy")["detail"]


def test_a_body_may_not_be_endless(client: Client) -> None:
    body = {"current": [document(Action=["s3:GetObject"] * 100_000)], "proposed": []}
    assert_problem(diff(client, body), 413, "body-too-large")
