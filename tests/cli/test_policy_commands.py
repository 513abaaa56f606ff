"""`whittle evaluate`, `check`, `verify` and `propose --current`, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.cli.test_commands import ROLE, SAMPLE, failure, whittle


def policy(folder: Path, name: str, *statements: dict[str, Any]) -> Path:
    found = [{"Effect": "Allow", "Resource": "*", **each} for each in statements]
    (folder / name).write_text(json.dumps({"Version": "2012-10-17", "Statement": found}))
    return folder / name


def request(folder: Path, *requests: dict[str, Any]) -> Path:
    (folder / "requests.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in requests))
    return folder / "requests.jsonl"


GET = {"action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"}
FEW = {"NumericLessThan": {"s3:max-keys": "10"}}
TAGGED = {"StringEquals": {"aws:PrincipalTag/team": "a"}}


@pytest.mark.parametrize(
    ("statements", "asked", "code", "says"),
    [
        ([{"Action": "s3:*", "Sid": "Any"}], [GET], 0, "allowed: s3:GetObject on arn:aws:s3:::b/k"),
        ([{"Action": "s3:*", "Sid": "Any"}], [GET], 0, "statement 1 (Any)"),
        ([{"Action": "s3:Put*"}], [GET], 1, "no statement is about the action"),
        ([{"Action": "*"}, {"Action": "s3:*", "Effect": "Deny"}], [GET], 1, "explicitly denied"),
        ([{"Action": "s3:*", "Condition": TAGGED}], [{**GET, "unknown_keys": ["*"]}], 3, "aws:PrincipalTag/team"),
        ([{"Action": "s3:*", "Condition": TAGGED}], [GET], 1, "a condition does not hold"),
        ([{"Action": "s3:*", "Condition": TAGGED}], [{**GET, "context": {"aws:x": []}}], 1, "aws:x = (no value"),
        ([{"Action": "s3:*", "Condition": FEW}], [{**GET, "context": {"s3:max-keys": "NaN"}}], 3, "not of its kind"),
        ([{"Action": "s3:*"}], [GET, {"action": "iam:GetRole"}], 1, "implicitly denied: iam:GetRole"),
    ],
)
def test_evaluate(
    tmp_path: Path, statements: list[dict[str, Any]], asked: list[dict[str, Any]], code: int, says: str
) -> None:
    files: list[str | Path] = ["--policy", policy(tmp_path, "p.json", *statements)]
    files += ["--request", request(tmp_path, *asked)]
    done = whittle("evaluate", *files)
    assert (done.returncode, done.stderr) == (code, b"")
    assert says in done.stdout.decode()
    as_json = whittle("evaluate", *files, "--format", "json")
    assert as_json.returncode == code
    assert len(orjson.loads(as_json.stdout)["requests"]) == len(asked)


def test_check_no_new_access(tmp_path: Path) -> None:
    wide, narrow = (
        policy(tmp_path, "w.json", {"Action": "s3:*"}),
        policy(tmp_path, "n.json", {"Action": "s3:GetObject"}),
    )
    holds = whittle("check", "no-new-access", "--existing", wide, "--new", narrow)
    assert (holds.returncode, holds.stdout) == (0, b"no new access: holds, for any action\n")
    refuted = whittle("check", "no-new-access", "--existing", narrow, "--new", wide)
    assert refuted.returncode == 1
    assert b"  s3:AbortMultipartUpload on arn:aws:s3" in refuted.stdout
    as_json = whittle("check", "no-new-access", "--existing", narrow, "--new", wide, "--format", "json")
    witness = orjson.loads(as_json.stdout)["witness"]
    again = whittle("evaluate", "--policy", wide, "--request", request(tmp_path, witness))
    assert again.returncode == 0


def test_a_check_that_is_not_known(tmp_path: Path) -> None:
    unclear = policy(tmp_path, "u.json", {"Action": "s3:*", "Condition": {"BinaryEquals": {"x:key": "QmluYXJ5"}}})
    other = policy(tmp_path, "o.json", {"Action": "s3:*", "Condition": {"BinaryEquals": {"x:key": "T3RoZXI="}}})
    done = whittle("check", "no-new-access", "--existing", unclear, "--new", other)
    assert done.returncode == 3
    assert done.stdout.startswith(b"no new access: unknown, ")


def test_check_access_not_granted(tmp_path: Path) -> None:
    wide = policy(tmp_path, "w.json", {"Action": "s3:*", "Resource": "arn:aws:s3:::open/*"})
    for more, code in (
        (["--action", "iam:*"], 0),
        (["--action", "iam:*", "s3:DeleteObject"], 1),
        (["--action", "sts:GetCallerIdentity"], 3),
        (["--action", "sts:*"], 0),
        (["--action", "s3:GetObject", "--resource", "arn:aws:s3:::payroll/*"], 0),
        (["--action", "s3:GetObject", "--resource", "arn:aws:s3:::payroll/*", "arn:aws:s3:::open/a"], 1),
    ):
        done = whittle("check", "access-not-granted", "--policy", wide, *more)
        assert done.returncode == code, more
        assert (b"needs no permission" in done.stdout or b"need no permission" in done.stdout) is ("sts" in more[1])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check"], "CHECK"),
        (["check", "no-new-access", "--existing", "p.json"], "--new"),
        (["check", "access-not-granted", "--policy", "p.json"], "--action"),
        (["check", "access-not-granted", "--policy", "p.json", "--action", "iam"], "Action[0] is `iam`"),
        (["check", "access-not-granted", "--policy", "p.json", "--action", "a:b", "--resource", "b"], "Resource[0]"),
        (["check", "no-new-access", "--existing", "gone.json", "--new", "p.json"], "gone.json"),
        (["check", "no-new-access", "--existing", "bad.json", "--new", "p.json"], "bad.json, statement 1"),
        (["evaluate", "--policy", "p.json"], "--request"),
        (["evaluate", "--policy", "p.json", "--request", "p.json"], "no request"),
        (["verify", "gone.json"], "gone.json"),
        (["verify", "p.json"], "no proposal"),
        (["verify", "p.json", "--current", "p.json"], "no proposal"),
        (["propose", ROLE, "--trail", SAMPLE, "--current", "bad.json"], "bad.json, statement 1, Action"),
        (["propose", ROLE, "--trail", SAMPLE, "--current", ""], "empty"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(tmp_path: Path, arguments: list[str], says: str) -> None:
    policy(tmp_path, "p.json", {"Action": "s3:*"})
    policy(tmp_path, "bad.json", {"Action": "s3"})
    given = [str(tmp_path / each) if str(each).endswith(".json") else each for each in arguments]
    assert says in failure(*given)


def test_a_proposal_with_its_certificate_and_requests(tmp_path: Path) -> None:
    current = policy(tmp_path, "now.json", {"Action": "*"})
    files: list[str | Path] = ["--requests", tmp_path / "r.jsonl", "--output", tmp_path / "out"]
    done = whittle("propose", "--trail", SAMPLE, *files, "--current", current, ROLE)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"no new access: holds, for any action\n" in done.stdout
    proposal = tmp_path / "out" / "proposal.json"
    lines = [orjson.loads(line) for line in (tmp_path / "r.jsonl").read_bytes().splitlines()]
    seen = [each for each in lines if each["count"]]
    assert len(seen) == orjson.loads(proposal.read_bytes())["certificate"]["replay"]["requests"] > 300
    whole = whittle("verify", proposal, "--current", current, "--requests", tmp_path / "r.jsonl")
    assert (whole.returncode, whole.stderr) == (0, b"")
    assert {line.split(b":")[0] for line in whole.stdout.splitlines()} == {b"right"}
    assert whittle("verify", proposal).returncode == 3
    other = policy(tmp_path, "other.json", {"Action": "s3:*"})
    wrong = whittle("verify", proposal, "--current", other, "--requests", tmp_path / "r.jsonl", "--format", "json")
    assert wrong.returncode == 1
    assert [each["what"] for each in orjson.loads(wrong.stdout)["checks"] if each["state"] == "wrong"] == [
        "current policies",
        "replay by the current policies",
        "beyond current",
        "no new access",
        "no new access apart from that",
        "diff",
        "notes",
    ]
    policies = sorted((tmp_path / "out").glob("*privilege*.json"))
    assert whittle("evaluate", "--policy", *policies, "--request", tmp_path / "r.jsonl").returncode == 0


def test_a_proposal_without_current_policies_verifies(tmp_path: Path) -> None:
    whittle("propose", ROLE, "--trail", SAMPLE, "--output", tmp_path, "--requests", tmp_path / "r.jsonl")
    without = whittle("verify", tmp_path / "proposal.json")
    assert (without.returncode, b"give --requests" in without.stdout) == (3, True)
    whole = whittle("verify", tmp_path / "proposal.json", "--requests", tmp_path / "r.jsonl")
    assert whole.returncode == 0
    content = (tmp_path / "proposal.json").read_bytes().replace(b'"sqs:SendMessage"', b'"sqs:PurgeQueue"')
    (tmp_path / "proposal.json").write_bytes(content)
    assert whittle("verify", tmp_path / "proposal.json").returncode == 1
