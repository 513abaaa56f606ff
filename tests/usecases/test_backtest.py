"""Back-tests over small trails: what is denied later, by day, level and cause; recall and precision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.backtest import BackTest, Lack, Split, folds_of, split_by_days, split_by_default
from service.core.beside import Beside
from service.core.choices import Choices, ResourceChoice
from service.core.days import Window, WindowAsked
from service.core.events import Event
from service.core.principals import parse_principal
from service.usecases.backtest import BackTester, days_covered
from service.usecases.gather import TrailReading, gather
from service.usecases.making import Wanted
from service.usecases.reading import of_query
from service.wiring import file_trail, keep, parts
from tests.usecases.trails import ACCOUNT, APP, Events, event

SAMPLE = Path(__file__).parents[2] / "samples" / "trail"
AUGUST = [f"2026-08-{day:02}" for day in range(1, 32)]


def on(day: int, name: str = "s3 GetObject", key: str = "a", **members: str) -> Event:
    return event(name, {"bucketName": "data", "key": key}, time=f"2026-08-{day:02}T12:00:00Z", **members)


def back_test(
    reading: TrailReading,
    splits: Sequence[Split],
    arn: str = APP,
    resources: ResourceChoice = ResourceChoice.PATTERNS,
) -> BackTest:
    principal, activity = of_query(reading, parse_principal(arn))
    wanted = Wanted(principal, Window(), Beside(None, Choices(resources=resources)))
    return BackTester(parts().proposer.maker).of(reading, activity, wanted, splits)


def halves(*events: Event) -> BackTest:
    return back_test(
        gather(Events((events,)), keep), [Split(Window(AUGUST[0], AUGUST[9]), Window(AUGUST[10], AUGUST[19]))]
    )


def test_what_was_learned_is_allowed() -> None:
    test = halves(on(1), on(11), on(12))
    assert (test.recall_events.part, test.recall_events.of, test.denied) == (2, 2, ())
    assert test.precision_permissions.value == 1


def test_a_new_action_and_a_new_resource_are_denied_on_their_day() -> None:
    test = halves(on(1), on(2, key="unused"), on(11), on(12, "s3 PutObject"), on(13, key="b"), on(13, key="b", id="2"))
    assert [(each.day, each.lack, each.action, each.events) for each in test.denied] == [
        ("2026-08-12", Lack.ACTION, "s3:PutObject", 1),
        ("2026-08-13", Lack.RESOURCE, "s3:GetObject", 2),
    ]
    assert (test.recall_events.part, test.recall_events.of) == (1, 4)
    assert (test.recall_permissions.part, test.recall_permissions.of) == (1, 3)
    assert (test.precision_permissions.part, test.precision_permissions.of) == (1, 2)
    assert test.counted("access_level") == {"Read": 2, "Write": 1}
    assert test.counted("lack") == {"new action": 1, "new resource": 2}


def test_an_event_that_lacks_several_counts_once_for_the_most_telling() -> None:
    copied = event(
        "s3 CopyObject", {"bucketName": "data", "key": "b", "x-amz-copy-source": "data/c"}, time="2026-08-11T00:00:00Z"
    )
    test = halves(on(1), copied)
    assert test.recall_events.of == 1
    assert [(each.lack, each.events) for each in test.denied] == [(Lack.ACTION, 1)]


@pytest.mark.parametrize(("day", "allowed"), [(2, 0), (10, 0), (11, 1), (15, 1)])
def test_what_others_do_later_is_not_known_yet(day: int, allowed: int) -> None:
    """A pattern that covers what only another used is refused, if that was before."""
    own = [on(each, key=f"in/2026-08-0{each}.csv") for each in range(1, 5)]
    theirs = on(day, key="in/2026-07-31.csv", role=f"{APP}-2")
    test = halves(*own, on(11, key="in/2026-08-09.csv"), theirs)
    assert (test.recall_events.part, test.recall_events.of) == (allowed, 1)


def test_the_most_telling_lack_is_told_and_what_denied_was_not_precise() -> None:
    elsewhere = on(11, key="b", region="us-east-1")
    test = halves(on(1), elsewhere)
    assert [each.lack for each in test.denied] == [Lack.RESOURCE]
    assert (test.precision_permissions.part, test.precision_permissions.of) == (0, 1)


def test_a_part_with_nothing_to_learn_from_denies_all_that_comes() -> None:
    reading = gather(Events(((on(11), on(12)),)), keep)
    test = back_test(reading, [Split(Window(AUGUST[0], AUGUST[9]), Window(AUGUST[10], AUGUST[19]))])
    assert (test.recall_events.part, test.recall_events.of) == (0, 2)


def test_denied_calls_are_not_put_to_the_policies() -> None:
    assert halves(on(1), on(11, error_code="AccessDenied")).recall_events.of == 0


def test_a_pattern_allows_what_it_was_learned_for() -> None:
    reading = gather(Events((tuple(on(day, key=f"in/{AUGUST[day]}.csv") for day in range(1, 20)),)), keep)
    split = Split(Window(AUGUST[0], AUGUST[9]), Window(AUGUST[10], AUGUST[19]))
    assert back_test(reading, [split]).recall_events.value == 1
    assert back_test(reading, [split], resources=ResourceChoice.EXACT).recall_events.value == 0


@pytest.mark.parametrize("name", ["orders-api", "ec2/workers", "ci/ci-deploy", "platform/deployer"])
def test_what_it_was_learned_from_is_allowed(name: str) -> None:
    reading = gather(file_trail([SAMPLE], 1), keep)
    whole = Window("2026-08-01", "2026-09-29")
    test = back_test(reading, [Split(whole, whole)], f"arn:aws:iam::{ACCOUNT}:role/{name}")
    left = test.recall_events.of - test.recall_events.part
    assert left == sum(each.events for each in test.denied if each.lack is Lack.UNKNOWN)
    assert left == (1 if name == "orders-api" else 0)  # a key with a letter that no policy can hold


def test_recall_grows_with_what_is_generalised() -> None:
    reading = gather(file_trail([SAMPLE], 1), keep)
    split = split_by_default(days_covered(reading, Window()))
    assert split is not None
    exact, patterns = (
        back_test(reading, [split], f"arn:aws:iam::{ACCOUNT}:role/data/lake-pipeline", choice).recall_events.part
        for choice in (ResourceChoice.EXACT, ResourceChoice.PATTERNS)
    )
    assert exact < patterns


def test_a_proposal_of_a_long_window_has_it() -> None:
    long, short = (
        parts().proposer.propose(
            gather(Events((tuple(on(day) for day in range(1, last)),)), keep), parse_principal(APP), WindowAsked()
        )
        for last in (15, 14)
    )
    assert long.backtest is not None
    assert (long.backtest.trials[0].train, long.backtest.trials[0].test) == (
        Window("2026-08-01", "2026-08-10"), Window("2026-08-11", "2026-08-14"),
    )  # fmt: skip
    assert short.backtest is None


def test_the_last_days_are_tried_and_those_before_learned_from() -> None:
    assert split_by_days(AUGUST, 10, 5) == Split(Window("2026-08-17", "2026-08-26"), Window("2026-08-27", "2026-08-31"))
    assert split_by_days(AUGUST, 90, 5) == Split(Window("2026-08-01", "2026-08-26"), Window("2026-08-27", "2026-08-31"))
    assert split_by_days(AUGUST, 10, 31) is None


@given(st.integers(2, 31), st.data())
@settings(max_examples=50)
def test_folds_are_all_days_once(count: int, data: st.DataObject) -> None:
    days = AUGUST[: data.draw(st.integers(count, 31))]
    found = list(folds_of(days, count))
    assert len(found) == count - 1
    tried = [day for each in found for day in days if each.test.holds(day)]
    assert [day for day in days if found[0].train.holds(day)] + tried == days
    assert all(each.train.first == days[0] and each.train.last < each.test.first for each in found)
