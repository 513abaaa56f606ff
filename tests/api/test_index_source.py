"""The desk over a usage index: it answers from the index as it is now, for any number of threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal

from service.adapters.proposal_store import ProposalMemory
from service.api.app import create_app
from service.core.days import WindowAsked
from service.core.errors import PrincipalNotFound
from service.core.principals import parse_principal
from service.usecases.index_port import UsageIndex
from service.usecases.indexing import add_trail
from service.usecases.proposals import ProposalDesk, TrailUnusable
from service.usecases.sources import IndexSource
from service.wiring import file_trail, keep, parts, usage_index
from tests.api.site import READER, USER, WRITER, Client, Counting, assert_problem, deliver, desk_over, record
from tests.laws.random_rows import uuid

ALL = WindowAsked()


@pytest.fixture
def place(trail: Counting, tmp_path: Path) -> str:
    """An index of the small trail."""
    place = str(tmp_path / "index")
    _add(place, trail)
    return place


@pytest.fixture
def index(place: str) -> Iterator[UsageIndex]:
    """The same, open."""
    index = usage_index(place, create=False)
    yield index
    index.close()


def _add(place: str, trail: Counting) -> None:
    add_trail(partial(usage_index, place), file_trail([trail.folder], 1), keep)


def _desk(index: UsageIndex) -> ProposalDesk:
    return ProposalDesk(IndexSource(index, keep), parts().proposer, ProposalMemory())


def test_the_bytes_are_those_of_the_trail(index: UsageIndex, trail: Counting) -> None:
    desk, other = _desk(index), desk_over(trail.open)
    for arn in (READER, WRITER, USER):
        for asked in (ALL, WindowAsked(days=2)):
            assert desk.create(parse_principal(arn), asked) == other.create(parse_principal(arn), asked)
    assert desk.principals() == other.principals()
    desk.check_trail()


def test_what_is_added_shows_at_once(index: UsageIndex, trail: Counting, place: str) -> None:
    desk, query = _desk(index), parse_principal(READER)
    before = desk.create(query, ALL)
    assert desk.create(query, ALL) is before
    deliver(trail.folder, "two.json.gz", [record(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)])
    assert desk.create(query, ALL) is before
    _add(place, trail)
    after = desk.create(query, ALL)
    assert b"ec2:DescribeRegions" in after.body
    assert desk.principals()[0].events == 5
    assert desk.get(before.id) == before


def test_threads_ask_while_it_is_added_to(index: UsageIndex, trail: Counting, place: str) -> None:
    desk = _desk(index)
    queries = [parse_principal(arn) for arn in (READER, WRITER, USER)] * 8

    def add() -> None:
        for number in range(6):
            more = record(20, READER, "ec2.amazonaws.com", "DescribeRegions", 6, eventID=uuid(number))
            deliver(trail.folder, f"more-{number}.json.gz", [more])
            _add(place, trail)

    with ThreadPoolExecutor(8) as threads:
        adding = threads.submit(add)
        asked = [threads.submit(desk.create, query, ALL) for query in queries]
        assert all(each.result(60).body for each in asked)
        adding.result(60)
    expected = desk_over(trail.open).create(parse_principal(READER), ALL)
    assert desk.create(parse_principal(READER), ALL) == expected


def test_an_index_that_never_rests_is_told_of(index: UsageIndex) -> None:
    desk = ProposalDesk(_Restless(index, keep), parts().proposer, ProposalMemory())
    with pytest.raises(TrailUnusable, match="changes faster than it can be read"):
        desk.create(parse_principal(READER), ALL)


class _Restless(IndexSource):
    """A source whose evidence is never as it was."""

    def now(self):  # type: ignore[no-untyped-def]  # as in its class
        from dataclasses import replace

        return replace(super().now(), is_still_so=lambda: False)


def test_a_principal_that_is_not_there_is_the_clients_trouble(index: UsageIndex) -> None:
    with pytest.raises(PrincipalNotFound):
        _desk(index).create(parse_principal(WRITER + "s"), ALL)


def test_an_index_of_another_catalog_is_the_services_trouble(index: UsageIndex, portal: BlockingPortal) -> None:
    source = IndexSource(index, lambda _: frozenset({"other"}))
    desk = ProposalDesk(source, parts().proposer, ProposalMemory())
    answer = Client(create_app(desk, parts().catalog), portal).propose({"principal_arn": READER})
    assert_problem(answer, 503, "trail-unusable")


def test_an_empty_index_is_not_ready(tmp_path: Path) -> None:
    index = usage_index(str(tmp_path / "empty"))
    desk = _desk(index)
    with pytest.raises(TrailUnusable, match="the index holds no file"):
        desk.check_trail()
    with pytest.raises(TrailUnusable, match="no CloudTrail event"):
        desk.principals()
    index.close()
