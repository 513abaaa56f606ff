"""What is granted now, read from policy documents and from the details of an account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from service.adapters.policy_files import read_files
from service.core.current import Current
from service.core.errors import InputError
from service.core.principals import parse_principal
from service.usecases.current import current_of
from service.wiring import current_in
from tests.tables import Row, rows

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
USER = f"arn:aws:iam::{ACCOUNT}:user/people/dana"
LOCAL = f"arn:aws:iam::{ACCOUNT}:policy/local"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


class Case(Row, frozen=True, kw_only=True):
    files: dict[str, str]
    policies: tuple[str, ...] = ()
    error: str = ""


@pytest.mark.parametrize("case", rows("current", Case))
def test_documents(case: Case) -> None:
    files = [(name, text.encode()) for name, text in case.files.items()]
    if case.error:
        with pytest.raises(InputError) as raised:
            current_of(files, parse_principal(ROLE))
        assert any(each in str(raised.value) for each in case.error.split("|")), raised.value
    else:
        found = current_of(files, parse_principal(ROLE))
        assert [each.name for each in found.policies] == list(case.policies)
        assert found.boundary is None


def document(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def encoded(action: str) -> str:
    return quote(json.dumps(document(action)), safe="")


def managed(arn: str, action: str) -> dict[str, Any]:
    old = {"Document": encoded("old:Version"), "VersionId": "v1", "IsDefaultVersion": False}
    default = {"Document": encoded(action), "VersionId": "v2", "IsDefaultVersion": True}
    return {"PolicyName": arn.rsplit("/", 1)[-1], "Arn": arn, "PolicyVersionList": [old, default]}


def attached(*arns: str) -> list[dict[str, str]]:
    return [{"PolicyName": arn.rsplit("/", 1)[-1], "PolicyArn": arn} for arn in arns]


def details() -> dict[str, Any]:
    """A role with a boundary, a user in a group, and another of each."""
    role = {
        "RoleName": "app",
        "Arn": ROLE,
        "RolePolicyList": [{"PolicyName": "inline", "PolicyDocument": encoded("s3:*")}],
        "AttachedManagedPolicies": attached(LOCAL, READ_ONLY),
        "PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": BOUNDARY},
    }
    other = {**role, "RoleName": "other", "Arn": ROLE.replace("app", "other"), "AttachedManagedPolicies": []}
    user = {
        "UserName": "dana",
        "Arn": USER,
        "GroupList": ["staff"],
        "UserPolicyList": [],
        "AttachedManagedPolicies": [],
    }
    group = {
        "GroupName": "staff",
        "GroupPolicyList": [{"PolicyName": "inline", "PolicyDocument": document("sqs:*")}],
        "AttachedManagedPolicies": attached(LOCAL),
    }
    return {
        "UserDetailList": [user],
        "GroupDetailList": [group],
        "RoleDetailList": [other, role],
        "Policies": [managed(LOCAL, "kms:*"), managed(READ_ONLY, "ec2:*"), managed(BOUNDARY, "s3:*")],
        "IsTruncated": False,
    }


def granted(content: dict[str, Any], arn: str) -> Current:
    return current_of([("account.json", json.dumps(content).encode())], parse_principal(arn))


def actions(found: Current) -> list[tuple[str, str]]:
    return [(each.name, each.policy.statements[0].actions[0]) for each in found.policies]


@pytest.mark.parametrize("arn", [ROLE, f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session"])
def test_a_role_with_all_its_policies(arn: str) -> None:
    found = granted(details(), arn)
    assert actions(found) == [("inline policy inline", "s3:*"), (LOCAL, "kms:*"), (READ_ONLY, "ec2:*")]
    assert found.boundary is not None
    assert (found.boundary.name, found.boundary.policy.statements[0].actions) == (BOUNDARY, ("s3:*",))


def test_a_user_has_what_its_groups_have() -> None:
    assert actions(granted(details(), USER)) == [("group staff, inline policy inline", "sqs:*"), (LOCAL, "kms:*")]


def test_a_principal_without_policies_is_noted() -> None:
    content = details()
    content["UserDetailList"][0]["GroupList"] = []
    found = granted(content, USER)
    assert (found.policies, len(found.notes)) == ((), 1)


def _without_aws_policies(content: dict[str, Any]) -> None:
    content["Policies"] = [each for each in content["Policies"] if each["Arn"] == LOCAL]


def _page(content: dict[str, Any]) -> None:
    content["IsTruncated"] = True


def _no_groups(content: dict[str, Any]) -> None:
    content["GroupDetailList"] = []


def _broken(content: dict[str, Any]) -> None:
    content["RoleDetailList"][1]["RolePolicyList"][0]["PolicyDocument"] = encoded("s3")


def _no_document(content: dict[str, Any]) -> None:
    del content["RoleDetailList"][1]["RolePolicyList"][0]["PolicyDocument"]


def _no_list(content: dict[str, Any]) -> None:
    content["RoleDetailList"] = {}


@pytest.mark.parametrize(
    ("spoil", "arn", "says"),
    [
        (_without_aws_policies, ROLE, [READ_ONLY, BOUNDARY, "AWSManagedPolicy"]),
        (_page, ROLE, ["one page of several"]),
        (_no_groups, USER, ["`staff`", "UserDetailList[0], GroupList[0]"]),
        (_broken, ROLE, ["RoleDetailList[1], RolePolicyList[0], PolicyDocument, statement 1, Action"]),
        (_no_document, ROLE, ["RolePolicyList[0] has no PolicyDocument"]),
        (_no_list, ROLE, ["RoleDetailList is not a list"]),
        (lambda _: None, ROLE.replace("app", "gone"), ["role/gone", "RoleDetailList", ACCOUNT]),
    ],
)
def test_details_that_do_not_say_it(spoil: Any, arn: str, says: list[str]) -> None:
    content = details()
    spoil(content)
    with pytest.raises(InputError) as raised:
        granted(content, arn)
    for each in says:
        assert each in str(raised.value)


def test_details_stand_alone() -> None:
    files = [("a.json", json.dumps(details()).encode()), ("b.json", json.dumps(document("s3:*")).encode())]
    with pytest.raises(InputError, match="alone"):
        current_of(files, parse_principal(ROLE))


def test_deep_nesting_is_an_error_of_the_file() -> None:
    with pytest.raises(InputError, match=r"v\.json"):
        current_of([("v.json", b'[{"Statement":' + b"[" * 5000 + b"]" * 5000 + b"}]")], parse_principal(ROLE))


def test_files_are_read_and_named(tmp_path: Path) -> None:
    (tmp_path / "role.json").write_text(json.dumps(document("s3:*")))
    found = current_in([tmp_path / "role.json"], parse_principal(ROLE))
    assert [each.name for each in found.policies] == [str(tmp_path / "role.json")]
    with pytest.raises(InputError, match=r"gone\.json"):
        read_files([tmp_path / "gone.json"], "the policies")
