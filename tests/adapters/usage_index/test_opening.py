"""Opening an index: where it is made and for whom, which versions are taken, and what that costs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, inspect

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.connections import Connections
from service.adapters.usage_index.migrating import MIGRATIONS, migrate
from service.adapters.usage_index.opening import FILE_NAME, backend_of, make
from service.adapters.usage_index.schema import TABLES, VERSION, VERSION_TABLE
from service.core.activity.spans import Day, Spans
from service.core.errors import DamagedIndex, IndexUnusable, InputError
from service.core.trail.delivered import UNSAID, Delivered
from service.usecases.index_port import Addition, IndexedFile, LeftOut
from service.usecases.ports import FileRead
from service.wiring import usage_index
from tests.adapters.usage_index.additions import DAY, numbered, seen

_SET_VERSION = "UPDATE usage_index_version SET version_num = '{}'"


def _change(place: str, *statements: str) -> None:
    connections = Connections(backend_of(place))
    with connections.writing() as session:
        for statement in statements:
            session.run(statement)
    connections.close()


def test_the_migrations_make_the_tables_that_the_code_makes(place: str) -> None:
    backend = backend_of(place)
    described = []
    for way in (_make, migrate):
        with backend.making():
            way(backend)
        usage_index(place, create=False).close()  # it is of this version
        described.append(_described(backend))
        _change(place, *(f"DROP TABLE {each}" for each in (*reversed(TABLES), VERSION_TABLE)))
    assert described[0] == described[1]
    assert described[0].keys() == {*TABLES, VERSION_TABLE}


def _make(backend: Backend) -> None:
    connections = Connections(backend)
    with connections.writing() as session:
        make(session, backend)
    connections.close()


def _described(backend: Backend) -> dict[str, object]:
    """By table: columns, keys, indexes and references."""
    engine = create_engine(backend.dialect, creator=backend.connect, poolclass=NullPool)
    found = inspect(engine)
    return {
        table: (
            [{**each, "type": str(each["type"])} for each in found.get_columns(table)],
            found.get_pk_constraint(table),
            sorted(map(str, found.get_unique_constraints(table))),
            sorted(map(str, found.get_indexes(table))),
            found.get_foreign_keys(table),
        )
        for table in found.get_table_names()
    }


def test_days_from_before_hours_were_noted_are_busy(place: str) -> None:
    index = usage_index(place)
    left_out = LeftOut("/trail/x", "x", "cannot be read", "no rights", True)
    index.add(replace(numbered(1), segments=(), spans=Spans({DAY + 7: Day(3, 9, 1)}), left_out=(left_out,)))
    index.prune(DAY, [])
    before = index.totals()
    index.close()
    changes = (f"ALTER TABLE usage_{each}" for each in _ADDED)
    _change(place, *_paths_again(place), *changes, "DROP TABLE usage_delivered", _SET_VERSION.format("0001"))
    again = usage_index(place)
    assert again.spans() == Spans({DAY + 7: Day(3, 9, 2**24 - 1)})
    assert again.delivered() == {UNSAID}
    assert replace(again.totals(), bytes=0) == replace(before, bytes=0)
    assert list(again.check()) == []
    again.close()


@pytest.mark.parametrize(("count", "delivered"), [(0, set()), (2, {UNSAID})])
def test_of_files_from_before_names_were_read_nothing_is_said(
    place: str, count: int, delivered: set[Delivered]
) -> None:
    """An index without any file says nothing of files, and all that it says is known."""
    index = usage_index(place)
    for number in range(count):
        index.add(numbered(number))
    before = seen(index)
    index.close()
    _change(place, *_paths_again(place), "DROP TABLE usage_delivered", _SET_VERSION.format("0002"))
    again = usage_index(place, create=False)
    assert seen(again) == replace(before, delivered=frozenset(delivered))
    assert list(again.check()) == []
    again.close()


def test_of_files_from_before_their_days_were_read_these_are_not_known(place: str) -> None:
    index = usage_index(place)
    index.add(numbered(1))
    before = seen(index)
    index.close()
    kind = _bytes_in(place)
    text = "convert_to('{}', 'UTF8')" if kind == "BYTEA" else "CAST('{}' AS BLOB)"
    account, region = (text.format(each) for each in ("111122223333", "eu-west-1"))
    _change(
        place,
        *_paths_again(place),
        "DROP TABLE usage_delivered",
        f"CREATE TABLE usage_delivered (key {kind} PRIMARY KEY, account {kind} NOT NULL, region {kind} NOT NULL)",
        f"INSERT INTO usage_delivered VALUES ({account}, {account}, {region})",  # noqa: S608  # ours
        _SET_VERSION.format("0003"),
    )
    again = usage_index(place, create=False)
    assert seen(again) == replace(before, delivered=frozenset({Delivered("111122223333", "eu-west-1")}))
    assert list(again.check()) == []
    again.close()


def test_paths_of_files_from_before_are_divided(place: str) -> None:
    index = usage_index(place)
    files = [
        IndexedFile(path, number, FileRead(label, 10, 3, 2, {"bad JSON": 1}), "crc32:00000000")
        for number, (path, label) in enumerate(_PLACES)
    ]
    index.add(Addition(tuple(files), ()))
    before = seen(index)
    told = index.totals()
    index.close()
    _change(place, *_paths_again(place), _SET_VERSION.format("0004"))
    again = usage_index(place, create=False)
    assert seen(again) == before
    assert replace(again.totals(), bytes=0) == replace(told, bytes=0)
    assert list(again.check()) == []
    again.add(Addition((IndexedFile("/trail/a/1.json", 9, FileRead("a/1.json", 11, 3, 3)),), ()))
    assert again.known_files()["/trail/a/1.json"] == (11, 9, "")
    again.close()


_PLACES = (
    ("/trail/a/1.json", "a/1.json"),
    ("/trail/a/2.json", "a/2.json"),
    ("/trail/a/2.json.gz", "2.json.gz"),
    ("/other/a/1.json", "a/1.json"),
    ("/trail/odd \udcff.json", "odd \\udcff.json"),
    ("1.json", "1.json"),
    ("/1.json", "/1.json"),
    *((f"/trail/{number % 7}/{number}.json", f"{number % 7}/{number}.json") for number in range(2200)),
)


def _bytes_in(place: str) -> str:
    return "BYTEA" if "postgresql" in place else "BLOB"


def _paths_again(place: str) -> Sequence[str]:
    """As it was before what files of a folder have in common was kept once."""
    kind, of = _bytes_in(place), "SELECT {} FROM usage_folder WHERE id = folder_id"
    path, label = (f"CAST(({of.format(each)}) || name AS {kind})" for each in ("path", "label"))
    return (
        f"ALTER TABLE usage_file ADD COLUMN path {kind}",
        f"ALTER TABLE usage_file ADD COLUMN label {kind}",
        f"UPDATE usage_file SET path = {path}, label = coalesce(own_label, {label})",  # noqa: S608  # ours
        *(f"ALTER TABLE usage_file DROP COLUMN {each}" for each in ("folder_id", "name", "own_label")),
        "DROP TABLE usage_folder",
    )


def test_segments_of_a_version_that_kept_less_are_refused(place: str) -> None:
    index = usage_index(place)
    index.add(numbered(1))
    index.close()
    _change(place, _SET_VERSION.format("0001"))
    for create in (True, False):
        with pytest.raises(IndexUnusable, match="kept less of each record: build it again with `whittle index add"):
            usage_index(place, create=create)


_ADDED = (
    "span DROP COLUMN hours", "span DROP COLUMN proof", "file DROP COLUMN proof", "state DROP COLUMN proof",
    "left_out DROP COLUMN seal",
)  # fmt: skip


def test_the_version_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == VERSION


def test_a_newer_version_is_refused(place: str) -> None:
    usage_index(place).close()
    _change(place, _SET_VERSION.format("0099"))
    with pytest.raises(
        IndexUnusable, match=r"by a newer version of whittle \(its format is 99, this version knows 5\)"
    ):
        usage_index(place)


@pytest.mark.parametrize("statement", ["DROP TABLE usage_index_version", _SET_VERSION.format("?")])
def test_tables_without_a_version_are_refused(place: str, statement: str) -> None:
    usage_index(place).close()
    _change(place, statement)
    with pytest.raises(DamagedIndex, match="does not say which version it is of"):
        usage_index(place)


def test_a_missing_table_is_damage(place: str) -> None:
    usage_index(place).close()
    _change(place, "DROP TABLE usage_segment")
    index = usage_index(place)
    with pytest.raises(DamagedIndex):
        index.add(numbered(1))
    assert len(list(index.check())) == 1
    index.close()


def test_nothing_is_made_where_an_index_has_to_be(place: str, folder: str) -> None:
    with pytest.raises(IndexUnusable, match=r"there is no usage index at `.*`: make one with `whittle index add`"):
        usage_index(place, create=False)
    assert not Path(folder).exists()


def test_nothing_more_is_needed_for_tables_of_this_version(folder: str) -> None:
    script = (
        "import sys; from service.wiring import usage_index; usage_index(sys.argv[1]).close();"
        "print([each for each in ('alembic', 'sqlalchemy', 'psycopg') if each in sys.modules])"
    )
    told = [
        subprocess.run([sys.executable, "-c", script, folder], check=True, capture_output=True, text=True).stdout
        for _ in range(2)
    ]
    assert told == ["[]\n", "[]\n"]


def test_what_is_made_is_for_its_owner_only(tmp_path: Path) -> None:
    index = usage_index(str(tmp_path / "data"))
    with index.adding():
        index.add(numbered(1))
        modes = {each.name: each.stat().st_mode & 0o777 for each in (tmp_path / "data").iterdir()}
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert modes == {f"{FILE_NAME}{each}": 0o600 for each in ("", ".lock", "-wal", "-shm")}
    index.close()


@pytest.mark.parametrize(("given", "made"), [("data", f"data/{FILE_NAME}"), ("a b%20?#.db", "a b%20?#.db")])
def test_a_name_with_an_ending_is_the_files(tmp_path: Path, given: str, made: str) -> None:
    index = usage_index(str(tmp_path / given))
    index.add(numbered(1))
    assert (tmp_path / made).is_file()
    again = usage_index(str(tmp_path / made), create=False)
    assert seen(again) == seen(index)
    again.close()
    index.close()


def test_a_file_that_was_made_but_never_filled_is_filled(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    path.touch()
    with pytest.raises(IndexUnusable, match="there is no usage index"):
        usage_index(str(path), create=False)
    usage_index(str(path)).close()
    usage_index(str(path), create=False).close()


@pytest.mark.parametrize("rest", ["half/secret@host:99x", "half@secret@host", "@secret@host", "secret@@host"])
def test_an_address_that_cannot_be_read_is_not_repeated(rest: str) -> None:
    """What follows an `@` in a password would be the host, which messages name."""
    with pytest.raises(InputError, match="cannot be read") as told:
        usage_index(f"postgresql://owner:{rest}/base")
    assert "half" not in str(told.value)
    assert "secret" not in str(told.value)
