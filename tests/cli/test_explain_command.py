"""`whittle resolve --explain` and `--overrides`, as a user runs them."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pytest

from tests.cli.test_commands import ROOT, failure, whittle

CASES = ROOT / "tests" / "explain"
RECORD = (CASES / "get-object" / "event.json").read_bytes()
HEADER = b"event_source\tevent_name\tactions\treason\n"


def test_a_record_in_a_file_and_on_standard_input_is_explained_alike() -> None:
    of_file = whittle("resolve", "--explain", CASES / "get-object" / "event.json")
    of_stream = whittle("resolve", "--explain", stdin=RECORD)
    assert of_file.stdout == of_stream.stdout == (CASES / "get-object" / "explained.txt").read_bytes()
    assert (of_file.returncode, of_file.stderr, of_stream.returncode) == (0, b"", 0)


@pytest.mark.parametrize(
    "content",
    [
        b'{"Records": [' + RECORD + b"]}",
        b"[" + RECORD + b"]",
        gzip.compress(RECORD),
        orjson.dumps(orjson.loads(RECORD)) + b"\n",
        b"\xef\xbb\xbf" + RECORD,
    ],
    ids=["a file of CloudTrail", "a list", "gzip", "a line", "with a byte order mark"],
)
def test_any_form_that_is_read_as_a_trail_is_read_here(content: bytes) -> None:
    assert b"s3:GetObject" in whittle("resolve", "--explain", stdin=content).stdout


def test_json_says_the_same_in_full() -> None:
    done = whittle("resolve", "--explain", CASES / "get-object" / "event.json", "--format", "json")
    found = orjson.loads(done.stdout)
    assert done.stdout == (CASES / "get-object" / "explained.json").read_bytes()
    assert [step["rule"] for step in found["rules"] if step["won"]] == ["operation-map"]
    assert found["resolution"]["confidence"] == "certain"


def test_what_is_not_one_record_is_said(tmp_path: Path) -> None:
    two = b"[" + RECORD + b"," + RECORD + b"]"
    assert "more than one event" in failure("resolve", "--explain", stdin=two)
    assert "no eventSource" in failure("resolve", "--explain", stdin=b'{"Records": [{"eventName": "x"}]}')
    assert "holds no CloudTrail event" in failure("resolve", "--explain", stdin=b"")
    assert "no such file" in failure("resolve", "--explain", tmp_path / "absent.json")
    assert "leave the event source" in failure("resolve", "s3.amazonaws.com", "--explain", "x")


def test_overrides_win_and_say_so(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_bytes(HEADER + b"s3.amazonaws.com\tGetObject\ts3:GetObjectAcl\tour proxy\n")
    answer = whittle("resolve", "s3.amazonaws.com", "GetObject", "--overrides", own).stdout.decode()
    assert answer.splitlines() == [
        "s3:GetObjectAcl",
        "rule: user-override (certain)",
        "note: your overrides say so: our proxy",
    ]
    explained = whittle("resolve", "--explain", "--overrides", own, stdin=RECORD).stdout.decode()
    assert "-> user-override: s3:GetObjectAcl [user-override]" in explained
    table = whittle("resolve", "--overrides", own, stdin=b"s3.amazonaws.com\tGetObject\n").stdout
    assert table == b"s3.amazonaws.com\tGetObject\ts3:GetObjectAcl\tuser-override\n"


@pytest.mark.parametrize("command", ["propose", "resolve", "serve"])
def test_overrides_that_cannot_be_used_stop_every_command(command: str, tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_bytes(HEADER + b"s3.amazonaws.com\tGetObject\ts3:GetObjekt\tso\n")
    trail = ("--trail", ROOT / "samples" / "trail")
    arguments: dict[str, tuple[str | Path, ...]] = {
        "propose": ("arn:aws:iam::111122223333:role/orders-api", *trail),
        "resolve": ("s3.amazonaws.com", "GetObject"),
        "serve": (*trail, "--data-dir", tmp_path / "data"),
    }
    said = failure(command, *arguments[command], "--overrides", own)
    assert "own.tsv, line 2: the catalog has no action `s3:GetObjekt`" in said


def test_a_proposal_with_overrides_is_the_same_with_more_workers(tmp_path: Path) -> None:
    own = tmp_path / "own.tsv"
    own.write_bytes(HEADER + b"dynamodb.amazonaws.com\tPutItem\tdynamodb:UpdateItem\tour proxy\n")
    role, trail = "arn:aws:iam::111122223333:role/orders-api", ROOT / "samples" / "trail"
    asked = ("propose", role, "--trail", trail, "--overrides", own, "--format", "json")
    one, two = (whittle(*asked, "--workers", count).stdout for count in ("1", "2"))
    assert one == two
    assert orjson.loads(one)["catalog"]["overrides"]
