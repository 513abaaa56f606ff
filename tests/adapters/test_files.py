"""Trails on disk: what is read, in which order, and everything that must not hang, be read twice or be lost."""

from __future__ import annotations

import gzip
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from zlib import crc32

import pytest

from service.adapters import files as files_module
from service.adapters.files import FileTrail
from service.adapters.workers import Stop, map_in_order
from service.core.errors import InputError, WhittleError
from service.core.events import Batch, Rejected, Skipped
from service.usecases.ports import FileRead, ListedFile, Trail
from tests.core.test_framing import record


class Names:
    """The names of the events, a list for each file."""

    scan = None

    def __init__(self) -> None:
        self._labels: list[str] = []
        self._names: list[list[str]] = []

    def begin(self, file: ListedFile) -> None:
        self._labels.append(file.label)
        self._names.append([])

    def add(self, batch: Batch) -> None:
        assert batch
        self._names[-1] += [event.name for event in batch]

    def end(self, read: FileRead) -> None:
        assert (read.label, read.events) == (self._labels[-1], len(self._names[-1]))

    def result(self) -> list[list[str]]:
        return self._names


class Dying(Names):
    def begin(self, file: ListedFile) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class Failing(Names):
    def end(self, read: FileRead) -> None:
        raise InputError("this fold fails")


class Waiting(Names):
    def begin(self, file: ListedFile) -> None:
        time.sleep(0.05)
        super().begin(file)

    def add(self, batch: Batch) -> None:
        time.sleep(0.01 * len(batch))
        super().add(batch)


def every(trail: Trail) -> list[tuple[FileRead, list[str]]]:
    """What became of each file, and the names of its events."""
    return [each for reads, found in trail.fold(Names) for each in zip(reads, found, strict=True)]


def log(folder: Path, name: str, *events: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(('{"Records":[' + ",".join(map(record, events)) + "]}").encode()))
    return path


def read(*paths: Path, workers: int = 1) -> list[tuple[str, list[str]]]:
    return [(file.label, events) for file, events in every(FileTrail(paths, workers))]


def test_a_folder_is_read_in_order_of_names(tmp_path: Path) -> None:
    for name in ("b/2.json.gz", "a/z.json", "b/10.json.gz", ".hidden", "b.txt"):
        log(tmp_path, name, name)
    expected = [".hidden", "a/z.json", "b.txt", "b/10.json.gz", "b/2.json.gz"]
    assert [label for label, _ in read(tmp_path)] == expected
    assert [file.label for file in FileTrail([tmp_path]).files().files] == expected


def test_one_file_is_named_by_its_name(tmp_path: Path) -> None:
    assert read(log(tmp_path, "x.gz", "A")) == [("x.gz", ["A"])]


def test_several_paths_are_named_as_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    log(tmp_path, "one/x.gz", "A")
    log(tmp_path, "two/x.gz", "B")
    assert read(Path("two"), Path("one/x.gz")) == [("one/x.gz", ["A"]), ("two/x.gz", ["B"])]


def test_the_order_of_paths_does_not_matter(tmp_path: Path) -> None:
    one, two = log(tmp_path, "1.gz", "A"), log(tmp_path, "2.gz", "B")
    assert read(one, two, one) == read(two, one)


def test_a_file_is_read_once_however_often_it_is_reached(tmp_path: Path) -> None:
    file = log(tmp_path, "logs/a.gz", "A")
    (tmp_path / "logs" / "b.gz").symlink_to(file)
    (tmp_path / "logs" / "again").symlink_to(tmp_path / "logs")
    (tmp_path / "logs" / "c.gz").hardlink_to(file)
    trail = FileTrail([tmp_path, file, tmp_path / "logs"])
    assert [events for _, events in every(trail)] == [["A"]]
    assert {each.kind for each in trail.files().skipped} == {"already read under another name"}


def test_loops_of_links_end(tmp_path: Path) -> None:
    log(tmp_path, "a.gz", "A")
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "x").symlink_to(tmp_path / "y")
    (tmp_path / "y").symlink_to(tmp_path / "x")
    listing = FileTrail([tmp_path]).files()
    assert [file.label for file in listing.files] == ["a.gz"]
    assert [each.file for each in listing.rejected] == ["x", "y"]
    assert listing.skipped == (Skipped("folder", "already read under another name"),)


def test_a_dangling_link_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "nowhere")
    assert FileTrail([tmp_path]).files().rejected == (Rejected("a", 0, "cannot be read", "no such file or directory"),)


def test_a_path_that_does_not_exist_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`.*nowhere` does not exist: name a file or folder"):
        FileTrail([tmp_path / "nowhere"]).files()


@pytest.mark.parametrize("named", [True, False])
def test_fifos_and_devices_are_never_opened(tmp_path: Path, named: bool) -> None:
    os.mkfifo(tmp_path / "fifo.json.gz")
    log(tmp_path, "a.gz", "A")
    (tmp_path / "null").symlink_to("/dev/null")
    paths = sorted(tmp_path.iterdir()) if named else [tmp_path]
    trail = FileTrail(paths)
    assert [events for _, events in every(trail)] == [["A"]]
    assert [each.kind for each in trail.files().skipped] == ["not a regular file"] * 2


def test_a_fifo_that_takes_a_files_place_does_not_hang(tmp_path: Path) -> None:
    path = log(tmp_path, "a.gz", "A")
    trail = FileTrail([tmp_path])
    trail.files()
    path.unlink()
    os.mkfifo(path)
    [(file, _)] = every(trail)
    assert file.rejected == {"cannot be read": 1}


def test_a_file_that_vanishes_is_counted(tmp_path: Path) -> None:
    path = log(tmp_path, "a.gz", "A")
    log(tmp_path, "b.gz", "B")
    trail = FileTrail([tmp_path])
    trail.files()
    path.unlink()
    (gone, _), (there, events) = every(trail)
    assert gone.examples == (Rejected("a.gz", 0, "cannot be read", "no such file or directory"),)
    assert (there.events, events) == (1, ["B"])


def test_a_damaged_file_is_the_same_to_the_end(tmp_path: Path) -> None:
    """What cannot be unpacked fast is read again, from the file that was opened and not from its successor."""
    path = log(tmp_path, "a.gz", *(str(number) for number in range(20_000)))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    replaced: list[Path] = []

    class Replacing(Names):
        def add(self, batch: Batch) -> None:
            if not replaced:
                replaced.append(log(tmp_path, "b", "other").replace(path))
            super().add(batch)

    [(reads, found)] = FileTrail([path]).fold(Replacing)
    assert replaced
    assert reads[0].rejected == {"gzip data are damaged": 1}
    assert found == [[str(number) for number in range(20_000)]]


def test_a_folder_may_look_like_a_file(tmp_path: Path) -> None:
    log(tmp_path, "x.json.gz/a.gz", "A")
    assert read(tmp_path) == [("x.json.gz/a.gz", ["A"])]


def test_an_empty_folder_holds_no_files(tmp_path: Path) -> None:
    assert FileTrail([tmp_path]).files().files == ()
    assert read(tmp_path) == []


def test_names_are_made_fit_to_print(tmp_path: Path) -> None:
    log(tmp_path, "a\n\x1b[31m\u202e.gz", "A")
    (tmp_path / os.fsdecode(b"\xff.gz")).write_bytes(b"")
    assert [label for label, _ in read(tmp_path)] == ["\\udcff.gz", "a\\n\\x1b[31m\\u202e.gz"]


def test_everything_in_a_file_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    bad, drifted = '{"eventName":"x"}', record("B", awsRegion=1)
    insight = '{"eventType":"AwsCloudTrailInsight"}'
    path.write_text(f'{{"Records":[{record("A")},{bad},{drifted},{insight},{bad}', "utf-8")
    [(file, events)] = every(FileTrail([path]))
    assert events == ["A", "B"]
    assert file == FileRead(
        label="a.json",
        bytes=path.stat().st_size,
        records=5,
        events=2,
        rejected={"file ends within a record": 1, "no eventSource": 2},
        examples=(
            Rejected("a.json", 2, "no eventSource"),
            Rejected("a.json", 5, "no eventSource"),
            Rejected("a.json", 0, "file ends within a record"),
        ),
        skipped={"Insights record": 1},
        ignored={"awsRegion": 1},
        tag=f"crc32:{crc32(path.read_bytes()):08x}",
    )
    assert file.records == file.events + 2 + sum(file.skipped.values())


def test_examples_are_few(tmp_path: Path) -> None:
    (tmp_path / "a").write_text('{"eventName":"x"}\n' * 100, "utf-8")
    [(file, _)] = every(FileTrail([tmp_path]))
    assert file.rejected == {"no eventSource": 100}
    assert [each.record for each in file.examples] == [1, 2, 3, 4, 5]


def test_progress_is_told_of_every_file(tmp_path: Path) -> None:
    for name in "abc":
        log(tmp_path, name, name)
    told: list[str] = []
    list(FileTrail([tmp_path]).fold(Names, lambda file: told.append(file.label)))
    assert told == ["a", "b", "c"]


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose files make many tasks."""
    monkeypatch.setattr(files_module, "_SMALLEST_TASK", 1)
    for number in range(21):
        log(tmp_path, f"{number:03}.gz", *(f"{number}.{each}" for each in range(number % 5)))
    return tmp_path


@pytest.mark.parametrize("workers", [2, 4])
def test_workers_do_not_show(many: Path, workers: int) -> None:
    parts = [len(reads) for reads, _ in FileTrail([many], workers).fold(Names)]
    assert sum(parts) == 21
    assert len(parts) == workers
    assert read(many, workers=workers) == read(many)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_file_is_told_of_once_whoever_read_it(many: Path, workers: int) -> None:
    told: list[tuple[int, int, int]] = []
    folded = FileTrail([many], workers).fold(Names, lambda read: told.append((read.bytes, read.records, read.events)))
    reads = [read for reads, _ in folded for read in reads]
    assert sorted(told) == sorted((read.bytes, read.records, read.events) for read in reads)


def test_workers_tell_while_they_read(many: Path) -> None:
    told: list[int] = []
    folded = FileTrail([many], 2).fold(Names, lambda read: told.append(read.events))
    next(folded)
    assert len(told) >= 21 // 2


def test_a_worker_that_dies_is_an_error(many: Path) -> None:
    with pytest.raises(WhittleError, match="a reading process died"):
        list(FileTrail([many], 2).fold(Dying))


def test_an_error_in_a_worker_comes_out(many: Path) -> None:
    with pytest.raises(InputError, match="this fold fails"):
        list(FileTrail([many], 2).fold(Failing))


def loiter(item: int, stop: Stop) -> int:
    """Work that takes long, but for the first item."""
    for _ in range(1000 if item else 0):
        stop.check()
        time.sleep(0.01)
    return item


def test_leaving_early_stops_the_workers() -> None:
    began = time.perf_counter()
    results = map_in_order(loiter, range(10), 2)
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]  # a generator, which its user need not know
    assert multiprocessing.active_children() == []
    assert time.perf_counter() - began < 8


# Where the tests run in a shell's background, their children would ignore the signal.
INTERRUPTED = """
import signal
import sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)
from service.adapters import files
from service.adapters.workers import Stop, map_in_order
from tests.adapters.test_files import Waiting
files._SMALLEST_TASK = 1
print("begun", flush=True)
try:
    list(files.FileTrail([Path(sys.argv[1])], 2).fold(Waiting))
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_ends_the_workers(many: Path) -> None:
    """As a terminal sends it, to every process of the group."""
    command = [sys.executable, "-c", INTERRUPTED, str(many)]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        time.sleep(0.2)
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=10)
    assert (out, errors) == ("interrupted\n", "")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


ALONE = """
import sys, time
from service.adapters.workers import map_in_order
from tests.adapters.test_files import loiter
results = map_in_order(loiter, range(10), 2)
next(results)
print("begun", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_their_parent(ending: signal.Signals) -> None:
    """Also when it has no time to tell them. Their end closes the pipe that they share with it."""
    command = [sys.executable, "-c", ALONE]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(ending)
        try:
            process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise


def test_ten_thousand_files_are_no_burden(tmp_path: Path) -> None:
    content = gzip.compress(record("A").encode())
    for number in range(10_000):
        (tmp_path / f"{number}.gz").write_bytes(content)
    began = time.perf_counter()
    assert sum(file.events for file, _ in every(FileTrail([tmp_path]))) == 10_000
    assert time.perf_counter() - began < 20
