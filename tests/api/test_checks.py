"""Questions about policies over HTTP: verdicts, decisions, and what a body may not be."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from service.api.policy_intake import MAX_BODY_BYTES, MAX_POLICIES, MAX_REQUESTS
from service.api.schemas.checks import AccessNotGrantedDocument, EvaluationDocument, VerdictDocument
from tests.api.site import Client, assert_problem


def policy(action: str, resource: str = "*", **members: Any) -> dict[str, Any]:
    statement = {"Sid": "One", "Effect": "Allow", "Action": action, "Resource": resource, **members}
    return {"Version": "2012-10-17", "Statement": [statement]}


def post(client: Client, path: str, body: object) -> dict[str, Any]:
    answer = client.ask("POST", path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_no_new_access(client: Client) -> None:
    wide, narrow = policy("s3:*"), policy("s3:GetObject")
    holds = post(client, "/v1/checks/no-new-access", {"existing": [wide], "new": [narrow]})
    refuted = post(client, "/v1/checks/no-new-access", {"existing": [narrow], "new": [narrow, wide]})
    assert (holds["verdict"], holds["assumption"]) == ("holds", "any action")
    assert refuted["verdict"] == "refuted"
    assert refuted["in_words"].startswith(refuted["witness"]["action"])
    for each in (holds, refuted):
        VerdictDocument.model_validate(each)
    again = post(client, "/v1/evaluate", {"policies": [wide], "requests": [refuted["witness"]]})
    assert again["requests"][0]["decision"] == "allowed"


def test_access_not_granted(client: Client) -> None:
    asked = {"policies": [policy("s3:*", "arn:aws:s3:::open/*")], "actions": ["s3:GetObject"]}
    path = "/v1/checks/access-not-granted"
    assert post(client, path, asked)["verdict"] == "refuted"
    assert post(client, path, {**asked, "resources": ["arn:aws:s3:::payroll/*"]})["verdict"] == "holds"


def test_what_needs_no_permission_is_said(client: Client) -> None:
    path, policies = "/v1/checks/access-not-granted", [policy("s3:*")]
    named = post(client, path, {"policies": policies, "actions": ["sts:GetCallerIdentity"]})
    meant = post(client, path, {"policies": policies, "actions": ["sts:*"]})
    other = post(client, path, {"policies": policies, "actions": ["iam:*"]})
    assert [each["verdict"] for each in (named, meant, other)] == ["unknown", "holds", "holds"]
    assert "sts:GetCallerIdentity needs no permission" in named["reason"]
    assert "sts:GetCallerIdentity and sts:GetSessionToken need no permission" in meant["notes"][0]
    assert other["notes"] == []
    for each in (named, meant, other):
        AccessNotGrantedDocument.model_validate(each)
    asked = [{"action": "sts:GetCallerIdentity"}]
    (decided,) = post(client, "/v1/evaluate", {"policies": policies, "requests": asked})["requests"]
    assert (decided["decision"], "needs no permission" in decided["reason"]) == ("allowed", True)


def test_evaluate(client: Client) -> None:
    tagged = policy("s3:Get*", Condition={"StringEquals": {"aws:PrincipalTag/team": "a"}})
    get = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
    requests = [get, {**get, "unknown_keys": ["*"]}, {**get, "context": {"aws:PrincipalTag/team": ["a"]}}]
    found = post(client, "/v1/evaluate", {"policies": [policy("sqs:*"), tagged], "requests": requests})
    EvaluationDocument.model_validate(found)
    assert [each["decision"] for each in found["requests"]] == ["implicitly denied", "unknown", "allowed"]
    assert found["requests"][0]["reason"].startswith("a condition does not hold (policies[1], statement 1 (One)")
    assert found["requests"][2]["statements"] == ["policies[1], statement 1 (One)"]


def test_documents_may_be_text_as_the_api_of_iam_gives_them(client: Client) -> None:
    text = quote(json.dumps(policy("*")), safe="")
    found = post(client, "/v1/checks/no-new-access", {"existing": [text], "new": [policy("s3:*")]})
    assert found["verdict"] == "holds"


@pytest.mark.parametrize(
    ("existing", "new", "pointer", "says"),
    [
        ([policy("s3")], [policy("s3:*")], "#/existing/0", "existing[0], statement 1, Action is `s3`"),
        ([policy("s3:*")], [policy("s3:*"), {"Statement": [{}]}], "#/new/1", "new[1], statement 1"),
        ([policy("s3:*")], ["{"], "#/new/0", "new[0], line 1"),
        ([policy("s3:*")], [policy("s3:*", Principal="*")], "#/new/0", "resource-based"),
    ],
)
def test_a_malformed_policy_is_named(client: Client, existing: Any, new: Any, pointer: str, says: str) -> None:
    answer = client.ask("POST", "/v1/checks/no-new-access", json={"existing": existing, "new": new})
    (error,) = assert_problem(answer, 422, "malformed-policy")["errors"]
    assert (error["pointer"], says in error["detail"]) == (pointer, True), error


def test_a_member_that_is_there_twice_is_seen(client: Client) -> None:
    twice = '{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}'
    body = f'{{"existing":[{twice}],"new":[{twice}]}}'
    headers = {"content-type": "application/json"}
    answer = client.ask("POST", "/v1/checks/no-new-access", content=body.encode(), headers=headers)
    assert "`Version` twice" in assert_problem(answer, 422, "malformed-policy")["detail"]


ONE = [policy("s3:*")]
GET = {"action": "s3:GetObject"}


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/checks/no-new-access", {"existing": ONE}, "#/new"),
        ("/v1/checks/no-new-access", {"existing": [], "new": ONE}, "#/existing"),
        ("/v1/checks/no-new-access", {"existing": ONE, "new": ONE * (MAX_POLICIES + 1)}, "#/new"),
        ("/v1/checks/no-new-access", {"existing": ONE, "new": ONE, "old": ONE}, "#/old"),
        ("/v1/checks/access-not-granted", {"policies": ONE, "actions": []}, "#/actions"),
        ("/v1/checks/access-not-granted", {"policies": ONE, "actions": ["s3"]}, "#/actions"),
        ("/v1/checks/access-not-granted", {"policies": ONE, "actions": ["a:b"], "resources": ["b"]}, "#/resources"),
        ("/v1/evaluate", {"policies": ONE, "requests": [GET] * (MAX_REQUESTS + 1)}, "#/requests"),
        ("/v1/evaluate", {"policies": ONE, "requests": [{"action": "s3:*"}]}, "#/requests/0/action"),
        ("/v1/evaluate", {"policies": ONE, "requests": [{"action": "s3:GetObject "}]}, "#/requests/0/action"),
        (
            "/v1/evaluate",
            {"policies": ONE, "requests": [GET, {**GET, "context": {"a:b": 7}}]},
            "#/requests/1/context/a:b",
        ),
        (
            "/v1/evaluate",
            {"policies": ONE, "requests": [{**GET, "context": {"a:b": ["1"], "A:b": ["2"]}}]},
            "#/requests/0/context",
        ),
    ],
)
def test_a_body_that_cannot_be_used_is_named(client: Client, path: str, body: object, pointer: str) -> None:
    problem = assert_problem(client.ask("POST", path, json=body), 422, "invalid-request")
    assert pointer in [each["pointer"].partition("/function")[0] for each in problem["errors"]]


@pytest.mark.parametrize("path", ["/v1/checks/no-new-access", "/v1/checks/access-not-granted", "/v1/evaluate"])
def test_a_body_has_limits(client: Client, path: str) -> None:
    headers = {"content-type": "application/json"}
    too_long = client.ask("POST", path, content=b" " * (MAX_BODY_BYTES + 1), headers=headers)
    assert_problem(too_long, 413, "body-too-large")
    deep = b'{"policies":[{"Statement":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"
    assert client.ask("POST", path, content=deep, headers=headers).status_code in (400, 422)
    assert_problem(client.ask("POST", path, content=b"{}"), 415, "unsupported-media-type")


def test_deep_documents_are_malformed(client: Client) -> None:
    deep: dict[str, Any] = {"Statement": []}
    for _ in range(150):
        deep = {"Statement": deep}
    answer = client.ask("POST", "/v1/checks/no-new-access", json={"existing": [deep], "new": [deep]})
    assert_problem(answer, 422, "malformed-policy")


def test_a_member_of_a_request_that_stands_twice_is_refused(client: Client) -> None:
    """Which of the two is meant cannot be told."""
    request = '{"action": "s3:GetObject", "action": "s3:PutObject"}'
    body = f'{{"policies": {json.dumps(ONE)}, "requests": [{request}]}}'
    answer = client.ask("POST", "/v1/evaluate", content=body, headers={"Content-Type": "application/json"})
    problem = assert_problem(answer, 422, "invalid-request")
    assert problem["errors"][0]["pointer"] == "#/requests"
