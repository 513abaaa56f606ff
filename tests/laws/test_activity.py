"""Laws of activity: however events were delivered, read, packed and merged, what they say is the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.activity import examples
from service.core.activity.activity import Activity
from service.core.activity.collapse import MOST_CHILDREN, collapsed
from service.core.activity.fold import Fold, Part
from service.core.activity.merging import disjoint, merged
from service.core.activity.packing import packed, unpacked
from service.core.activity.segment import Segment
from service.core.activity.settling import settled
from service.core.activity.spans import Day, Spans
from service.core.days import Window
from service.core.events import Event, Identity
from service.core.principals import Principal, attribute
from service.wiring import keep
from tests.laws.random_rows import uuid
from tests.usecases.trails import ACCOUNT, APP, event

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
OTHER = "000011112222"
DAYS = ("2026-08-01", "2026-08-02", "2026-08-05")
WINDOWS = (Window(), *(Window(day, day) for day in DAYS), Window("2026-08-02", ""), Window("", "2026-08-03"))

File = tuple[str, tuple[Event, ...]]


NAMELESS_ROLE = Identity("AssumedRole", arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session", account_id=ACCOUNT)
USER = Identity("IAMUser", arn=f"arn:aws:iam::{ACCOUNT}:user/kiosk", account_id=ACCOUNT, user_name="kiosk")
WHO: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"identity": NAMELESS_ROLE},
    {"identity": USER},
    {"role": f"{APP}-2"},
)
REQUESTS = (
    None,
    *({"bucketName": bucket, "key": key} for bucket in "ab" for key in ("", "x", "x/y", "x/z", "x/y:1", "q", "r", "s")),
)


ADDRESSES = ("", *(f"192.0.2.{number}" for number in range(1, 6)))


@st.composite
def mixed_events(draw: st.DrawFn) -> tuple[Event, ...]:
    """Events of a few principals, all different: many share their time, some their id, and some have none."""
    found = []
    for number in range(draw(st.integers(1, 14))):
        day = draw(st.sampled_from(("", *DAYS)))
        found.append(
            event(
                draw(st.sampled_from(["s3 GetObject", "s3 PutObject", "kms Decrypt"])),
                draw(st.sampled_from(REQUESTS)),
                **draw(st.sampled_from(WHO)),
                id=draw(st.sampled_from([uuid(number), uuid(number), uuid(99), f"odd-{number}", "<masked>", ""])),
                time=day and f"{day}T{draw(st.sampled_from(['00:00:00', '12:00:00', '12:00:01', '23:59:59']))}Z",
                account=draw(st.sampled_from([ACCOUNT, ACCOUNT, OTHER])),
                source_ip=draw(st.sampled_from(ADDRESSES)),
                shared_id=draw(st.sampled_from(["", "", "shared-1", "shared-2"])),
            )
        )
    return tuple(found)


@st.composite
def alike_events(draw: st.DrawFn) -> tuple[Event, ...]:
    """Events that differ only in the object, the address and the second."""
    return tuple(
        event(
            "s3 GetObject",
            draw(st.sampled_from(REQUESTS[1:])),
            id=uuid(number),
            time=f"{DAYS[0]}T12:00:0{draw(st.integers(0, 9))}Z",
            source_ip=draw(st.sampled_from(ADDRESSES[:2])),
        )
        for number in range(draw(st.integers(1, 14)))
    )


def some_events() -> st.SearchStrategy[tuple[Event, ...]]:
    return mixed_events() | alike_events()


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[tuple[Event, ...], list[File]]:
    """Events, and files that hold them in any order, those with an id perhaps again."""
    events = draw(some_events())
    named = [each for each in events if each.id]
    again = draw(st.lists(st.sampled_from(named), max_size=6)) if named else []
    shuffled = draw(st.permutations([*events, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    ends = zip([0, *cuts], [*cuts, len(shuffled)], strict=True)
    return events, [(f"{number}.json", tuple(shuffled[begin:end])) for number, (begin, end) in enumerate(ends)]


@contextmanager
def keeping_few(most: int, most_examples: int) -> Iterator[None]:
    """As if so few names below a prefix, and so few examples, were the most that are kept."""
    few = partial(collapsed, most=most)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.core.activity.fold.collapsed", few)
        patch.setattr("service.core.activity.merging.collapsed", few)
        patch.setattr(examples, "MOST_EXAMPLES", most_examples)
        yield


LIMITS = st.tuples(st.sampled_from([2, 3, 4, MOST_CHILDREN]), st.sampled_from([1, 2, examples.MOST_EXAMPLES]))


def folded(files: Iterable[File], groups: Iterable[int] = ()) -> list[Part]:
    """What the files show; everything is let go of after so many events, and so many more."""
    fold, parts, left = Fold(keep), list[Part](), iter(groups)
    due = next(left, 0)
    for label, events in files:
        fold.begin_file(label)
        for each in events:
            fold.add([each])
            due -= 1
            if due == 0:
                parts.append(fold.take())
                due = next(left, 0)
    return [*parts, fold.take()]


def by_principal(parts: Iterable[Part]) -> dict[Principal, list[Segment]]:
    found: dict[Principal, list[Segment]] = {}
    for part in parts:
        for segment in part.segments:
            found.setdefault(segment.principal, []).append(segment)
    return found


def one_of(segments: Sequence[Segment]) -> Segment:
    return merged(list(disjoint(segments)))


def as_stored(segments: Sequence[Segment]) -> Segment:
    """As an index keeps them: packed, settled as bytes, and read without what only merging needs."""
    return merged([unpacked(each, with_keys=False) for each in settled([packed(each) for each in segments])])


def said(segments: Sequence[Segment]) -> object:
    """Everything that an activity says, but how many records there were."""
    activity = Activity(segments)
    return activity.events, [(activity.used(window), activity.outside(window)) for window in WINDOWS]


def spans_of(parts: Iterable[Part]) -> dict[int, Day]:
    whole = Spans()
    for part in parts:
        whole.merge(part.spans)
    return whole.by_day


@UNHURRIED
@given(deliveries(), st.lists(st.integers(1, 6), max_size=6), LIMITS, st.randoms(use_true_random=False))
def test_delivery_and_grouping_and_merging_do_not_show(
    delivery: tuple[tuple[Event, ...], list[File]], groups: list[int], limits: tuple[int, int], random: Any
) -> None:
    events, files = delivery
    with keeping_few(*limits):
        whole, parts = folded([("all.json", events)]), folded(files, groups)
        random.shuffle(parts)
        expected = {who: one for who, (one,) in by_principal(whole).items()}
        found = by_principal(parts)
        assert found.keys() == expected.keys()
        ways = (one_of, as_stored)
        for make in ways:
            made = {who: make(segments) for who, segments in found.items()}
            for who, segment in made.items():
                assert said([segment]) == said([expected[who]])
            assert said(list(made.values())) == said([expected[who] for who in made])
            assert sum(each.records for each in made.values()) == sum(len(each) for _, each in files)
    assert spans_of(parts) == spans_of(whole)


@UNHURRIED
@given(deliveries(), LIMITS)
def test_merging_is_an_algebra(delivery: tuple[tuple[Event, ...], list[File]], limits: tuple[int, int]) -> None:
    """Associative and commutative; and what was read of a file changes nothing when it is read again."""
    _, files = delivery
    with keeping_few(*limits):
        for segments in by_principal(part for file in files for part in folded([file])).values():
            wholes = [one_of(order) for order in permutations(segments[:3])]
            assert all(each == wholes[0] for each in wholes)
            for a, b, c in permutations((*segments, *segments, *segments)[:3]):
                assert one_of([one_of([a, b]), c]) == one_of([a, one_of([b, c])])
            again = one_of([*segments, *segments])
            once = one_of(segments)
            assert (again.rows, again.sketches, again.records) == (once.rows, once.sketches, 2 * once.records)


@UNHURRIED
@given(deliveries(), LIMITS)
def test_every_event_counts_once_and_every_record_is_told_of(
    delivery: tuple[tuple[Event, ...], list[File]], limits: tuple[int, int]
) -> None:
    _, files = delivery
    with keeping_few(*limits):
        for segments in by_principal(folded(files)).values():
            activity = Activity([one_of(segments)])
            for window in WINDOWS:
                used, outside = activity.used(window), activity.outside(window)
                assert sum(each.count for each in used.usage.values()) + sum(outside) == activity.events
                assert {call: each.count for call, each in used.usage.items()} == {
                    call: sum(counts.values()) for call, counts in used.contexts.items()
                }
                assert used.behind.keys() <= used.usage.keys()
            assert activity.records == activity.events + activity.duplicates
            ids = {each.id for _, events in files for each in events}
            assert {one for each in activity.used(Window()).usage.values() for one in each.event_ids} <= ids - {""}


@UNHURRIED
@given(some_events())
def test_two_events_are_one_if_principal_row_time_and_id_are(events: tuple[Event, ...]) -> None:
    """Two records of one id and time with different content both count: neither is known to be the wrong one."""
    whole = by_principal(folded([("all.json", events)]))
    told = {
        (
            *(attribute(each), each.source, each.name, bytes(each.request), each.account, each.source_ip),
            *(each.shared_id, each.time, each.id or number),
        )
        for number, each in enumerate(events)
    }
    assert sum(one.events for (one,) in whole.values()) == len(told)
    assert sum(one.records for (one,) in whole.values()) == len(events)
