"""Reading a trail: who is kept, who is counted, what is said of what could not be read."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest

from service.core.days import Window
from service.core.errors import InputError, PrincipalNotFound
from service.core.events import Event, Rejected, Skipped
from service.core.principals import PrincipalQuery, PrincipalType, parse_principal
from service.usecases.gather import EXAMPLES, Gathered, GatherFile, gather, keep_nothing, of_query
from service.usecases.ports import FileRead, ListedFile, Listing
from service.usecases.summaries import summaries
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


def facts(gathered: Gathered) -> object:
    seen = {who: (sightings.usage(Window()), sightings.events) for who, sightings in gathered.by_principal.items()}
    return seen, gathered.others, gathered.covered(Window()), gathered.covered(Window("2026-08-03", "2026-08-04"))


@pytest.mark.parametrize("seed", range(5))
def test_a_trail_in_any_order_and_any_files_is_the_same(seed: int) -> None:
    query = parse_principal(f"{APP}-1")
    shuffled = some_events()
    random.Random(seed).shuffle(shuffled)
    for asked in (None, query):
        whole = gather(Events((tuple(some_events()),)), keep_nothing, asked).gathered
        parts = gather(Events(tuple(tuple(shuffled[n::4]) for n in range(4))), keep_nothing, asked).gathered
        assert facts(parts) == facts(whole)


def test_only_the_principal_asked_for_is_kept_and_the_others_are_counted() -> None:
    gathered = GatherFile(parse_principal(f"{APP}-1"), keep_nothing)(some_events())
    assert [each.name for each in gathered.by_principal] == ["app-1"]
    assert {each.name: count for each, count in gathered.others.items()} == {"app-0": 6, "app-2": 6}
    assert gathered.covered(Window()) == ("2026-08-01T10:00:00Z", "2026-08-09T10:00:00Z")


def test_without_a_query_all_are_kept() -> None:
    gathered = GatherFile(None, keep_nothing)(some_events())
    assert len(gathered.by_principal) == 3
    assert not gathered.others


MISSING = parse_principal("arn:aws:iam::111122223333:role/ap")


@pytest.mark.parametrize("asked", [None, MISSING])
def test_who_is_not_there_is_told_of_the_nearest(asked: PrincipalQuery | None) -> None:
    gathered = gather(Events((tuple(some_events()),)), keep_nothing, asked).gathered
    with pytest.raises(PrincipalNotFound, match="made no call in this trail; the nearest that did: arn") as raised:
        of_query(gathered, MISSING)
    assert raised.value.nearest == (f"{APP}-0", f"{APP}-1", f"{APP}-2")


def test_nobody_near() -> None:
    gathered = GatherFile(None, keep_nothing)([Event("s3.amazonaws.com", "GetObject")])
    with pytest.raises(PrincipalNotFound, match="no role or user did"):
        of_query(gathered, parse_principal(APP))


def test_what_was_gathered_serves_the_next_question() -> None:
    """Two identities of one role are taken together for the answer, not in what was read."""
    gathered = GatherFile(None, keep_nothing)([event(id="1"), event(id="2", role="app")])
    for _ in range(2):
        principal, sightings = of_query(gathered, parse_principal(APP))
        assert (principal.arn, sightings.events) == (APP, 2)
    assert [each.events for each in gathered.by_principal.values()] == [1, 1]


@dataclass(frozen=True, slots=True)
class Broken:
    """A trail of which hardly anything can be read."""

    events: int = 0

    def files(self) -> Listing:
        rejected = tuple(Rejected(f"{number}.json", 0, "cannot be opened", "no permission") for number in range(4))
        return Listing((ListedFile("a", 7), ListedFile("b", 5)), rejected, (Skipped("c", "digest file"),))

    def fold(
        self, fold: Callable[[Iterable[Event]], R], progress: Callable[[FileRead], None] | None = None
    ) -> Iterator[tuple[FileRead, R]]:
        for label, size in (("a", 7), ("b", 5)):
            examples = tuple(Rejected(label, number, "invalid JSON") for number in range(1, 6))
            bad, aside = {"invalid JSON": 6, "no eventName": 1}, {"digest file": 2}
            yield FileRead(label, size, 9 + self.events, self.events, bad, examples, aside, {"eventTime": 1}), fold([])


def test_everything_that_could_not_be_read_is_counted() -> None:
    inputs = gather(Broken(events=1), keep_nothing).inputs
    assert (inputs.files, inputs.bytes, inputs.records, inputs.events) == (2, 12, 20, 2)
    assert inputs.rejected == {"cannot be opened": 4, "invalid JSON": 12, "no eventName": 2}
    assert inputs.skipped == {"digest file": 5}
    assert inputs.ignored == {"eventTime": 2}
    assert len(inputs.examples) == EXAMPLES
    assert inputs.examples[0] == "0.json: cannot be opened (no permission)"
    assert inputs.examples[4] == "a, record 1: invalid JSON"


def test_a_trail_without_events_is_an_error_that_says_why() -> None:
    with pytest.raises(InputError, match=r"no CloudTrail event in the 2 files .*12 invalid JSON"):
        gather(Broken(), keep_nothing)


def test_summaries_are_sorted_by_events() -> None:
    more = [event("sts GetCallerIdentity", None, f"{APP}-2", time="", region=region) for region in ("", "eu-west-1")]
    gathered = GatherFile(None, keep_nothing)([*some_events(), *more])
    found = summaries(gathered)
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
