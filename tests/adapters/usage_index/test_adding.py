"""What goes into an index: whole or not at all, seen when it is said to be, and never twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from service.adapters.usage_index.session import Session
from service.core.activity.spans import Day, Spans
from service.core.errors import InputError
from service.core.events import Rejected
from service.core.principals import Principal, PrincipalType
from service.usecases.index_port import Addition, IndexBusy, IndexedFile, LeftOut, UsageIndex
from service.usecases.ports import FileRead
from service.wiring import usage_index
from tests.adapters.usage_index.additions import DAY, GET_OBJECT, file, numbered, role, seen, segment


def test_what_was_added_is_what_is_told(index: UsageIndex) -> None:
    one, other = numbered(1), numbered(2)
    index.add(one)
    index.add(other)
    told = seen(index)
    assert told.files == {
        each.path: (each.read.bytes, each.modified_ns, each.tag) for each in (*one.files, *other.files)
    }
    assert sorted(told.segments, key=repr) == sorted((*one.segments, *other.segments), key=repr)
    owners = {each.principal for each in told.segments}
    assert told.principals == tuple(sorted(owners | one.principals | other.principals))
    assert told.spans == one.spans.by_day | other.spans.by_day
    assert told.profiles == one.profiles | other.profiles
    assert told.kept == one.kept


def test_opened_again_it_tells_the_same(index: UsageIndex, place: str) -> None:
    for number in range(5):
        index.add(numbered(number))
    before = seen(index), index.totals(), list(index.segments(with_keys=True))
    index.close()
    again = usage_index(place, create=False)
    assert (seen(again), again.totals(), list(again.segments(with_keys=True))) == before
    again.close()


def test_spans_grow_only(index: UsageIndex) -> None:
    for span in (Day(500, 600, 1), Day(100, 550, 5), Day(550, 900, 1 << 23), Day(300, 300, 1)):
        index.add(Addition((), (), spans=Spans({DAY: span})))
    assert index.spans() == Spans({DAY: Day(100, 900, 5 | 1 << 23)})


def test_an_addition_that_fails_midway_leaves_nothing(index: UsageIndex) -> None:
    index.add(numbered(1))
    before = seen(index)
    with patch.object(Session, "run_each", _failing_at(6)), pytest.raises(ZeroDivisionError):
        index.add(numbered(2))
    assert seen(index) == before
    index.add(numbered(2))
    assert seen(index) != before


def _failing_at(last: int) -> object:
    calls, real = iter(range(last)), Session.run_each

    def failing(*given: object) -> int:
        if next(calls, None) is None:
            raise ZeroDivisionError
        return real(*given)  # type: ignore[arg-type]  # whatever was given

    return failing


def test_pending_is_seen_with_its_file_only(index: UsageIndex) -> None:
    waiting = replace(numbered(1), files=())
    before = seen(index)
    index.add(waiting, pending="/trail/big.json")
    index.add(replace(waiting, segments=(segment(role("late"), 9),)), pending="/trail/big.json")
    assert seen(index) == before
    assert index.totals().segments == 0
    index.add(Addition((file("/trail/other.json"),), ()))
    assert seen(index).segments == ()
    index.add(Addition((file("/trail/big.json"),), (segment(role("last"), 3),)))
    told = seen(index)
    assert {each.principal.name for each in told.segments} == {"role-1", "role-2", "role-3", "late", "last"}
    assert told.spans == waiting.spans.by_day
    assert told.profiles == waiting.profiles
    assert waiting.principals < set(told.principals)


def test_pending_of_a_run_that_died_is_taken_away(index: UsageIndex) -> None:
    index.add(replace(numbered(1), files=()), pending="/trail/big.json")
    with index.adding():
        index.add(Addition((file("/trail/big.json"),), ()))
    assert seen(index).segments == ()
    assert index.principals() == ()


def test_a_file_that_was_replaced_is_known_as_it_is_now(index: UsageIndex) -> None:
    first = segment(role("a"), 1)
    index.add(Addition((file("/trail/a.json", 3),), (first,)))
    grown = IndexedFile("/trail/a.json", 77, FileRead("a.json", 2000, 9, 8), "etag-2")
    index.add(Addition((grown,), (segment(role("a"), 2),)))
    assert index.known_files() == {"/trail/a.json": (2000, 77, "etag-2")}
    assert [each.packed for each in index.segments(with_keys=True)] == [first, segment(role("a"), 2)]
    assert index.file_totals().records == 9


def test_reports_are_kept_where_they_say_more_than_counts(index: UsageIndex) -> None:
    plain = FileRead("b.json", 10, 4, 4)
    rejected = (Rejected("a.json", 3, "not an object", "a number"), Rejected("a.json", 0, "cut off", ""))
    telling = FileRead(
        "a.json", 20, 6, 3, {"not an object": 2, "cut off": 1}, rejected, {"digest": 1}, {"userAgent": 2}
    )
    index.add(Addition((IndexedFile("/b", 1, plain), IndexedFile("/a", 2, telling)), ()))
    totals = index.file_totals()
    assert (totals.files, totals.bytes, totals.records, totals.events) == (2, 30, 10, 7)
    assert totals.reports == (telling,)


def test_what_was_left_out_is_so_until_it_is_read(index: UsageIndex) -> None:
    gone = LeftOut("/z", "z", "cannot be read", "no such file", True)
    digest = LeftOut("/d", "d", "digest", "", False)
    index.add(Addition((), (), left_out=(gone, digest)))
    index.add(Addition((), (), left_out=(replace(gone, detail="permission denied"),)))
    assert index.file_totals().left_out == (digest, replace(gone, detail="permission denied"))
    index.add(Addition((file("/z"),), ()))
    assert index.file_totals().left_out == (digest,)


def test_another_reading_of_the_catalog_is_refused(index: UsageIndex) -> None:
    index.add(numbered(1))
    before = seen(index)
    other = replace(numbered(2), kept={GET_OBJECT: frozenset({"bucketName"})})
    with pytest.raises(InputError, match=r"another catalog.*`s3.amazonaws.com GetObject`"):
        index.add(other)
    assert seen(index) == before


_ODD = ("", "nul \0 in it", "quote ' and \\ and %", "file \udcff name", "é\U0001f600", "x" * 9000)


def test_whatever_text_a_log_holds_is_kept(index: UsageIndex) -> None:
    owners = [Principal(PrincipalType.UNKNOWN, text, text, text) for text in _ODD]
    files = tuple(file(f"/{text}") for text in _ODD)
    segments = tuple(segment(owner, 1) for owner in owners)
    index.add(Addition(files, segments, left_out=tuple(LeftOut(f"{text}!", text, text, text, True) for text in _ODD)))
    assert index.principals() == tuple(sorted(owners))
    assert [each.packed.principal for each in index.segments(with_keys=False)] == sorted(owners)
    assert set(index.known_files()) == {each.path for each in files}
    assert {each.label for each in index.file_totals().left_out} == set(_ODD)
    assert list(_asked_one_by_one(index, owners)) == owners
    assert list(index.check()) == []


def _asked_one_by_one(index: UsageIndex, owners: list[Principal]) -> Iterator[Principal]:
    for owner in owners:
        yield from (each.packed.principal for each in index.segments(principal=owner, with_keys=False))


@pytest.mark.parametrize("taken", ["some", "all"])
def test_a_file_of_which_another_took_a_part_is_not_noted(index: UsageIndex, place: str, taken: str) -> None:
    """As where a run goes on though the server has let go of its lock, and the next one tidies up."""
    whole = numbered(1)
    before = seen(index)
    index.add(replace(whole, files=()), pending="/trail/1-0.json.gz")
    other = usage_index(place)
    with other.adding():
        pass
    if taken == "some":
        index.add(replace(whole, files=(), segments=(segment(role("late"), 9),)), pending="/trail/1-0.json.gz")
    with pytest.raises(IndexBusy, match="a part of a file is not there any more: give the command again"):
        index.add(whole)
    index.close()
    with other.adding():
        assert seen(other) == before
        other.add(whole)
    assert list(other.check()) == []
    other.close()
