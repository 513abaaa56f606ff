"""The commands as a user runs them: in a process of their own, with their exit codes and both outputs."""

from __future__ import annotations

import gzip
import os
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from service.cli import main

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "trail"
ROLE = "arn:aws:iam::111122223333:role/orders-api"


def whittle(
    *arguments: str | Path, stdin: bytes = b"", environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "service", *map(str, arguments)]
    all_of_it = {**os.environ, **(environment or {})}
    return subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, timeout=60, check=False, env=all_of_it)


def failure(*arguments: str | Path, code: int = 2, stdin: bytes = b"") -> str:
    """The one sentence of a command that cannot do what it was asked."""
    done = whittle(*arguments, stdin=stdin)
    text = done.stderr.decode()
    assert done.returncode == code, text
    assert text.startswith("whittle: ")
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_propose_prints_a_summary_with_the_policy() -> None:
    done = whittle("propose", ROLE, "--trail", SAMPLE)
    text = done.stdout.decode()
    assert (done.returncode, done.stderr) == (0, b"")
    for part in (
        "self-check: ",
        "dynamodb:PutItem",
        '"Effect": "Allow"',
        "policy orders-api-least-privilege",
        "read 22 files",
    ):
        assert part in text


def test_propose_writes_json_and_files_that_agree(tmp_path: Path) -> None:
    done = whittle("propose", ROLE, "--trail", SAMPLE, "--format", "json", "--output", tmp_path / "new" / "out")
    proposal = orjson.loads(done.stdout)
    written = {path.name: path.read_bytes() for path in (tmp_path / "new" / "out").iterdir()}
    assert written.pop("proposal.json") == done.stdout
    assert {f"{each['name']}.json": each["document"] for each in proposal["policies"]} == {
        name: orjson.loads(content) for name, content in written.items()
    }


def test_a_session_arn_stands_for_its_role() -> None:
    by_session = whittle(
        "propose", "arn:aws:sts::111122223333:assumed-role/invoice-renderer/x", "--trail", SAMPLE, "--format", "json"
    )
    by_role = whittle(
        "propose",
        "arn:aws:iam::111122223333:role/service-role/billing/invoice-renderer",
        "--trail",
        SAMPLE,
        "--format",
        "json",
    )
    assert by_session.stdout == by_role.stdout != b""


def test_principals_lists_them_and_what_was_skipped() -> None:
    text = whittle("principals", "--trail", SAMPLE).stdout.decode()
    assert "arn:aws:iam::111122223333:user/people/dana" in text
    assert "service-linked-role" in text
    assert "digest file 1" in text
    found = orjson.loads(whittle("principals", "--trail", SAMPLE, "--format", "json").stdout)
    assert len(found["principals"]) > 20
    assert found["inputs"]["files"] == 22


def test_resolve_one() -> None:
    assert "s3:ListBucket" in whittle("resolve", "s3.amazonaws.com", "ListObjects").stdout.decode()
    assert orjson.loads(whittle("resolve", "s3.amazonaws.com", "ListObjects", "--format", "json").stdout)[
        "actions"
    ] == ["s3:ListBucket"]


def test_resolve_a_table() -> None:
    lines = b"s3.amazonaws.com\tGetObject\nsts.amazonaws.com\tGetCallerIdentity\nno.amazonaws.com\tSuch\n"
    rows = [line.split("\t") for line in whittle("resolve", stdin=lines).stdout.decode().splitlines()]
    assert rows[0][:3] == ["s3.amazonaws.com", "GetObject", "s3:GetObject"]
    assert rows[1][2] == ""
    assert rows[1][3].startswith("no-permission:")
    assert rows[2][2:] == ["", "unresolved"]


def test_resolve_a_table_with_a_bad_line_answers_the_others() -> None:
    done = whittle("resolve", stdin=b"nonsense\ns3.amazonaws.com\tGetObject\n")
    assert done.returncode == 2
    assert b"line 1" in done.stderr
    assert done.stdout.startswith(b"s3.amazonaws.com\tGetObject\ts3:GetObject\t")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["propose", "role/x", "--trail", SAMPLE], "arn:aws:iam::111122223333:role/NAME"),
        (["propose", "arn:aws:iam::111122223333:root", "--trail", SAMPLE], "root"),
        (["propose", ROLE, "--trail", "no/such/place"], "no/such/place"),
        (["propose", ROLE, "--trail", SAMPLE, "--from", "2026-09-02", "--to", "2026-09-01"], "inverted"),
        (["propose", ROLE, "--trail", SAMPLE, "--from", "yesterday"], "yesterday"),
        (["propose", ROLE, "--trail", SAMPLE, "--days", "0"], "days"),
        (["propose", ROLE, "--trail", SAMPLE, "--days", "-3"], "whole number"),
        (["propose", ROLE, "--trail", SAMPLE, "--days", "9", "--to", "2026-09-01"], "not both"),
        (["propose", ROLE], "--trail"),
        (["propose", ROLE, "--trail", SAMPLE, "--workers", "0"], "workers"),
        (["explode"], "explode"),
        (["propose", ROLE, "--trail", SAMPLE, "--workers", "65"], "1 to 64"),
        (["propose", ROLE, "--trail", ""], "empty"),
        (["propose", ROLE, "--trail", SAMPLE, "--from", ""], "empty"),
        (["propose", ROLE, "--trail", SAMPLE, "--output", ""], "empty"),
        (["propose", ROLE, "--trail", SAMPLE, "--day", "3"], "--day"),
        (["propose", "--trail", SAMPLE], "ARN --trail"),
        (["propose", "--trail", ROLE], "ARN --trail"),
        (["serve", "--trail", "no/such/place"], "no/such/place"),
        (["serve", "--trail", SAMPLE, "--port", "65536"], "65535"),
        (["serve", "--trail", SAMPLE, "--host", "no.such.invalid", "--data-dir", "/dev/null"], "no such host"),
        (["resolve", "s3.amazonaws.com"], "both"),
        (["resolve", "--format", "json"], "table"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: list[str | Path], says: str) -> None:
    assert says in failure(*arguments)


def test_a_principal_that_does_not_occur_names_the_nearest() -> None:
    text = failure("propose", "arn:aws:iam::111122223333:role/order-api", "--trail", SAMPLE, code=4)
    assert text.index("role/orders-api") < text.index(", ")


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    assert "no CloudTrail event" in failure("propose", ROLE, "--trail", tmp_path)


def test_the_arn_may_come_last() -> None:
    first = whittle("propose", ROLE, "--trail", SAMPLE, "--format", "json")
    last = whittle("propose", "--format", "json", "--trail", SAMPLE, ROLE)
    assert last.returncode == 0
    assert last.stdout == first.stdout


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert "already in use" in failure("serve", "--trail", SAMPLE, "--port", port)


def test_what_could_not_be_written_leaves_nothing_half_done(tmp_path: Path) -> None:
    (tmp_path / "proposal.json").mkdir()
    assert "proposal.json" in failure("propose", ROLE, "--trail", SAMPLE, "--output", tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


COMMANDS = [
    ["propose", ROLE, "--trail", SAMPLE],
    ["propose", ROLE, "--trail", SAMPLE, "--format", "json"],
    ["principals", "--trail", SAMPLE],
    ["resolve", "s3.amazonaws.com", "GetObject"],
    ["openapi"],
    ["--version"],
]


@pytest.mark.parametrize("arguments", COMMANDS)
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_one_sentence(arguments: list[str | Path]) -> None:
    command = [sys.executable, "-m", "service", *map(str, arguments)]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 74
    assert done.stderr == b"whittle: the output cannot be written: no space left on device\n"


@pytest.mark.parametrize("arguments", [COMMANDS[0], COMMANDS[-1]])
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams_are_no_error(arguments: list[str | Path], closed: str) -> None:
    command = shlex.join([sys.executable, "-m", "service", *map(str, arguments)])
    done = subprocess.run(["bash", "-c", f"{command} {closed}"], cwd=ROOT, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("arguments", [["principals", "--trail", SAMPLE], ["openapi"]])
def test_a_terminal_that_knows_few_letters_is_no_error(arguments: list[str | Path]) -> None:
    done = whittle(*arguments, environment={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_table_may_come_from_windows() -> None:
    text = "\ufeffs3.amazonaws.com\tGetObject\r\n\r\nsts.amazonaws.com\tGetCallerIdentity\r\n"
    done = whittle("resolve", stdin=text.encode())
    rows = [line.split("\t")[:3] for line in done.stdout.decode().splitlines()]
    assert (done.returncode, done.stderr) == (0, b"")
    assert rows == [
        ["s3.amazonaws.com", "GetObject", "s3:GetObject"],
        ["sts.amazonaws.com", "GetCallerIdentity", ""],
    ]


def test_an_unexpected_error_is_one_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> int:
        raise KeyError("x")

    monkeypatch.setitem(main._COMMANDS, "openapi", broken)  # the only way to have a defect
    assert main.run(["openapi"]) == 70
    assert capsys.readouterr().err.startswith(
        "whittle: a defect of Whittle, please report it: KeyError in test_commands"
    )


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot write" in failure("propose", ROLE, "--trail", SAMPLE, "--output", tmp_path / "file" / "out")


def test_a_bad_file_does_not_cost_the_good_ones(tmp_path: Path) -> None:
    good = min(SAMPLE.rglob("*_CloudTrail_eu-west-1_*.json.gz"))
    (tmp_path / "good.json.gz").write_bytes(good.read_bytes())
    alone = orjson.loads(whittle("propose", ROLE, "--trail", tmp_path, "--format", "json").stdout)
    (tmp_path / "cut.json.gz").write_bytes(gzip.compress(b'{"Records":[{"eventVersion"')[:20])
    (tmp_path / "not.json").write_bytes(b"\xff\xfe\x00hello")
    (tmp_path / "list.json").write_bytes(b'{"Records": 7}')
    (tmp_path / "empty.json").write_bytes(b"")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop").symlink_to(tmp_path)
    with_bad = orjson.loads(whittle("propose", ROLE, "--trail", tmp_path, "--format", "json").stdout)
    assert with_bad["policies"] == alone["policies"]
    assert sum(with_bad["inputs"]["rejected"].values()) + sum(with_bad["inputs"]["skipped"].values()) >= 6


def test_help_names_every_command_and_the_readme_every_flag() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    text = whittle("--help").stdout.decode()
    for command in (
        "propose",
        "backtest",
        "advise",
        "group",
        "sessions",
        "verify",
        "render",
        "evaluate",
        "check",
        "principals",
        "index",
        "resolve",
        "serve",
        "openapi",
    ):
        assert command in text
        assert f"whittle {command}" in readme
        flags = {
            word.strip("[],")
            for word in whittle(command, "--help").stdout.decode().split()
            if word.startswith(("--", "[--"))
        }
        assert {flag for flag in flags if flag != "--help" and flag not in readme} == set()


def test_help_loads_nothing_heavy() -> None:
    command = [sys.executable, "-X", "importtime", "-m", "service", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
    heavy = ("boto3", "fastapi", "pydantic", "rich", "uvicorn", "asyncio", "orjson", "msgspec", "catalog")
    loaded = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.decode().splitlines()}
    assert loaded & set(heavy) == set()


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m service propose {ROLE} --trail {SAMPLE} | head -1"
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, timeout=60, check=True)
    assert done.stderr == b""
