"""The desk: one reading for everybody, read again only when the trail changes, and the command line's own bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from service.adapters.proposal_store import ProposalFiles, ProposalMemory
from service.core.days import WindowAsked
from service.core.errors import PrincipalNotFound
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal_json import document
from service.usecases.gather import gather
from service.usecases.proposals import TrailUnusable
from service.wiring import keep, parts
from tests.api.site import READER, USER, WRITER, Counting, deliver, desk_over, record

ALL = WindowAsked()


def test_the_bytes_are_those_of_the_command_line(trail: Counting) -> None:
    query = parse_principal(READER)
    alone = parts().proposer.propose(gather(trail.open(), keep, query), query, ALL)
    assert desk_over(trail.open).create(query, ALL).body == to_bytes(document(alone))


def test_the_trail_is_read_once_for_all_principals(trail: Counting) -> None:
    desk = desk_over(trail.open)
    made = {desk.create(parse_principal(arn), ALL).id for arn in (READER, WRITER, USER, READER)}
    assert len(made) == 3
    assert [each.principal.arn for each in desk.principals()] == [READER, WRITER, USER]
    assert len(trail.read) == 1


def test_requests_at_the_same_time_share_one_reading(trail: Counting) -> None:
    begun, go_on = Event(), Event()

    def wait() -> None:
        begun.set()
        assert go_on.wait(10)

    trail.inside = wait
    desk = desk_over(trail.open)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(desk.create, parse_principal(READER), ALL) for _ in range(8)]
        assert begun.wait(10)
        go_on.set()
        assert len({each.result(10).id for each in asked}) == 1
    assert len(trail.read) == 1


def test_a_new_file_is_read(trail: Counting) -> None:
    desk = desk_over(trail.open)
    before = desk.create(parse_principal(READER), ALL)
    more = record(8, READER, "ec2.amazonaws.com", "DescribeRegions", 6)
    deliver(trail.folder, "two.json.gz", [more])
    after = desk.create(parse_principal(READER), ALL)
    assert b"ec2:DescribeRegions" in after.body
    assert before.id != after.id
    assert desk.get(before.id) == before
    assert len(trail.read) == 2


def test_a_failed_reading_is_tried_again(trail: Counting) -> None:
    (trail.folder / "one.json.gz").unlink()
    desk = desk_over(trail.open)
    with pytest.raises(TrailUnusable, match="no CloudTrail event"):
        desk.create(parse_principal(READER), ALL)
    deliver(trail.folder)
    assert desk.create(parse_principal(READER), ALL).body


def test_a_missing_trail_is_the_services_own_trouble(tmp_path: Path) -> None:
    desk = desk_over(Counting(tmp_path / "absent").open)
    for ask in (desk.principals, desk.check_trail, lambda: desk.create(parse_principal(READER), ALL)):
        with pytest.raises(TrailUnusable, match="does not exist"):
            ask()


def test_an_empty_folder_is_not_ready(tmp_path: Path) -> None:
    with pytest.raises(TrailUnusable, match="no file"):
        desk_over(Counting(tmp_path).open).check_trail()


def test_a_principal_that_is_not_there_is_the_clients_trouble(trail: Counting) -> None:
    with pytest.raises(PrincipalNotFound) as raised:
        desk_over(trail.open).create(parse_principal(WRITER + "s"), ALL)
    assert raised.value.nearest[0] == WRITER


def test_another_desk_over_the_same_store_gives_it_out(trail: Counting, tmp_path: Path) -> None:
    store = ProposalFiles(tmp_path / "data")
    made = desk_over(trail.open, store).create(parse_principal(READER), ALL)
    other = desk_over(trail.open, store)
    assert other.at_hand(made.id) is None
    assert other.get(made.id) == made
    assert other.at_hand(made.id) == made


def test_what_was_made_is_not_made_again_but_windows_are_kept_apart(trail: Counting) -> None:
    store = ProposalMemory()
    desk = desk_over(trail.open, store)
    query = parse_principal(READER)
    assert desk.create(query, ALL) is desk.create(query, ALL)
    assert desk.create(query, ALL).id != desk.create(query, WindowAsked(days=1)).id


def test_a_policy_is_its_document_alone(trail: Counting) -> None:
    made = desk_over(trail.open).create(parse_principal(READER), ALL)
    policy = made.policy("reader-least-privilege")
    assert policy is not None
    assert b'"s3:GetObject"' in policy
    assert policy.startswith(b'{\n  "Version"')
    assert made.policy("reader") is None
