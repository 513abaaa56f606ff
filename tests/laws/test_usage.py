"""Laws of usage: merging is associative and commutative, and every event counts once however it was delivered."""

from __future__ import annotations

import pickle
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model import Operation
from service.core.days import Window
from service.core.events import Event
from service.core.outcome import Outcome
from service.core.principals import Principal, PrincipalType
from service.core.sightings import Sightings
from service.core.usage import EXAMPLES, NO_EVIDENCE, Call, Evidence, Usage, merge, total, without_context

UNHURRIED = settings(deadline=None)
OWN, OTHER = "111122223333", "000011112222"
ROLE = Principal(PrincipalType.ROLE, OWN, "app", f"arn:aws:iam::{OWN}:role/app")

times = st.sampled_from(["", "2026-08-01T00:00:00Z", "2026-08-01T23:59:59Z", "2026-08-02T00:00:00Z"])
ids = st.sampled_from(["", "a", "b", "c", "d", "e"])
calls = st.builds(
    Call,
    st.just(ROLE),
    st.builds(Operation, st.just("s3.amazonaws.com"), st.sampled_from(["GetObject", "PutObject"])),
    st.just("AwsApiCall"),
    st.sampled_from([OWN, OTHER]),
    st.just("eu-west-1"),
    st.sampled_from(Outcome),
    context=st.sampled_from([(), (("aws:SourceIp", "192.0.2.1"),), (("aws:SourceIp", "192.0.2.2"),)]),
)
evidences = st.builds(
    Evidence, times, times, st.integers(1, 9), st.frozensets(ids, max_size=EXAMPLES).map(sorted).map(tuple)
)
usages = st.dictionaries(calls, evidences, max_size=5)
records = st.tuples(
    st.builds(
        Event,
        st.just("s3.amazonaws.com"),
        st.just("GetObject"),
        id=ids,
        time=times,
        shared_id=st.sampled_from(["", "s"]),
    ),
    calls,
)


def seen(some: list[tuple[Event, Call]]) -> Sightings:
    sightings = Sightings()
    for event, call in some:
        sightings.add(event, call)
    return sightings


def facts(sightings: Sightings) -> tuple[Usage, int, int, int, tuple[int, int]]:
    day = Window("2026-08-01", "2026-08-01")
    usage = sightings.usage(Window())
    return usage, sightings.records, sightings.events, sightings.duplicates, sightings.outside(day)


@UNHURRIED
@given(evidences, evidences, evidences)
def test_evidence_is_an_algebra(a: Evidence, b: Evidence, c: Evidence) -> None:
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert NO_EVIDENCE.merge(a) == a
    assert total([a, b, c]) == total([c, a, b])
    assert a.merge(b).count == a.count + b.count
    assert len(a.merge(b).event_ids) <= EXAMPLES


@UNHURRIED
@given(usages, usages, usages)
def test_usage_is_an_algebra(a: Usage, b: Usage, c: Usage) -> None:
    assert merge([a, b]) == merge([b, a])
    assert merge([merge([a, b]), c]) == merge([a, merge([b, c])]) == merge([a, b, c])
    assert merge([a]) == merge([a, {}]) == a


@UNHURRIED
@given(usages)
def test_without_context_loses_no_event(usage: Usage) -> None:
    alone = without_context(usage)
    assert total(alone.values()) == total(usage.values())
    assert set(alone) == {replace(call, context=()) for call in usage}


@UNHURRIED
@given(st.lists(records, max_size=12).flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))), st.data())
def test_records_in_any_order_and_any_parts_are_the_same(
    both: tuple[list[tuple[Event, Call]], list[tuple[Event, Call]]], data: st.DataObject
) -> None:
    some, shuffled = both
    cut = data.draw(st.integers(0, len(shuffled)))
    first, second = seen(shuffled[:cut]), seen(shuffled[cut:])
    travelled: Sightings = pickle.loads(pickle.dumps(second))
    first.merge(travelled)
    assert facts(first) == facts(seen(some))


@UNHURRIED
@given(st.lists(records, max_size=12))
def test_every_event_counts_once(some: list[tuple[Event, Call]]) -> None:
    once, twice = seen(some), seen(some)
    twice.merge(seen([(event, call) for event, call in some if event.id or event.shared_id]))
    assert twice.usage(Window()) == once.usage(Window())
    assert once.events == total(once.usage(Window()).values()).count
    assert once.records == once.events + once.duplicates == len(some)
    day = Window("2026-08-01", "2026-08-01")
    assert once.events == total(once.usage(day).values()).count + sum(once.outside(day))
    named = [event_id for evidence in once.usage(Window()).values() for event_id in evidence.event_ids]
    assert set(named) <= {event.id for event, _ in some} - {""}


@UNHURRIED
@given(st.lists(records, min_size=1, max_size=12))
def test_what_is_merged_is_left_as_it_was(some: list[tuple[Event, Call]]) -> None:
    part = seen(some)
    before = facts(part)
    Sightings().merge(part)
    assert facts(part) == before
