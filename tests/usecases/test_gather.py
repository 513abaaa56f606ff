"""Reading a trail: who is kept, who is counted, what is said of what could not be read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pytest

from service.core.days import Window
from service.core.errors import InputError, PrincipalNotFound
from service.core.events import Event, Identity, Rejected, Skipped
from service.core.principals import PrincipalQuery, PrincipalType, parse_principal
from service.usecases.gather import EXAMPLES, TrailReading, gather
from service.usecases.ports import FileRead, Folding, ListedFile, Listing
from service.usecases.reading import Reading, of_query
from service.usecases.summaries import summaries
from service.wiring import keep
from tests.usecases.trails import ACCOUNT, APP, Events, event

R = TypeVar("R")


def some_events() -> list[Event]:
    return [
        event(
            f"s3 {name}",
            {"bucketName": f"b{number}"},
            f"{APP}-{number % 3}",
            time=f"2026-08-{number + 1:02d}T10:00:00Z",
        )
        for number in range(9)
        for name in ("GetObject", "PutObject")
    ]


def read(*parts: Sequence[Event], asked: PrincipalQuery | None = None) -> TrailReading:
    """A trail of these files, read."""
    return gather(Events(tuple(map(tuple, parts))), keep, asked)


def facts(reading: Reading) -> object:
    some_days = Window("2026-08-03", "2026-08-04")
    activities = {who: reading.activity([who]) for who in reading.principals()}
    seen = {
        who: (each.used(Window()), each.used(some_days), each.outside(some_days), each.events, each.records)
        for who, each in activities.items()
    }
    return seen, [reading.spans.covered(window) for window in (Window(), some_days)], reading.known


@pytest.mark.parametrize("seed", range(5))
def test_a_trail_in_any_order_and_any_files_is_the_same(seed: int) -> None:
    query = parse_principal(f"{APP}-1")
    shuffled = some_events()
    random.Random(seed).shuffle(shuffled)
    for asked in (None, query):
        whole = read(some_events(), asked=asked)
        parts = read(*(shuffled[n::4] for n in range(4)), asked=asked)
        assert facts(parts) == facts(whole)


def test_only_the_principal_asked_for_is_kept_and_the_others_are_known() -> None:
    reading = read(some_events(), asked=parse_principal(f"{APP}-1"))
    assert [each.name for each in reading.gathered.segments] == ["app-1"]
    assert sorted(each.name for each in reading.gathered.others) == ["app-0", "app-2"]
    assert sorted(each.name for each in reading.principals()) == ["app-0", "app-1", "app-2"]
    assert reading.activity(sorted(reading.gathered.others)).events == 0
    assert reading.spans.covered(Window()) == ("2026-08-01T10:00:00Z", "2026-08-09T10:00:00Z")


def test_whom_it_is_read_for_shows_in_nothing_else() -> None:
    """The principal's own activity, the days that are covered and what is known of names are those of all records."""
    query = parse_principal(f"{APP}-1")
    filling = {"instanceProfileName": "workers", "roleName": "app-0"}
    events = [*some_events(), event("iam AddRoleToInstanceProfile", filling, f"{APP}-2", time="2026-08-30T10:00:00Z")]
    every, one = read(events), read(events, asked=query)
    assert one.known == every.known
    assert one.known.roles
    assert one.spans == every.spans
    (_, mine), (_, theirs) = of_query(one, query), of_query(every, query)
    assert mine.used(Window()) == theirs.used(Window())


def test_without_a_query_all_are_kept() -> None:
    gathered = read(some_events()).gathered
    assert len(gathered.segments) == 3
    assert not gathered.others


MISSING = parse_principal("arn:aws:iam::111122223333:role/ap")


@pytest.mark.parametrize("asked", [None, MISSING])
def test_who_is_not_there_is_told_of_the_nearest(asked: PrincipalQuery | None) -> None:
    reading = read(some_events(), asked=asked)
    with pytest.raises(PrincipalNotFound, match="made no call in this trail; the nearest that did: arn") as raised:
        of_query(reading, MISSING)
    assert raised.value.nearest == (f"{APP}-0", f"{APP}-1", f"{APP}-2")


def test_nobody_near() -> None:
    reading = read([Event("s3.amazonaws.com", "GetObject")])
    with pytest.raises(PrincipalNotFound, match="no role or user did"):
        of_query(reading, parse_principal(APP))


def test_what_was_gathered_serves_the_next_question() -> None:
    """Two identities of one role are taken together for the answer, not in what was read."""
    nameless = Identity("AssumedRole", arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/x", account_id=ACCOUNT)
    reading = read([event(id="1")], [event(id="2", identity=nameless)])
    for _ in range(2):
        principal, activity = of_query(reading, parse_principal(APP))
        assert (principal.arn, activity.events) == (APP, 2)
    assert [reading.activity([each]).events for each in reading.principals()] == [1, 1]


@dataclass(frozen=True, slots=True)
class Broken:
    """A trail of which hardly anything can be read."""

    events: int = 0

    def files(self) -> Listing:
        rejected = tuple(Rejected(f"{number}.json", 0, "cannot be opened", "no permission") for number in range(4))
        return Listing((ListedFile("a", 7), ListedFile("b", 5)), rejected, (Skipped("c", "digest file"),))

    def fold(
        self, start: Callable[[], Folding[R]], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[Sequence[FileRead], R]]:
        for label, size in (("a", 7), ("b", 5)):
            examples = tuple(Rejected(label, number, "invalid JSON") for number in range(1, 6))
            bad, aside = {"invalid JSON": 6, "no eventName": 1}, {"digest file": 2}
            read = FileRead(label, size, 9 + self.events, self.events, bad, examples, aside, {"eventTime": 1})
            yield [read], start().result()


def test_everything_that_could_not_be_read_is_counted() -> None:
    inputs = gather(Broken(events=1), keep).inputs
    assert (inputs.files, inputs.bytes, inputs.records, inputs.events) == (2, 12, 20, 2)
    assert inputs.rejected == {"cannot be opened": 4, "invalid JSON": 12, "no eventName": 2}
    assert inputs.skipped == {"digest file": 5}
    assert inputs.ignored == {"eventTime": 2}
    assert len(inputs.examples) == EXAMPLES
    assert inputs.examples[0] == "0.json: cannot be opened (no permission)"
    assert inputs.examples[4] == "a, record 1: invalid JSON"


def test_a_trail_without_events_is_an_error_that_says_why() -> None:
    with pytest.raises(InputError, match=r"no CloudTrail event in the 2 files .*12 invalid JSON"):
        gather(Broken(), keep)


def test_summaries_are_sorted_by_events() -> None:
    more = [event("sts GetCallerIdentity", None, f"{APP}-2", time="", region=region) for region in ("", "eu-west-1")]
    found = summaries(read(some_events(), more))
    assert [(each.principal.name, each.events, each.operations) for each in found] == [
        ("app-2", 8, 3),
        ("app-0", 6, 2),
        ("app-1", 6, 2),
    ]
    first = found[0]
    assert first.principal.type is PrincipalType.ROLE
    assert first.principal.account == ACCOUNT
    assert first.services == ("s3.amazonaws.com", "sts.amazonaws.com")
    assert (first.first_seen, first.last_seen) == ("2026-08-03T10:00:00Z", "2026-08-09T10:00:00Z")
