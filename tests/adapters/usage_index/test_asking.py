"""Questions to an index: whose segments, in which order, how much of everything."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from service.core.principals import Principal, PrincipalType, parse_principal
from service.usecases.index_port import Addition, UsageIndex
from tests.adapters.usage_index.additions import ACCOUNT, DAY, file, numbered, role, segment


def test_a_query_finds_everybody_of_that_account_and_name(index: UsageIndex) -> None:
    with_path = Principal(PrincipalType.ROLE, ACCOUNT, "app", f"arn:aws:iam::{ACCOUNT}:role/team/app")
    without_arn = Principal(PrincipalType.ROLE, ACCOUNT, "app")
    user = Principal(PrincipalType.USER, ACCOUNT, "app", f"arn:aws:iam::{ACCOUNT}:user/app")
    others = (role("application"), Principal(PrincipalType.ROLE, "444455556666", "app"))
    asked = (with_path, without_arn, user)
    index.add(Addition((), tuple(segment(each, 1) for each in (*asked, *others))))
    found = index.segments(parse_principal(f"arn:aws:iam::{ACCOUNT}:role/app"), with_keys=False)
    assert [each.packed.principal for each in found] == sorted(asked)


def test_one_principal_is_found_as_it_is(index: UsageIndex) -> None:
    with_arn, without_arn = role("app"), Principal(PrincipalType.ROLE, ACCOUNT, "app")
    index.add(Addition((), (segment(with_arn, 1), segment(without_arn, 2))))
    (found,) = index.segments(principal=without_arn, with_keys=True)
    assert found.packed == segment(without_arn, 2)
    assert list(index.segments(principal=role("nobody"), with_keys=True)) == []


def test_segments_come_by_principal_and_id(index: UsageIndex) -> None:
    for number in range(12):
        index.add(numbered(number))
    found = list(index.segments(with_keys=True))
    assert found == sorted(found, key=lambda each: (each.packed.principal, each.id))
    assert len(found) == 36
    assert len({each.id for each in found}) == 36


MANY = tuple(role(f"r{number}") for number in range(450))


@pytest.mark.parametrize("some", [None, (), (role("a"),), (role("nobody"),), MANY])
@pytest.mark.parametrize("with_keys", [True, False])
def test_segments_of_many_come_together(index: UsageIndex, some: Sequence[Principal] | None, with_keys: bool) -> None:
    owners = [role("a"), role("b"), *MANY[:300]]
    index.add(
        Addition((), tuple(segment(each, number) for number in (1, 2) for each in owners), frozenset({role("idle")}))
    )
    found = dict(index.together(some, with_keys=with_keys))
    wanted = owners if some is None else set(owners).intersection(some)
    assert found == {each: list(index.segments(principal=each, with_keys=with_keys)) for each in wanted}
    assert all(len(stored) == 2 for stored in found.values())


def test_keys_come_only_when_asked_for(index: UsageIndex) -> None:
    index.add(numbered(1))
    assert all(each.packed.keys == b"" and each.packed.rows for each in index.segments(with_keys=False))
    assert all(each.packed.keys for each in index.segments(with_keys=True))


def test_totals(index: UsageIndex) -> None:
    empty = index.totals()
    assert (empty.principals, empty.segments, empty.events, empty.first_day, empty.last_day) == (0, 0, 0, "", "")
    assert empty.bytes > 0
    assert empty.files.files == 0
    for number in range(3):
        index.add(numbered(number))
    totals = index.totals()
    assert (totals.format, totals.files.files, totals.principals, totals.segments, totals.unsettled) == (5, 6, 8, 9, 9)
    assert totals.events == 3 * (5 + 6 + 7)
    assert (totals.first_day, totals.last_day) == ("2024-04-24", "2024-04-26")


def test_readers_see_one_state_while_others_write(index: UsageIndex) -> None:
    for number in range(6):
        index.add(numbered(number))
    reading = index.segments(with_keys=True)
    first = next(reading)
    index.add(numbered(7))
    index.settle([([first], [])])
    rest = list(reading)
    assert len(rest) == 17
    assert len(list(index.segments(with_keys=True))) == 20
    assert index.known_files().keys() >= {each.path for each in numbered(7).files}


def test_a_reader_that_stops_early_holds_nothing(index: UsageIndex) -> None:
    for number in range(3):
        index.add(numbered(number))
    for _ in range(50):
        next(index.segments(with_keys=True))
    index.add(Addition((file("/more"),), (segment(role("a"), DAY),)))
    assert len(list(index.segments(with_keys=True))) == 10
