"""Events to segments: which records are one event, and what is told of beside segments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec import Raw, structs

from service.core.activity import fold as fold_module
from service.core.activity.activity import Activity
from service.core.activity.fold import Fold, Part, Wanted
from service.core.activity.merging import disjoint, merged
from service.core.activity.segment import Segment
from service.core.activity.spans import Spans
from service.core.days import Window
from service.core.events import Event, EventResource, Identity, SessionContext
from service.core.usage import Call
from service.wiring import keep
from tests.usecases.trails import ACCOUNT, APP, event

USER = f"arn:aws:iam::{ACCOUNT}:user/kiosk"
UUID = "00000001-aaaa-bbbb-cccc-000000000001"


def folded(*files: Iterable[Event], wanted: Wanted | None = None) -> Part:
    """Files of these events, folded as one part."""
    fold = Fold(keep, wanted)
    for number, events in enumerate(files):
        fold.begin_file(f"{number}.json")
        fold.add(list(events))
    return fold.take()


def only(part: Part) -> Segment:
    (segment,) = part.segments
    return segment


def calls(segment: Segment) -> set[Call]:
    return set(Activity([segment]).used(Window()).usage)


BASE = event(id=UUID, request={"bucketName": "b", "key": "k"})

TWICE: dict[str, tuple[Event, int]] = {
    "the same record": (BASE, 1),
    "another id": (event(id="other", request={"bucketName": "b", "key": "k"}), 2),
    "another time": (event(id=UUID, request={"bucketName": "b", "key": "k"}, time="2026-08-01T12:00:01Z"), 2),
    "no time": (event(id=UUID, request={"bucketName": "b", "key": "k"}, time=""), 2),
    "another resource": (event(id=UUID, request={"bucketName": "b", "key": "l"}), 2),
    "another operation": (event("s3 PutObject", id=UUID, request={"bucketName": "b", "key": "k"}), 2),
    "another outcome": (event(id=UUID, request={"bucketName": "b", "key": "k"}, error_code="AccessDenied"), 2),
    "another address": (event(id=UUID, request={"bucketName": "b", "key": "k"}, source_ip="192.0.2.1"), 2),
    "a request that says the same otherwise": (event(id=UUID, request={"key": "k", "bucketName": "b"}), 1),
    "a member that does not matter": (event(id=UUID, request={"bucketName": "b", "key": "k", "x-id": "y"}), 1),
    "another agent": (event(id=UUID, request={"bucketName": "b", "key": "k"}, user_agent="aws-cli"), 1),
    "a response that names nothing asked for": (
        event(id=UUID, request={"bucketName": "b", "key": "k"}, response=Raw(b'{"a":"arn:aws:s3:::c"}')),
        1,
    ),
    "a response that names what was asked for": (
        event(id=UUID, request={"bucketName": "b", "key": "k"}, response=Raw(b'{"a":"arn:aws:s3:::b"}')),
        2,
    ),
    "a resource that the service names": (
        event(id=UUID, request={"bucketName": "b", "key": "k"}, resources=(EventResource("arn:aws:s3:::b/k"),)),
        2,
    ),
}


@pytest.mark.parametrize(("other", "events"), TWICE.values(), ids=TWICE)
def test_which_records_are_one_event(other: Event, events: int) -> None:
    """An event is (principal, row, time, id): two records of one id and time with different content both count."""
    one = only(folded([BASE, other]))
    assert (one.events, one.records) == (events, 2)
    apart = merged(list(disjoint([only(folded([BASE])), only(folded([], [other]))])))
    assert (apart.rows, apart.records) == (one.rows, 2)


DENIED = "User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/"

APART: dict[str, tuple[dict[str, Any], ...]] = {
    "name": ({"name": "GetObject"}, {"name": "HeadObject"}),
    "service": ({"source": "s3.amazonaws.com"}, {"source": "s4.amazonaws.com"}),
    "type": ({}, {"type": "AwsServiceEvent"}),
    "region": ({}, {"region": "eu-west-2"}),
    "account": ({}, {"account": "444455556666"}),
    "error": ({"error_code": "AccessDenied"}, {"error_code": "NoSuchKey"}),
    "denial": tuple({"error_code": "AccessDenied", "error_message": f"{DENIED}{key}"} for key in "kl"),
    "address": ({"source_ip": "192.0.2.1"}, {"source_ip": "192.0.2.2"}),
    "endpoint": ({"vpc_endpoint": "vpce-1"}, {"vpc_endpoint": "vpce-2"}),
    "shared id": ({"shared_id": "s"}, {"shared_id": "t"}),
    "invoker": ({}, {"identity": Identity("IAMUser", arn=USER, invoked_by="athena.amazonaws.com")}),
    "resources": ({}, {"resources": (EventResource("arn:aws:s3:::b/k"),)}),
    "response": ({}, {"response": Raw(b'{"a":"arn:aws:s3:::k"}')}),
    "a response with escapes": tuple({"response": Raw(b'["\\u0061rn:aws:s3:::%s"]' % key)} for key in (b"k", b"l/k")),
    "request": tuple({"request": Raw(b'{"key":"%s"}' % key)} for key in (b"k", b"l")),
    "an ARN where nothing else is kept": tuple(
        {"name": "FoldPaper", "request": Raw(b'["arn:aws:s3:::%s"]' % key)} for key in (b"k", b"l")
    ),
    "an ARN with escapes": tuple(
        {"name": "FoldPaper", "request": Raw(b'["\\u0061rn:aws:s3:::%s"]' % key)} for key in (b"k", b"l")
    ),
}


@pytest.mark.parametrize("both", APART.values(), ids=APART)
def test_everything_that_a_row_is_made_of_is_looked_at(both: tuple[dict[str, Any], ...]) -> None:
    """Folded together, two events make the rows that each of them makes alone."""
    base = event(request={"bucketName": "b", "key": "k"}, identity=Identity("IAMUser", arn=USER))
    one, two = (structs.replace(base, id=str(place), **members) for place, members in enumerate(both))
    rows = [set(only(folded([each])).rows) for each in (one, two)]
    assert rows[0] != rows[1]
    for order in ((one, two), (two, one)):
        assert set(only(folded(order)).rows) == rows[0] | rows[1]


def test_one_id_at_two_times_is_two_events() -> None:
    """A trail that was masked before it was shared may have one id everywhere."""
    times = [f"2026-08-01T12:00:0{second}Z" for second in range(5)]
    assert only(folded([event(id="<masked>", time=time) for time in times])).events == 5


def test_events_without_an_id_are_told_apart_by_file_and_place() -> None:
    nameless = event(id="")
    assert only(folded([nameless, nameless], [nameless])).events == 3
    again = [only(folded([nameless, nameless], [nameless])) for _ in range(2)]
    assert merged(list(disjoint(again))).events == 3, "the same file read again shows the same events"
    other = [only(folded([nameless])), only(folded([], [nameless]))]
    assert merged(list(disjoint(other))).events == 2, "another file shows others"


def test_their_places_are_counted_on_when_a_part_of_a_file_is_taken() -> None:
    fold = Fold(keep)
    fold.begin_file("a.json")
    parts = []
    for _ in range(2):
        fold.add([event(id="")])
        parts.append(only(fold.take()))
    assert merged(list(disjoint(parts))).events == 2


def test_an_example_is_the_id_of_a_record() -> None:
    ((_, evidence),) = Activity([only(folded([event(id=""), event(id=UUID)]))]).used(Window()).usage.items()
    assert (evidence.count, evidence.event_ids) == (2, ())
    ((_, evidence),) = Activity([only(folded([event(id=UUID)]))]).used(Window()).usage.items()
    assert evidence.event_ids == (UUID,)


def test_only_those_that_are_wanted_have_segments() -> None:
    """The others are named, and their events are part of the days that are covered."""
    events = [event(id="1"), event(id="2", role=f"{APP}-2", time="2026-08-03T00:00:00Z")]
    part = folded(events, wanted=lambda principal: principal.name == "app")
    assert [each.principal.name for each in part.segments] == ["app"]
    assert [each.name for each in part.others] == ["app-2"]
    assert part.spans.covered(Window()) == ("2026-08-01T12:00:00Z", "2026-08-03T00:00:00Z")
    assert folded(events).spans == part.spans


FILLINGS = [
    event("iam AddRoleToInstanceProfile", {"instanceProfileName": f"p{number}", "roleName": "app"}, id=f"{number}")
    for number in range(3)
]


@pytest.mark.parametrize("wanted", [None, lambda _: False])
def test_profiles_are_learned_from_everybodys_records(wanted: Wanted | None) -> None:
    """Whoever is asked for, and whatever of a request is kept."""
    expected = {(f"arn:aws:iam::{ACCOUNT}:role/p{number}", APP) for number in range(3)}
    assert folded(FILLINGS, wanted=wanted).profiles == expected
    fold = Fold(lambda _: frozenset(), wanted)
    fold.add(FILLINGS)
    assert fold.take().profiles == expected


def test_an_identity_is_looked_up_as_it_is() -> None:
    """Two identities of one principal that differ in a condition key make two rows of it, in one segment."""
    shown, bare = (
        Identity(
            "IAMUser",
            arn=f"arn:aws:iam::{ACCOUNT}:user/kiosk",
            session_context=SessionContext(attributes=Raw(attributes)),
        )
        for attributes in (b'{"mfaAuthenticated":"true"}', b"")
    )
    segment = only(folded([event(id="1", identity=shown), event(id="2", identity=bare)]))
    assert {dict(row.context).get("aws:MultiFactorAuthPresent") for row in segment.rows} == {"true", None}
    assert len(calls(segment)) == 1


def test_identities_that_are_gone_are_not_mixed_up() -> None:
    """An identity that was let go of may leave its place in memory to another."""
    fold = Fold(keep)
    for number in range(200):
        fold.add([event(id="1", role=f"{APP}-{number}")])
    assert len(fold.take().segments) == 200


def test_taking_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold_module, "MOST_EVENTS", 2)
    fold, full = Fold(keep), []
    for number in range(3):
        fold.add([event(id=str(number))])
        full.append(fold.is_full)
    taken = fold.take()
    assert [*full, fold.is_full] == [False, False, True, False]
    assert only(taken).events == 3
    assert fold.take() == Part((), Spans())


@pytest.mark.parametrize(
    "long",
    [
        {"request": {"bucketName": "b", "key": "k", "policy": "p" * 600}},
        {"response": Raw(b'{"a":"arn:' + b"r" * 600 + b'"}')},
        {"error_code": "AccessDenied", "error_message": "m" * 600},
    ],
)
def test_a_fold_that_holds_much_text_is_full(monkeypatch: pytest.MonkeyPatch, long: dict[str, Any]) -> None:
    """However few events it is of."""
    monkeypatch.setattr(fold_module, "MOST_TEXT", 1000)
    fold, full = Fold(keep), []
    for number in range(2):
        fold.add([event(**long, id=str(number), source_ip=f"192.0.2.{number}")])
        full.append(fold.is_full)
    fold.take()
    assert [*full, fold.is_full] == [False, True, False]
