"""`whittle diff` as a user runs it: files of every kind, formats, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import orjson
import pytest

from tests.cli.test_commands import ROLE, SAMPLE, failure, whittle


def document(**members: object) -> dict[str, object]:
    return {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Resource": "*", **members}}


WIDE = document(Action="s3:*")
GET = document(Action="s3:GetObject")
GET_BY_LIST = document(Action=["s3:GetObject"], Resource=["*", "arn:aws:s3:::b/*"])
SEND = document(Action="sqs:SendMessage")
# Whether an empty set of tag keys is one of which all are `a` is not documented.
TAGGED = document(Action="s3:*", Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}})
OTHERWISE_TAGGED = document(
    Action="s3:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}}
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A file for each document."""
    named = {"wide": WIDE, "get": GET, "list": GET_BY_LIST, "send": SEND, "tagged": TAGGED, "other": OTHERWISE_TAGGED}
    for name, content in named.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content), "utf-8")
    (tmp_path / "both.json").write_text(json.dumps([GET, SEND]), "utf-8")
    return {path.stem: path for path in tmp_path.iterdir()}


@pytest.mark.parametrize(
    ("before", "after", "code", "relation"),
    [
        (["wide"], ["get"], 0, "narrower"),
        (["get"], ["list"], 0, "equivalent"),
        (["get"], ["wide"], 1, "wider"),
        (["get"], ["send"], 1, "incomparable"),
        (["tagged"], ["other"], 3, "unknown"),
        (["wide", "send"], ["get"], 0, "narrower"),
        (["both"], ["get", "send"], 0, "equivalent"),
    ],
)
def test_exit_codes(files: dict[str, Path], before: list[str], after: list[str], code: int, relation: str) -> None:
    sides: list[str | Path] = [*(files[each] for each in before), "--", *(files[each] for each in after)]
    done = whittle("diff", *sides, "--format", "json")
    assert (done.returncode, done.stderr) == (code, b"")
    assert orjson.loads(done.stdout)["relation"] == relation
    text = whittle("diff", *sides)
    assert text.returncode == code
    assert text.stdout.decode().startswith(relation.upper())


def test_a_proposal_stands_for_its_policies(files: dict[str, Path], tmp_path: Path) -> None:
    whittle("propose", ROLE, "--trail", SAMPLE, "--output", tmp_path / "out")
    proposal = tmp_path / "out" / "proposal.json"
    documents = [each for each in (tmp_path / "out").glob("*.json") if each != proposal]
    done = whittle("diff", proposal, "--", *documents, "--format", "markdown")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("**EQUIVALENT")
    assert b"the documents are the same" in done.stdout


def test_what_cannot_be_used(files: dict[str, Path], tmp_path: Path) -> None:
    assert "files are missing" in failure("diff", files["get"])
    assert "files are missing" in failure("diff", files["get"], "--")
    assert "files are missing" in failure("diff", "--", files["get"])
    assert "none.json" in failure("diff", files["get"], "--", tmp_path / "none.json")
    broken = tmp_path / "broken.json"
    broken.write_text(json.dumps(document(Effect="Maybe", Action="s3:*")), "utf-8")
    assert "statement 1, Effect is `Maybe`" in failure("diff", files["get"], "--", broken)
    broken.write_text('{"format": "whittle-proposal/1"}', "utf-8")
    assert "without its policies" in failure("diff", files["get"], "--", broken)
    broken.write_text('{"format": "whittle-proposal/1", "policies": [{"name": "x"}]}', "utf-8")
    assert "policies[0] has no `document`" in failure("diff", files["get"], "--", broken)
