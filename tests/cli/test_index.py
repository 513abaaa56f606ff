"""`whittle index`, and the commands that answer from an index, as a user gives them."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from service.adapters.usage_index.opening import FILE_NAME
from service.cli.index_text import added_text
from service.usecases.indexing import Added
from service.wiring import usage_index
from tests.api.site import READER, deliver, record
from tests.cli.index_commands import ROOT, SAMPLE, begun, many_files, whittle

ROLE = "arn:aws:iam::111122223333:role/orders-api"


def done(*arguments: str | Path, code: int = 0) -> str:
    """Standard output of a command."""
    ran = whittle(*arguments)
    assert (ran.returncode, ran.stderr) == (code, b""), ran.stderr
    return ran.stdout.decode()


def failure(*arguments: str | Path, code: int = 2) -> str:
    """The one sentence of a command that cannot do what it was asked."""
    ran = whittle(*arguments)
    text = ran.stderr.decode()
    assert (ran.returncode, text.count("\n")) == (code, 1), text
    assert text.startswith("whittle: ")
    return text


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the sample trail."""
    place = tmp_path_factory.mktemp("sample") / "index"
    text = done("index", "add", SAMPLE, "--index", place, "--workers", "2")
    assert "added 22 files, 9,391 records, 9,387 events\nfiles: 22 new\n" in text
    assert "skipped: Insights record 2, aggregated summary 1, digest file 1" in text
    return place


def test_answers_are_those_of_the_trail(sample: Path) -> None:
    for command in (
        ["propose", ROLE, "--format", "json"],
        ["propose", ROLE, "--days", "20"],
        ["principals", "--format", "json"],
        ["principals"],
    ):
        assert done(*command, "--index", sample) == done(*command, "--trail", SAMPLE)


def test_what_is_known_is_counted(sample: Path) -> None:
    again = orjson.loads(done("index", "add", SAMPLE, "--index", sample, "--format", "json"))
    assert again["files"] == {"new": 0, "known": 22, "grown": 0, "replaced": 0, "left": 0}


def test_status(sample: Path) -> None:
    status = orjson.loads(done("index", "status", "--index", sample, "--format", "json"))
    assert (status["inputs"]["files"], status["events"], status["principals"]) == (22, 9326, 35)
    assert (status["first_day"], status["last_day"], status["pruned_before"]) == ("2026-08-01", "2026-09-29", None)
    text = done("index", "status", "--index", sample)
    assert "9,326 distinct events, of 35 principals\nfrom 2026-08-01 to 2026-09-29\n" in text


def test_an_index_that_is_sound(sample: Path) -> None:
    assert done("index", "check", "--index", sample) == "the index is sound\n"
    assert orjson.loads(done("index", "check", "--index", sample, "--format", "json")) == {
        "sound": True,
        "findings": [],
    }


def test_pruning(tmp_path: Path) -> None:
    done("index", "add", SAMPLE, "--index", tmp_path)
    text = done("index", "prune", "--keep-days", "30", "--index", tmp_path)
    assert re.fullmatch(r"forgot [\d,]+ events and \d+ principals; kept from 2026-08-31 on: .*\n", text)
    told = orjson.loads(done("index", "prune", "--before", "2026-09-10", "--index", tmp_path, "--format", "json"))
    assert told["pruned_before"] == "2026-09-10"
    assert told["forgotten"]["events"] > 0
    assert "days before 2026-09-10 were pruned" in done("index", "status", "--index", tmp_path)
    assert "2026-09-10" in done("propose", ROLE, "--index", tmp_path, "--format", "json")
    again = orjson.loads(done("index", "add", SAMPLE, "--index", tmp_path, "--format", "json"))
    assert (again["files"]["known"], again["pruned_before"]) == (22, "2026-09-10")


def test_what_is_not_taken_in_because_it_was_pruned_is_said() -> None:
    sentence = "events of days before 2026-09-10 are not taken in: these days were pruned\n"
    assert sentence in added_text(Added(files=1, pruned_before="2026-09-10"))
    assert sentence not in added_text(Added(files=1))


def test_days_to_keep_are_not_counted_from_the_future(tmp_path: Path) -> None:
    odd = {**record(1, READER, "s3.amazonaws.com", "ListBuckets"), "eventTime": "2999-01-01T00:00:00Z"}
    trail = deliver(tmp_path / "trail", "odd.json.gz", [record(2, READER, "s3.amazonaws.com", "ListBuckets"), odd])
    done("index", "add", trail, "--index", tmp_path / "index")
    text = failure("index", "prune", "--keep-days", "30", "--index", tmp_path / "index")
    assert "the newest event is of 2999-01-01, which is yet to come: give `--before DAY` instead" in text


def test_the_default_place_is_that_of_the_server(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for command in (
        ["index", "add", SAMPLE],
        ["index", "status"],
        ["principals", "--index"],
        ["propose", "--index", ROLE],
    ):
        command_line = [sys.executable, "-m", "service", *map(str, command)]
        ran = subprocess.run(command_line, cwd=tmp_path, capture_output=True, timeout=60, check=False, env=environment)
        assert (ran.returncode, ran.stderr) == (0, b"")
    assert (tmp_path / "whittle-data" / FILE_NAME).is_file()


def test_an_index_within_the_trail_is_no_log(tmp_path: Path) -> None:
    trail = deliver(tmp_path, "one.json.gz")
    for _ in range(2):
        done("index", "add", trail, "--index", trail / "index")
    assert orjson.loads(done("index", "status", "--index", trail / "index", "--format", "json"))["inputs"]["files"] == 1


def test_overrides_make_another_index(tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.tsv"
    overrides.write_text(
        "event_source\tevent_name\tactions\treason\ns3.amazonaws.com\tGetObject\ts3:GetObject,s3:GetObjectTagging\tours\n"
    )
    given = ["--overrides", str(overrides)]
    trail = deliver(tmp_path / "trail")
    done("index", "add", trail, "--index", tmp_path / "index", *given)
    one = done("propose", READER, "--index", tmp_path / "index", "--format", "json", *given)
    assert one == done("propose", READER, "--trail", trail, "--format", "json", *given)
    assert "s3:GetObjectTagging" in one


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["propose", ROLE, "--trail", SAMPLE, "--index"], "--trail"),
        (["propose", ROLE], "one of the arguments --trail --index is required"),
        (["principals"], "one of the arguments --trail --index is required"),
        (["serve"], "one of the arguments --trail --index is required"),
        (["propose", ROLE, "--index", "no/such/place"], "there is no usage index at"),
        (["serve", "--index", "no/such/place"], "there is no usage index at"),
        (["index", "status", "--index", "no/such/place"], "there is no usage index at"),
        (["index", "check", "--index", "no/such/place"], "there is no usage index at"),
        (["index", "prune", "--index", "no/such/place", "--keep-days", "9"], "there is no usage index at"),
        (["index", "add", "no/such/trail", "--index", "no/such/place"], "does not exist"),
        (["index", "add"], "PATH"),
        (["index"], "COMMAND"),
        (["index", "prune"], "one of the arguments --before --keep-days is required"),
        (["index", "prune", "--before", "yesterday"], "write it like 2026-08-01"),
        (["index", "prune", "--before", "20260801"], "write it like 2026-08-01"),
        (["index", "add", SAMPLE, "--interval", "0"], "seconds"),
        (["index", "add", SAMPLE, "--interval", "nan"], "seconds"),
        (["index", "add", SAMPLE, "--index", ""], "empty"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(arguments: list[str | Path], says: str) -> None:
    assert says in failure(*arguments)
    assert not (ROOT / "no").exists()


def test_zero_days_are_not_kept(sample: Path) -> None:
    assert "give at least 1" in failure("index", "prune", "--keep-days", "0", "--index", sample)


def test_a_password_is_not_told() -> None:
    place = "postgresql://whittle:s3cret@127.0.0.1:1/whittle"
    for command in (
        ["index", "status"],
        ["propose", ROLE],
        ["index", "add", SAMPLE],
        ["index", "add", SAMPLE, "--rebuild"],
    ):
        text = failure(*command, "--index", place)
        assert "does not answer" in text
        assert "s3cret" not in text


@pytest.mark.parametrize(
    "command", [["index", "add", SAMPLE, "--workers", "2", "--index"], ["principals", "--trail", SAMPLE, "--workers"]]
)
def test_a_terminal_is_shown_how_far_it_is(tmp_path: Path, command: list[str | Path]) -> None:
    """In one line that is gone in the end; whoever is no terminal is not shown it."""
    ours, theirs = pty.openpty()
    last = str(tmp_path) if command[0] == "index" else "2"
    ran = subprocess.run(
        [sys.executable, "-m", "service", *map(str, command), last],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "150"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    assert ran.returncode == 0, shown
    assert b"9,391 records" in ran.stdout
    assert re.search(rb"reading .* 0 of 22 files, 0 events 0 a second, left:", shown)


# ---- damage


def test_damage_is_told_and_mended(tmp_path: Path) -> None:
    place = tmp_path / FILE_NAME
    done("index", "add", SAMPLE, "--index", place)
    expected = done("propose", ROLE, "--index", place, "--format", "json")
    content = bytearray(place.read_bytes())
    middle = range(len(content) // 4, len(content) * 3 // 4)
    content[middle.start : middle.stop] = bytes(7 for _ in middle)
    place.write_bytes(content)
    ran = whittle("index", "check", "--index", place)
    assert ran.returncode == 1
    assert ran.stdout
    assert b"--rebuild" in ran.stderr
    assert "the index" in failure("principals", "--index", place)
    assert "22 new" in done("index", "add", SAMPLE, "--index", place, "--rebuild")
    assert done("index", "check", "--index", place) == "the index is sound\n"
    assert done("propose", ROLE, "--index", place, "--format", "json") == expected
    assert sorted(each.name for each in tmp_path.iterdir()) == [FILE_NAME, f"{FILE_NAME}.lock"]


@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_index_any_more_is_rebuilt(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / FILE_NAME
    place.write_bytes(content)
    assert "index" in failure("index", "add", SAMPLE, "--index", place)
    done("index", "add", SAMPLE, "--index", place, "--rebuild")
    assert done("index", "check", "--index", place) == "the index is sound\n"


def test_a_full_disk_is_one_sentence_and_costs_nothing(tmp_path: Path) -> None:
    trail, place = SAMPLE, tmp_path / "index"

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    with closing(usage_index(str(place))):
        pass
    ran = whittle("index", "add", trail, "--index", place, preexec_fn=small_files)
    assert ran.returncode == 2, ran
    assert b"disk" in ran.stderr
    assert ran.stderr.count(b"\n") == 1
    assert done("index", "check", "--index", place) == "the index is sound\n"
    done("index", "add", trail, "--index", place)
    assert done("principals", "--index", place) == done("principals", "--trail", trail)


# ---- two at once, and Ctrl-C


def test_of_two_runs_the_second_says_who_adds(tmp_path: Path) -> None:
    with closing(usage_index(str(tmp_path / "index"))) as index, index.adding():
        for more in ([], ["--rebuild"]):
            text = failure("index", "add", SAMPLE, "--index", tmp_path / "index", *more)
            assert f"process {os.getpid()} is adding to the index" in text


SLOW = """
import sys, time
from service.adapters import files
from service.cli.main import run
files._SMALLEST_TASK = 1
read_file = files.read_file
def slowly(*given):
    time.sleep(float(sys.argv[1]))
    return read_file(*given)
files.read_file = slowly
raise SystemExit(run(sys.argv[2:]))
"""


def _slow(seconds: float, *arguments: str | Path) -> subprocess.Popen[bytes]:
    return begun(seconds, *arguments, script=SLOW)


def _until(ready: Callable[[], bool]) -> None:
    patience = time.monotonic() + 30
    while not ready():
        assert time.monotonic() < patience, "it never came"
        time.sleep(0.02)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_finishes_the_file_at_hand(tmp_path: Path, workers: str) -> None:
    """As a terminal sends it, to every process of the group."""
    trail, place = many_files(tmp_path / "trail", 120, 3), tmp_path / "index"
    running = _slow(0.05, "index", "add", trail, "--index", place, "--workers", workers)
    _until((place / FILE_NAME).exists)
    time.sleep(1)
    os.killpg(running.pid, signal.SIGINT)
    out, errors = running.communicate(timeout=30)
    assert running.returncode == 130, errors
    assert b"finishing the file at hand; Ctrl-C again stops at once" in errors
    left = re.search(rb"interrupted: (\d+) files are left; give the same command again", errors)
    assert left is not None
    assert 0 < int(left[1]) < 120
    assert f"added {120 - int(left[1])} files" in out.decode()
    assert done("index", "check", "--index", place) == "the index is sound\n"
    assert f"{left[1].decode()} new, {120 - int(left[1])} known" in done("index", "add", trail, "--index", place)
    assert done("principals", "--index", place) == done("principals", "--trail", trail)
    with pytest.raises(ProcessLookupError):
        os.killpg(running.pid, 0)


def test_a_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    trail, place = many_files(tmp_path / "trail", 3, 3), tmp_path / "index"
    running = _slow(60, "index", "add", trail, "--index", place)
    _until((place / FILE_NAME).exists)
    time.sleep(1)
    os.killpg(running.pid, signal.SIGINT)
    time.sleep(0.3)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=10)
    assert (running.returncode, b"what was stored is whole" in errors) == (130, True)
    done("index", "add", trail, "--index", place)
    assert done("principals", "--index", place) == done("principals", "--trail", trail)


def test_a_rebuild_that_is_interrupted_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "index"
    done("index", "add", SAMPLE, "--index", place)
    before = done("principals", "--index", place)
    trail = many_files(tmp_path / "trail", 120, 3)
    running = _slow(0.05, "index", "add", trail, "--index", place, "--rebuild")
    _until((place / f"{FILE_NAME}.new").exists)
    time.sleep(0.5)
    os.killpg(running.pid, signal.SIGINT)
    _, errors = running.communicate(timeout=30)
    assert (running.returncode, b"the old index is as it was" in errors) == (130, True)
    assert done("principals", "--index", place) == before
    assert sorted(each.name for each in place.iterdir()) == [FILE_NAME, f"{FILE_NAME}.lock"]


def test_following(tmp_path: Path) -> None:
    trail, place = many_files(tmp_path / "trail", 3, 3), tmp_path / "index"
    running = begun("index", "add", trail, "--index", place, "--follow", "--interval", "0.1")

    def files() -> int:
        try:
            with closing(usage_index(str(place), create=False)) as index:
                return index.totals().files.files
        except Exception:  # noqa: BLE001  # it is being made
            return 0

    _until(lambda: files() == 3)
    deliver(trail, "more.json.gz")
    _until(lambda: files() == 4)
    os.killpg(running.pid, signal.SIGINT)
    out, _ = running.communicate(timeout=10)
    assert running.returncode == 0
    assert re.findall(rb"added (\d) files", out) == [b"3", b"1"]
    assert done("principals", "--index", place) == done("principals", "--trail", trail)
