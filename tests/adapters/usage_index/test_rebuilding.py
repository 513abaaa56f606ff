"""A new index in the place of an old one: at once, for readers too, or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from service.adapters.usage_index.opening import FILE_NAME
from service.core.errors import DamagedIndex, IndexUnusable
from service.usecases.index_port import IndexBusy, UsageIndex
from service.wiring import index_files, rebuilt_index, usage_index
from tests.adapters.usage_index.additions import numbered, seen


def _add(place: str, *numbers: int) -> None:
    index = usage_index(place)
    for number in numbers:
        index.add(numbered(number))
    index.close()


def test_readers_go_from_the_old_to_the_new(index: UsageIndex, place: str, tmp_path: Path) -> None:
    _add(place, 1, 2, 3)
    version = index.version()
    with rebuilt_index(place) as new:
        _add(new, 4)
        assert len(index.known_files()) == 6
        reading = index.segments(with_keys=True)
        next(reading)
        for _ in reading:  # nobody waits for the other
            pass
    other = usage_index(str(tmp_path / "alone"))
    other.add(numbered(4))
    assert seen(index) == seen(other)
    assert index.version() != version
    assert list(index.check()) == []
    index.add(numbered(5))
    index.close()
    again = usage_index(place, create=False)
    assert len(again.known_files()) == 4
    assert list(again.check()) == []
    again.close()
    other.close()


def test_a_reader_in_the_middle_sees_the_old_to_its_end(folder: str) -> None:
    """On a server it holds the tables until then."""
    index = usage_index(folder)
    for number in range(40):
        index.add(numbered(number, 20_000))
    reading = index.segments(with_keys=True)
    found = [next(reading)]
    with rebuilt_index(folder) as new:
        _add(new, 4)
    found.extend(reading)
    assert len(found) == 120
    assert len(list(index.segments(with_keys=True))) == 3
    index.close()


def test_an_error_leaves_the_old(index: UsageIndex, place: str) -> None:
    _add(place, 1, 2)
    before = seen(index)
    places = []

    def fail(new: str) -> None:
        _add(new, 4)
        places.append(new)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), rebuilt_index(place) as new:
        fail(new)
    assert seen(index) == before
    with pytest.raises(IndexUnusable, match=r"there is no usage index|cannot be used"):
        usage_index(places[0], create=False)


def test_what_an_earlier_rebuilding_left_is_no_harm(index: UsageIndex, place: str) -> None:
    with pytest.raises(ZeroDivisionError), rebuilt_index(place) as new:
        raise ZeroDivisionError
    if not new.startswith("postgresql"):
        _add(new, 1, 2)  # as if it had been killed
    with rebuilt_index(place) as again:
        assert again == new
        _add(again, 3)
    assert len(index.known_files()) == 2


def test_nobody_adds_meanwhile(index: UsageIndex, place: str) -> None:
    with rebuilt_index(place) as new:
        with pytest.raises(IndexBusy), index.adding():
            pytest.fail("both add")
        _add(new, 1)
    with index.adding():
        pass
    with index.adding(), pytest.raises(IndexBusy), rebuilt_index(place):
        pytest.fail("both add")


def test_there_need_be_no_old_one(place: str) -> None:
    with rebuilt_index(place) as new:
        _add(new, 1)
    index = usage_index(place, create=False)
    assert len(index.known_files()) == 2
    index.close()


def test_an_index_is_for_its_owner_only_after_it_was_rebuilt(folder: str) -> None:
    with rebuilt_index(folder) as new:
        _add(new, 1)
    assert {each.name: each.stat().st_mode & 0o777 for each in Path(folder).iterdir()} == {
        "usage-index.sqlite": 0o600,
        "usage-index.sqlite.lock": 0o600,
    }


def test_the_files_of_an_index_are_known(folder: str) -> None:
    index = usage_index(folder)
    with index.adding():
        index.add(numbered(1))
        assert {str(each) for each in Path(folder).iterdir()} <= index_files(folder)
    index.close()
    assert index_files("postgresql://nobody@nowhere/base") == frozenset()


@pytest.mark.parametrize("place_of_byte", [18, 19])
def test_a_header_that_makes_it_read_only_or_unreadable_is_mended(folder: str, place_of_byte: int) -> None:
    """The versions with which it may be written and read: https://sqlite.org/fileformat.html#file_format_version_numbers"""
    _add(folder, 1)
    path = Path(folder) / FILE_NAME
    with closing(sqlite3.connect(path)) as alone:
        alone.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    content[place_of_byte] = 3
    path.write_bytes(content)
    with pytest.raises((DamagedIndex, IndexUnusable)):
        _add(folder, 2)
    with rebuilt_index(folder) as new:
        _add(new, 3)
    _add(folder, 4)
    index = usage_index(folder)
    assert len(index.known_files()) == 4
    assert list(index.check()) == []
    index.close()
