"""One record's bytes to an event, or why not."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from service.core.events import Aside, Drifted, Event, EventResource, Malformed, Parsed
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
