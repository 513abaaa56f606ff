"""`propose --current` with the details of an account, for a user with policies of every kind; and `verify` after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.test_commands import SAMPLE, failure, whittle

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/people/dana"
ALLOWED = f"arn:aws:iam::{ACCOUNT}:policy/allowed"
LIMIT = f"arn:aws:iam::{ACCOUNT}:policy/limit"
Details = dict[str, Any]


def document(*actions: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": list(actions), "Resource": "*"}}


def managed(arn: str, *actions: str) -> dict[str, Any]:
    return {"Arn": arn, "PolicyVersionList": [{"Document": document(*actions), "IsDefaultVersion": True}]}


def details() -> Details:
    """The user in one of two groups, with no policy of its own; another user, who has all."""
    every = [{"PolicyName": "every", "PolicyDocument": document("*")}]
    user = {"UserName": "dana", "Arn": USER, "GroupList": ["staff"]}
    other = {"UserName": "eve", "Arn": USER.replace("dana", "eve"), "GroupList": ["admins"], "UserPolicyList": every}
    return {
        "UserDetailList": [other, user],
        "GroupDetailList": [{"GroupName": "admins", "GroupPolicyList": every}, {"GroupName": "staff"}],
        "RoleDetailList": [],
        "Policies": [managed(ALLOWED, "*"), managed(LIMIT, "ec2:*")],
    }


def _inline(found: Details) -> None:
    found["UserDetailList"][1]["UserPolicyList"] = [{"PolicyName": "own", "PolicyDocument": document("*")}]


def _attached(found: Details) -> None:
    found["UserDetailList"][1]["AttachedManagedPolicies"] = [{"PolicyArn": ALLOWED}]


def _group_inline(found: Details) -> None:
    found["GroupDetailList"][1]["GroupPolicyList"] = [{"PolicyName": "all", "PolicyDocument": document("*")}]


def _group_attached(found: Details) -> None:
    found["GroupDetailList"][1]["AttachedManagedPolicies"] = [{"PolicyArn": ALLOWED}]


def _boundary(found: Details) -> None:
    _group_inline(found)
    found["UserDetailList"][1]["PermissionsBoundary"] = {"PermissionsBoundaryArn": LIMIT}


def _nothing(_: Details) -> None:
    return


@pytest.mark.parametrize(
    ("grant", "names", "verdict"),
    [
        (_inline, ["inline policy own"], "holds"),
        (_attached, [ALLOWED], "holds"),
        (_group_inline, ["group staff, inline policy all"], "holds"),
        (_group_attached, [ALLOWED], "holds"),
        (_boundary, ["group staff, inline policy all"], "holds"),
        (_nothing, [], "refuted"),
    ],
)
def test_a_user_of_an_account(tmp_path: Path, grant: Callable[[Details], None], names: list[str], verdict: str) -> None:
    found = details()
    grant(found)
    account, requests = tmp_path / "account.json", tmp_path / "requests.jsonl"
    account.write_text(json.dumps(found))
    files: list[str | Path] = ["--current", account, "--requests", requests, "--output", tmp_path]
    done = whittle("propose", USER, "--trail", SAMPLE, *files)
    assert (done.returncode, done.stderr) == (0, b"")
    certificate = orjson.loads((tmp_path / "proposal.json").read_bytes())["certificate"]
    assert [each["name"] for each in certificate["current"]["policies"]] == names
    assert certificate["no_new_access"]["verdict"] == verdict
    replay = certificate["replay"]["current"]
    bounded = grant is _boundary
    assert (certificate["current"]["boundary"] is not None) is bounded
    assert (0 < replay["allowed"] < replay["requests"]) is bounded
    assert replay["allowed"] in ((0,) if grant is _nothing else range(1, replay["requests"] + 1))
    checked = whittle("verify", tmp_path / "proposal.json", "--current", account, "--requests", requests)
    assert (checked.returncode, checked.stderr) == (0, b""), checked.stdout


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("user/people/dana", "user/people/dan", f"has no `{USER}` in its UserDetailList"),
        (f"{ACCOUNT}:user/people/dana", "999999999999:user/people/dana", f"give the details of account {ACCOUNT}"),
        ('"GroupName": "staff"', '"GroupName": "guests"', "is the group `staff`, which the GroupDetailList lacks"),
    ],
)
def test_an_account_that_does_not_say_it(tmp_path: Path, old: str, new: str, says: str) -> None:
    text = json.dumps(details())
    assert old in text
    (tmp_path / "account.json").write_text(text.replace(old, new))
    assert says in failure("propose", USER, "--trail", SAMPLE, "--current", tmp_path / "account.json")
