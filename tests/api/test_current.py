"""Proposals over HTTP that are proved against what is granted now."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.api.policy_intake import MAX_BODY_BYTES, MAX_POLICIES
from service.api.schemas.proposal import ProposalDocument
from tests.api.site import ACCOUNT, READER, USER, Client, assert_problem
from tests.api.test_checks import policy

READ = policy("s3:Get*", "arn:aws:s3:::orders/*")


def details(**members: Any) -> dict[str, Any]:
    """The details of the account, as GetAccountAuthorizationDetails answers them."""
    inline = [{"PolicyName": "read", "PolicyDocument": READ}]
    role = {"RoleName": "reader", "Arn": READER, "RolePolicyList": inline, "AttachedManagedPolicies": [], **members}
    return {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [role], "Policies": []}


def proposed(client: Client, current: object, arn: str = READER) -> dict[str, Any]:
    answer = client.propose({"principal_arn": arn, "current": current})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    ProposalDocument.model_validate(found)
    return found


@pytest.mark.parametrize(
    ("current", "verdict", "names"),
    [
        ([READ], "holds", ["current[0]"]),
        ([json.dumps(READ), policy("sqs:*")], "holds", ["current[0]", "current[1]"]),
        ([policy("sqs:*")], "refuted", ["current[0]"]),
        (details(), "holds", ["inline policy read"]),
    ],
)
def test_a_proposal_is_proved_against_what_is_granted_now(
    client: Client, current: object, verdict: str, names: list[str]
) -> None:
    found = proposed(client, current)
    certificate = found["certificate"]
    assert certificate["no_new_access"]["verdict"] == verdict
    assert [each["name"] for each in certificate["current"]["policies"]] == names
    assert found["diff"] is not None


def test_without_current_policies_nothing_is_said_of_them(client: Client) -> None:
    for body in ({"principal_arn": READER}, {"principal_arn": READER, "current": None}):
        found = client.propose(body).json()
        assert (found["certificate"]["no_new_access"], found["diff"]) == (None, None)


def test_each_set_of_policies_has_a_proposal_of_its_own(client: Client) -> None:
    asked = ([READ], [policy("s3:*")], [READ], details())
    ids = [proposed(client, each)["id"] for each in asked]
    assert ids[0] == ids[2]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("current", "kind", "pointer", "says"),
    [
        ([], "invalid-request", "#/current", ""),
        (7, "invalid-request", "#/current", ""),
        ([READ] * (MAX_POLICIES + 1), "invalid-request", "#/current", ""),
        ([READ, policy("s3")], "malformed-policy", "#/current/1", "current[1], statement 1, Action is `s3`"),
        ([READ, "{"], "malformed-policy", "#/current/1", "current[1], line 1"),
        (READ, "invalid-request", "#/current", "none of UserDetailList"),
        ({}, "invalid-request", "#/current", "none of UserDetailList"),
        ({"RoleDetailList": []}, "invalid-request", "#/current", f"the details of account {ACCOUNT}"),
        ({"RoleDetailList": 7}, "malformed-policy", "#/current", "RoleDetailList is not a list"),
        (details(Arn=READER.replace(ACCOUNT, "9" * 12)), "invalid-request", "#/current", "has no `arn:aws:iam::1111"),
        (
            details(PermissionsBoundary={"PermissionsBoundaryArn": "arn:aws:iam::aws:policy/B"}),
            "invalid-request", "#/current", "lacks policies that are attached: arn:aws:iam::aws:policy/B",
        ),
        ({**details(), "IsTruncated": True}, "invalid-request", "#/current", "one page of several"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(client: Client, current: object, kind: str, pointer: str, says: str) -> None:
    problem = assert_problem(client.propose({"principal_arn": READER, "current": current}), 422, kind)
    assert problem["errors"][0]["pointer"] == pointer
    assert says in problem["detail"]


def test_a_user_has_what_its_groups_have(client: Client) -> None:
    user = {"UserName": "kiosk", "Arn": USER, "GroupList": ["staff"]}
    group = {"GroupName": "staff", "GroupPolicyList": [{"PolicyName": "read", "PolicyDocument": READ}]}
    found = proposed(client, {"UserDetailList": [user], "GroupDetailList": [group]}, USER)
    assert [each["name"] for each in found["certificate"]["current"]["policies"]] == ["group staff, inline policy read"]


def test_a_body_with_policies_has_the_limit_of_the_other_routes(client: Client) -> None:
    headers = {"content-type": "application/json"}
    body = json.dumps({"principal_arn": READER, "current": [READ]}).encode()
    fits = client.ask("POST", "/v1/proposals", content=body.ljust(MAX_BODY_BYTES), headers=headers)
    assert fits.status_code == 201
    too_long = client.ask("POST", "/v1/proposals", content=body.ljust(MAX_BODY_BYTES + 1), headers=headers)
    assert_problem(too_long, 413, "body-too-large")


def test_a_member_that_is_there_twice_is_seen(client: Client) -> None:
    body = (
        f'{{"principal_arn":"{READER}","current":[{{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}}]}}'
    )
    answer = client.ask("POST", "/v1/proposals", content=body.encode(), headers={"content-type": "application/json"})
    assert "`Version` twice" in assert_problem(answer, 422, "malformed-policy")["detail"]
