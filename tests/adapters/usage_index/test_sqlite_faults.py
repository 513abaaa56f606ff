"""What can become of a file: full disks, rights that are missing, and damage that is found and never answered from."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from service.adapters.usage_index import sqlite
from service.adapters.usage_index.index import SqlUsageIndex
from service.core.errors import DamagedIndex, IndexUnusable
from service.usecases.index_port import IndexBusy
from service.wiring import usage_index
from tests.adapters.usage_index.additions import numbered, seen
from tests.adapters.usage_index.processes import forked


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of an index that holds something, closed, its log taken in."""
    path = tmp_path / "index.sqlite"
    index = usage_index(str(path))
    for number in range(30):
        index.add(numbered(number, 3000))
    index.close()
    with closing(sqlite3.connect(path)) as alone:
        alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    index = SqlUsageIndex(str(tmp_path / "index.sqlite"))
    index.add(numbered(1))
    before = seen(index)
    index.close()
    backend = index._connections.backend
    connect = backend.connect

    def full() -> sqlite3.Connection:
        connection: sqlite3.Connection = connect()
        connection.execute("PRAGMA max_page_count = 70")
        return connection

    with (
        patch.object(backend, "connect", full),
        pytest.raises(IndexUnusable, match=r"the disk of the index `.*` is full: make room"),
    ):
        index.add(numbered(2, 200_000))
    assert seen(index) == before
    index.close()
    again = usage_index(str(tmp_path / "index.sqlite"))
    again.add(numbered(2, 200_000))
    assert list(again.check()) == []
    again.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="index-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _without_rights(work: Callable[[], None]) -> int | None:
    """In a fork, as somebody who is not root."""

    def as_nobody() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        work()

    with forked(as_nobody) as process:
        process.join()
        return process.exitcode


def test_a_folder_that_may_not_be_written_to(open_folder: Path) -> None:
    open_folder.chmod(0o555)

    def use() -> None:
        for place in (open_folder, open_folder / "deeper"):
            with pytest.raises(IndexUnusable, match=r"the index `.*` cannot be .* \(permission denied\): give one"):
                usage_index(str(place))

    assert _without_rights(use) == 0


def test_a_file_that_may_not_be_written_to(open_folder: Path) -> None:
    """Not even reading goes without writing: SQLite keeps the readers of a log in a file beside it."""
    index = usage_index(str(open_folder))
    index.add(numbered(1))
    index.close()
    for each in open_folder.iterdir():
        each.chmod(0o444)

    def use() -> None:
        with pytest.raises(IndexUnusable, match=r"cannot be written to \(.*\): give one that you may write to"):
            usage_index(str(open_folder))

    assert _without_rights(use) == 0


def test_a_file_that_only_its_owner_may_write_to(open_folder: Path) -> None:
    usage_index(str(open_folder)).close()
    open_folder.chmod(0o777)
    for each in open_folder.iterdir():
        each.chmod(0o444)

    def use() -> None:
        index = usage_index(str(open_folder))
        with pytest.raises(IndexUnusable, match="cannot be written to"):
            index.add(numbered(2))
        with pytest.raises(IndexUnusable, match=r"cannot be locked \(permission denied\)"), index.adding():
            pass

    assert _without_rights(use) == 0


def test_a_file_that_may_not_be_read(open_folder: Path) -> None:
    usage_index(str(open_folder)).close()

    def use() -> None:
        with pytest.raises(IndexUnusable, match="cannot be"):
            usage_index(str(open_folder), create=False)

    assert _without_rights(use) == 0


def test_another_file_is_no_index(tmp_path: Path) -> None:
    path = tmp_path / "trail.json"
    path.write_text('{"Records": []}' * 100)
    for create in (True, False):
        with pytest.raises(DamagedIndex, match=r"is damaged \(file is not a database\): delete it and"):
            usage_index(str(path), create=create)
    assert path.read_text().startswith('{"Records"')


def test_another_database_is_no_index(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE mine (x)")
    with pytest.raises(IndexUnusable, match="is a database, but not a usage index: give another path"):
        usage_index(str(path))


def test_a_file_that_was_cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2 // 4096 * 4096)
    with pytest.raises(DamagedIndex, match=r"is damaged \(.*\): give `whittle index add PATH\.\.\. --rebuild`"):
        _use(path)
    assert _findings(path) != []


def test_damage_is_found_and_never_answered_from(path: Path) -> None:
    """Of which files there are, more is known when they are added: a check finds it."""
    whole, (files, *tables) = path.read_bytes(), _use(path)
    answered = found = 0
    for seed in range(60):
        path.write_bytes(_damaged(whole, random.Random(seed)))
        findings = _findings(path)
        try:
            told_files, *told = _use(path)
        except DamagedIndex:
            assert findings, f"seed {seed}"
            found += 1
        else:
            assert told == tables, f"seed {seed}"
            assert findings or told_files == files, f"seed {seed}"
            answered += 1
    assert found > 15
    assert found + answered == 60


def _damaged(whole: bytes, chance: random.Random) -> bytes:
    """Some bytes are others, or one bit of one is."""
    size = chance.choice([1, 1, 8, 600])
    at = chance.randrange(4096, len(whole) - size)
    others = chance.randbytes(size) if size > 1 else bytes([whole[at] ^ 1 << chance.randrange(8)])
    return whole[:at] + others + whole[at + size :]


def test_damage_to_the_names_of_tables_is_damage(path: Path) -> None:
    whole = path.read_bytes()
    at = whole.index(b"CREATE TABLE usage_segment") + len("CREATE TABLE usage_")
    path.write_bytes(whole[:at] + b"\xee" + whole[at + 1 :])
    with pytest.raises(DamagedIndex):
        _use(path)
    assert _findings(path)


def _use(path: Path) -> tuple[object, ...]:
    """Every question. Keys have a checksum of their own (`service.core.activity.packing`)."""
    index = usage_index(str(path), create=False)
    try:
        told = seen(index)
        segments = [replace(each, keys=b"") for each in told.segments]
        return (
            told.files,
            segments,
            told.principals,
            told.spans,
            told.profiles,
            told.delivered,
            told.kept,
            index.totals(),
            index.unsettled(),
            index.pruned_before(),
        )
    finally:
        index.close()


def _findings(path: Path) -> list[str]:
    try:
        index = usage_index(str(path), create=False)
    except DamagedIndex as error:
        return [str(error)]
    try:
        return list(index.check())
    finally:
        index.close()


def test_a_row_that_does_not_fit_is_found(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as alone:
        for statement in (
            "UPDATE usage_principal SET name = CAST('other' AS BLOB) WHERE id = 1",
            "UPDATE usage_principal SET asked = x'00' WHERE id = 2",
            "UPDATE usage_principal SET type = CAST('king' AS BLOB) WHERE id = 3",
            "UPDATE usage_segment SET principal_id = 99 WHERE id = 5",
            "UPDATE usage_segment SET first_day = last_day + 1 WHERE id = 6",
            "UPDATE usage_file SET report = CAST('{' AS BLOB) WHERE name = CAST('1-0.json.gz' AS BLOB)",
            "UPDATE usage_span SET last = first - 1 WHERE day = 739001",
            "UPDATE usage_kept SET members = CAST('[1]' AS BLOB)",
        ):
            alone.execute(statement)
    told = "\n".join(_findings(path))
    for wanted in (
        "of `usage_principal` is not where it would be looked for",
        "principal 2 is not where it would be looked for",
        "principal 3 cannot be read",
        "segment 5 is of a principal that is not there",
        "segment 6 ends before it begins",
        "what is noted of the file `/trail/1-0.json.gz` is not what was stored",
        "the report of a file cannot be read",
        "day 739001 ends before it begins",
        "the members of an operation cannot be read",
    ):
        assert wanted in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("usage_segment SET rows = 7", "there is a `int` in the place of a value"),
        ("usage_segment SET rows = NULL", "there is a `NoneType` in the place of a value"),
        ("usage_segment SET events = x'00'", "there is a `bytes` in the place of a value"),
        ("usage_segment SET records = records + 1", "segment 1 of `.*` is not what was stored"),
        ("usage_span SET first = NULL", "there is a `NoneType` in the place of a value"),
        ("usage_profile SET role = x'61'", "what an instance profile holds is not what was stored"),
        ("usage_delivered SET region = x'61'", "of which account and Region there are files is not what was stored"),
        ("usage_kept SET name = x'61'", "the name of an operation is not what was stored"),
        ("usage_principal SET name = x'ff'", "a text cannot be read"),
    ],
)
def test_damage_is_told_with_the_index_and_what_to_do(path: Path, change: str, told: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as alone:
        _let_anything_be_null(alone)
    with closing(sqlite3.connect(path, isolation_level=None)) as alone:
        alone.execute(f"UPDATE {change}")
    where = re.escape(f"the index `{path}` is damaged")
    with pytest.raises(DamagedIndex, match=rf"{where} \({told}.*\): give `whittle index add PATH\.\.\. --rebuild`"):
        _use(path)
    assert _findings(path) != []


def _let_anything_be_null(alone: sqlite3.Connection) -> None:
    """As a damaged page does."""
    alone.execute("PRAGMA writable_schema = ON")
    alone.execute("UPDATE sqlite_schema SET sql = replace(sql, ' NOT NULL', '')")


def test_one_that_writes_too_long_is_not_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "WAIT_SECONDS", 0.05)
    index = usage_index(str(path))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(IndexBusy, match=r"has been written to by another process for 0.05 s: try again"):
            index.add(numbered(31))
    index.add(numbered(31))
    index.close()
