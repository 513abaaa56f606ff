"""What becomes of segments later: settled, replaced, forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from service.core.errors import InternalError
from service.usecases.index_port import Addition, StoredSegment, UsageIndex
from tests.adapters.usage_index.additions import DAY, numbered, role, seen, segment

A, B = role("a"), role("b")


def test_who_has_several_segments_is_unsettled(index: UsageIndex) -> None:
    index.add(Addition((), (segment(A, 1), segment(B, 1))))
    assert index.unsettled() == ()
    index.add(Addition((), (segment(A, 2),)))
    assert index.unsettled() == (A,)
    assert index.totals().unsettled == 3
    index.mark_settled()
    assert index.unsettled() == ()
    assert index.totals().unsettled == 0
    index.add(Addition((), (segment(A, 3), segment(B, 2))))
    assert index.unsettled() == (A, B)


def test_settled_segments_take_the_place_of_others(index: UsageIndex) -> None:
    index.add(Addition((), (segment(A, 1), segment(A, 2), segment(A, 3), segment(B, 1))))
    old = list(index.segments(principal=A, with_keys=True))
    index.settle(iter([(old, [segment(A, 2), segment(A, 9)])]))
    new = list(index.segments(principal=A, with_keys=True))
    assert [(each.is_settled, each.packed) for each in new] == [(True, segment(A, 2)), (True, segment(A, 9))]
    assert new[0].id == old[1].id
    assert new[1].id > max(each.id for each in old)
    assert index.unsettled() == ()
    assert [each.packed for each in index.segments(principal=B, with_keys=True)] == [segment(B, 1)]


def test_an_id_is_never_given_twice(index: UsageIndex) -> None:
    index.add(Addition((), (segment(A, 1), segment(A, 2))))
    old = list(index.segments(principal=A, with_keys=True))
    index.settle([(old, [])])
    index.add(Addition((), (segment(A, 3),)))
    assert min(each.id for each in index.segments(with_keys=True)) > max(each.id for each in old)


def test_equal_segments_become_one(index: UsageIndex) -> None:
    index.add(Addition((), (segment(A, 1), segment(A, 1))))
    index.settle([(list(index.segments(principal=A, with_keys=True)), [segment(A, 1)])])
    assert [each.packed for each in index.segments(with_keys=True)] == [segment(A, 1)]


def test_what_is_not_there_any_more_cannot_be_settled(index: UsageIndex) -> None:
    index.add(Addition((), (segment(A, 1), segment(A, 2), segment(B, 1))))
    old = list(index.segments(principal=A, with_keys=True))
    index.settle([(old, [segment(A, 9)])])
    before = seen(index)
    with pytest.raises(InternalError):
        index.settle([(list(index.segments(principal=B, with_keys=True)), []), (old, [segment(A, 8)])])
    assert seen(index) == before


def test_pruning_changes_and_removes_segments(index: UsageIndex) -> None:
    for number in range(7):
        index.add(numbered(number))
    index.add(Addition((), (segment(A, 1),)))
    stored = list(index.segments(with_keys=True))
    early = [each for each in stored if each.packed.first_day < DAY + 4]
    left = {each.id: replace(each.packed, events=1, rows=b"less") for each in early if each.packed.principal != A}
    index.prune(DAY + 4, ((each, left.get(each.id)) for each in index.segments(with_keys=True) if each in early))
    assert index.pruned_before() == DAY + 4
    assert sorted(index.spans().by_day) == [DAY + 4, DAY + 5, DAY + 6]
    assert A not in index.principals()
    assert role("role-1") in index.principals()
    found = {each.id: each.packed for each in index.segments(with_keys=True)}
    assert found == left | {each.id: each.packed for each in stored if each not in early}
    assert index.totals().pruned_before == "2024-04-28"


def test_pruning_to_an_earlier_day_brings_nothing_back(index: UsageIndex) -> None:
    assert index.pruned_before() is None
    index.prune(DAY + 4, ())
    index.prune(DAY + 2, ())
    assert index.pruned_before() == DAY + 4


def test_pruning_is_all_or_nothing(index: UsageIndex) -> None:
    for number in range(3):
        index.add(numbered(number))
    before = seen(index)

    with pytest.raises(ZeroDivisionError):
        index.prune(DAY + 2, _broken(list(index.segments(with_keys=True))))
    assert seen(index) == before
    assert index.pruned_before() is None


def _broken(segments: list[StoredSegment]) -> Iterator[tuple[StoredSegment, None]]:
    yield from ((each, None) for each in segments[:2])
    raise ZeroDivisionError


def test_an_empty_half_is_given_back(index: UsageIndex) -> None:
    for number in range(20):
        index.add(numbered(number, 20_000))
    full = index.totals().bytes
    index.prune(DAY, ((each, None) for each in index.segments(with_keys=True)))
    if "sqlite" in repr(index._connections._here()):  # type: ignore[attr-defined]  # PostgreSQL does it in its own time
        assert index.totals().bytes < full / 4
    assert index.totals().segments == 0
    assert list(index.check()) == []
