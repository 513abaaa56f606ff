"""One record's bytes to an event, or why not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from service.core.events import Aside, Drifted, Event, EventResource, Identity, Malformed, Parsed
from service.core.trail import identities
from service.core.trail.identities import IDENTITIES
from service.core.trail.records import parse_record, parse_slice, utc
from tests.tables import Row, rows


class RecordRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`record` or `text` in; `event` with the fields that matter, `rejected` or `kind` out."""

    record: dict[str, Any] | None = None
    text: str | None = None
    event: dict[str, Any] | None = None
    resources: list[str] | None = None
    attributes: str | None = None
    ignored: tuple[str, ...] = ()
    rejected: str | None = None
    kind: str | None = None

    @property
    def json(self) -> bytes:
        """The record's bytes."""
        return (self.text if self.text is not None else json.dumps(self.record, separators=(",", ":"))).encode()


@pytest.mark.parametrize("row", rows("records", RecordRow))
def test_record(row: RecordRow) -> None:
    match parse_record(row.json):
        case Malformed(reason=reason):
            assert reason == row.rejected
        case Aside(kind=kind):
            assert kind == row.kind
        case Drifted(event=event, ignored=ignored):
            assert ignored == row.ignored
            _check(event, row)
        case Event() as event:
            assert row.ignored == ()
            _check(event, row)


def _check(event: Event, row: RecordRow) -> None:
    assert row.rejected is None
    assert row.kind is None
    for name, value in (row.event or {}).items():
        found = getattr(event, name)
        assert (bytes(found).decode() if isinstance(found, msgspec.Raw) else found) == value, name
    if row.resources is not None:
        assert [
            each.arn or each.arn_prefix + "..." * bool(each.arn_prefix) for each in event.resources
        ] == row.resources
    if row.attributes is not None:
        assert event.identity.session_context is not None
        assert bytes(event.identity.session_context.attributes).decode() == row.attributes


@pytest.mark.parametrize("row", rows("records", RecordRow))
def test_the_lanes_agree(row: RecordRow) -> None:
    """A slice gives what its records give one by one, or leaves them to that."""
    plain = b'{"eventSource":"a","eventName":"b"}'
    for lines, slice_ in ((True, plain + b"\n" + row.json + b"\n"), (False, b"[" + plain + b"," + row.json + b"]")):
        found = parse_slice(slice_, lines=lines)
        one_by_one: list[Parsed] = [parse_record(plain), parse_record(row.json)]
        assert found is None or list(found) == one_by_one[: len(found)]


def test_invalid_utf8_anywhere_is_seen() -> None:
    """Also in members that are not decoded here."""
    record = b'{"eventSource":"a","eventName":"b","requestParameters":{"key":"\xff"}}'
    assert parse_record(record) == Malformed("invalid UTF-8")
    assert parse_slice(b"[" + record + b"]", lines=False) is None


def test_deep_nesting_is_a_rejection() -> None:
    record = b'{"eventSource":"a","eventName":"b","requestParameters":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    assert parse_record(record) == Malformed("nested too deeply")


def test_times_of_absurd_length_are_not_looked_at() -> None:
    assert utc("2026-08-01T10:00:00" + " " * 1000) == ""


def test_resources_are_the_same_by_both_lanes() -> None:
    entry = {"ARNPrefix": "arn:aws:s3:::b/", "ARN": "arn:aws:s3:::b/k", "type": "AWS::S3::Object", "accountId": "1"}
    members = {"eventSource": "a", "eventName": "b", "resources": [entry]}
    strict = parse_record(json.dumps({**members, "readOnly": True}).encode())
    tolerant = parse_record(json.dumps({**members, "readOnly": "true"}).encode())
    assert isinstance(strict, Event)
    assert strict == tolerant
    assert strict.resources == (EventResource("arn:aws:s3:::b/k", "arn:aws:s3:::b/", "AWS::S3::Object", "1"),)


UNUSUAL = [
    *({"eventTime": time} for time in ("2024-02-29T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z")),
    *({"eventTime": time} for time in ("2026-12-31T23:59:59Z", "2026-12-31T24:00:00Z", "0999-01-01T00:00:00Z", "")),
    # As long as two and as none: taken together with its neighbours it must not pass for other times.
    *(
        {"eventTime": time}
        for time in ("2026-01-31T12:00:00Z\n2026-01-31T12:00:00Z", "\n" * 20, "２026-01-31T12:00:00Z")
    ),
    *({"eventSource": source} for source in ("", "aws:s3", "x\naws:s3", "xaws:s3")),
    *({"eventName": name} for name in ("", "\n")),
    *({"eventType": kind} for kind in ("AwsCloudTrailInsight", "AwsAggregatedEvent", "NoAwsAggregatedEvent")),
    *({"eventCategory": kind} for kind in ("Insight", "Insights", "Aggregated")),
]


@pytest.mark.parametrize("members", UNUSUAL, ids=str)
def test_a_slice_is_settled_as_its_records_are(members: dict[str, str]) -> None:
    """By what all of it says together, where they are looked at one by one."""
    plain = {"eventSource": "s", "eventName": "n", "eventTime": "2026-08-01T10:00:00Z"}
    orders: list[list[dict[str, str]]] = [[members, {}], [{}, members]]
    for order in orders:
        records = [json.dumps({**plain, **more}).encode() for more in order]
        assert parse_slice(b"[" + b",".join(records) + b"]", lines=False) == [parse_record(each) for each in records]


IDENTITY = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/app"}}}


def with_identity(value: object) -> bytes:
    return json.dumps({"eventSource": "s", "eventName": "n", "userIdentity": value}).encode()


def test_equal_identities_are_one_object() -> None:
    """Who remembers something of an identity finds it again by the object alone."""
    records = [with_identity(IDENTITY), with_identity({**IDENTITY, "type": "Root"}), with_identity(IDENTITY)]
    found = parse_slice(b"[" + b",".join(records) + b"]", lines=False)
    alone = parse_record(records[0])
    assert found is not None
    first, other, again = (event.identity for event in found if isinstance(event, Event))
    assert isinstance(alone, Event)
    assert first is again is alone.identity
    assert (first.type, other.type) == ("AssumedRole", "Root")


def test_few_identities_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "MOST", 10)
    IDENTITIES.clear()
    for number in range(25):
        event = parse_record(with_identity({"userName": str(number)}))
        assert isinstance(event, Event)
        assert event.identity.user_name == str(number)
        assert len(IDENTITIES) <= 10


@pytest.mark.parametrize("drifted", [{**IDENTITY, "arn": 7}, {"sessionContext": []}, {"type": ["x"]}], ids=str)
def test_an_identity_that_drifted_costs_only_what_did(drifted: dict[str, Any]) -> None:
    records = [with_identity(IDENTITY), with_identity(drifted)]
    assert parse_slice(b"[" + b",".join(records) + b"]", lines=False) is None
    parsed = parse_record(records[1])
    assert isinstance(parsed, Drifted)
    assert parsed.event.identity.type == (drifted.get("type") if drifted.get("type") == "AssumedRole" else None)


@pytest.mark.parametrize("none", [None, 7, [], "x"], ids=repr)
def test_no_identity(none: object) -> None:
    """None is absent, anything else than an object costs the record; whichever lane."""
    assert parse_slice(b"[" + with_identity(none) + b"]", lines=False) is None
    parsed = parse_record(with_identity(none))
    assert parsed == (Event("s", "n") if none is None else Malformed("userIdentity is not an object"))


def test_an_event_made_by_hand_equals_one_that_was_read() -> None:
    assert parse_record(b'{"eventSource":"s","eventName":"n","userIdentity":{}}') == Event("s", "n")
    assert parse_record(b'{"eventSource":"s","eventName":"n"}') == Event("s", "n", identity=Identity())
