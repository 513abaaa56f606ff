"""Any bytes as a record or as a file give an answer; how a file is cut into pieces never shows."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.events import Aside, Drifted, Event, Malformed
from service.core.outcome import outcome
from service.core.principals import attribute
from service.core.trail import framing
from service.core.trail.records import parse_record, parse_slice, utc
from tests.core.test_framing import got, record

MEMBERS = [
    *(field.encode_name for field in msgspec.structs.fields(Event)),
    *("type", "arn", "accountId", "sessionContext", "sessionIssuer", "Records", "detail", "detail-type", "message"),
]
TEXTS = st.text(max_size=12) | st.sampled_from(["true", "AwsApiCall", "arn:aws:iam::111122223333:role/x", "\ud800"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(MEMBERS) | TEXTS, inner, max_size=6),
    max_leaves=10,
)
RECORDS = st.fixed_dictionaries(
    {"eventSource": TEXTS, "eventName": TEXTS},
    optional={name: JSON for name in MEMBERS if name not in ("eventSource", "eventName")},
)


@given(JSON | RECORDS)
def test_any_json_is_an_event_or_not(value: object) -> None:
    parsed = parse_record(json.dumps(value).encode())
    assert isinstance(parsed, Event | Drifted | Malformed | Aside)
    if isinstance(parsed, Event | Drifted):
        event = parsed.event if isinstance(parsed, Drifted) else parsed
        attribute(event)
        outcome(event.error_code, event.error_message)
        assert event.source
        assert event.name
        assert utc(event.time) == event.time


@given(RECORDS)
def test_an_unread_member_never_costs_a_good_record(value: dict[str, Any]) -> None:
    """With a source, a name and no identity, whatever else there is."""
    good = {**value, "eventSource": "s", "eventName": "n", "eventType": "AwsApiCall", "eventCategory": "Data"}
    good.pop("userIdentity", None)
    text = json.dumps(good)
    if "\\ud800" not in text and "NaN" not in text and "Infinity" not in text:
        assert isinstance(parse_record(text.encode()), Event | Drifted)


@given(st.lists(RECORDS, max_size=4))
def test_the_lanes_agree(values: list[dict[str, Any]]) -> None:
    one_by_one = [parse_record(json.dumps(value).encode()) for value in values]
    listed = parse_slice(json.dumps(values).encode(), lines=False)
    lines = parse_slice("".join(f"{json.dumps(value)}\n" for value in values).encode(), lines=True)
    assert listed is None or list(listed) == one_by_one
    assert lines is None or list(lines) == one_by_one


@given(st.binary(max_size=200), st.integers(1, 50))
def test_any_bytes_are_read_to_the_end(content: bytes, size: int) -> None:
    assert got(content, size) == got(content)


ITEMS = st.sampled_from(
    [
        *(record(name) for name in "ABC"),
        *(record("D", requestParameters=[{"eventSource": "x"}, {"eventSource": "y"}]), record("E", readOnly="true")),
        *(
            '{"eventSource":"s","eventName":nul}',
            '{"eventSource":"s',
            '{"eventSource":"s","a":{"b":[',
            "7",
            "{}",
            "]",
            "x",
        ),
    ]
)


@given(
    st.lists(ITEMS, max_size=12), st.sampled_from(['{"Records":[', "[", ""]), st.integers(1, 90), st.integers(60, 400)
)
def test_pieces_and_slices_never_show(items: list[str], begin: str, size: int, slice_: int) -> None:
    joint, end = (",", {"[": "]", "": "\n"}.get(begin, "]}")) if begin else ("\n", "\n")
    content = (begin + joint.join(items) + end).encode()
    whole = got(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(framing, "SLICE", slice_)
        assert got(content, size) == whole


@given(st.lists(ITEMS, max_size=12), st.booleans())
def test_good_records_survive_their_neighbours(items: list[str], lines: bool) -> None:
    begin, joint, end = ("", "\n", "\n") if lines else ('{"Records":[', ",", "]}")
    padded = [record("first"), *items, record("last")]
    good = [json.loads(item)["eventName"] for item in padded if '"eventName":"' in item]
    found = got((begin + joint.join(padded) + end).encode()).events
    assert [name for name in found if name in good] == found
    assert found == good
