"""One record's bytes to an event: the strict fast lane, and what a record may be instead of a request.

About 3% of real records drift from the documented types; those go by the tolerant lane (`service.core.trail.tolerant`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from service.core.events import Aside, Drifted, Event, Malformed, Parsed
from service.core.trail.identities import identify
from service.core.trail.tolerant import NO_NAME, NO_SOURCE, UNREADABLE, Members, members, text, tolerant_event

INVALID_TEXT = "invalid UTF-8"

# Records that are not requests, by eventType or by eventCategory.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-insights-fields.html
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aggregated-events.html
KIND_BY_TYPE: dict[str, str] = {
    "AwsCloudTrailInsight": "Insights record",
    "AwsAggregatedEvent": "aggregated summary",
}
KIND_BY_CATEGORY: dict[str, str] = {"Insight": "Insights record", "Aggregated": "aggregated summary"}
# Notifications of S3 have a `Records` list, event sources and event names too. Only theirs begin with `aws:`.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
NOTIFICATION_SOURCE = "aws:"
NOTIFICATION = "event notification"


def parse_record(raw: bytes | msgspec.Raw) -> Parsed:
    """The event that a record is, or why it is none. Any bytes give an answer; none raise."""
    record = bytes(raw)
    if not is_utf8(record):
        return Malformed(INVALID_TEXT)
    try:
        event = _decode_record(record)
        identify((event,))
        return settled(event)
    except UNREADABLE:
        found = members(record)
    return found if isinstance(found, Malformed) else parse_members(found)


def parse_members(found: Members) -> Parsed:
    """The same for a record of which only the members are known."""
    kind = _kind(text(found, "eventType"), text(found, "eventCategory"), text(found, "eventSource"))
    if kind is not None:
        return Aside(kind)
    parsed = tolerant_event(found)
    if not isinstance(parsed, Drifted):
        return parsed if isinstance(parsed, Malformed) else settled(parsed)
    again = settled(parsed.event)
    match again:
        case Event():
            return Drifted(again, parsed.ignored)
        case Drifted():
            return Drifted(again.event, tuple(sorted({*parsed.ignored, *again.ignored})))
    return again


def parse_slice(slice_: bytes, *, lines: bool) -> Sequence[Parsed] | None:
    """Every record of a JSON list, or of JSON lines; `None` when the strict lane cannot read one of them.

    A slice that decodes proves that it was cut between records: a cut within one would leave it unbalanced.
    """
    if not is_utf8(slice_):
        return None
    try:
        events = _decode_lines(slice_) if lines else _decode_list(slice_)
        identify(events)
    except UNREADABLE:
        return None
    return events if _are_settled(events) else [settled(event) for event in events]


def is_utf8(content: bytes) -> bool:
    """Whether all of it is UTF-8, also the members that are not decoded here."""
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def settled(event: Event) -> Parsed:
    """A decoded record with its time in one form, or what it is instead of a request."""
    if (kind := _kind(event.type, event.category, event.source)) is not None:
        return Aside(kind)
    if not event.source or not event.name:
        return Malformed(NO_NAME if event.source else NO_SOURCE)
    time = utc(event.time)
    if time == event.time:
        return event
    changed: Event = msgspec.structs.replace(event, time=time)
    return changed if time else Drifted(changed, ("eventTime",))


def utc(time: str) -> str:
    """A time as `2026-01-31T12:00:00Z`, empty when it cannot be read. Without an offset it is UTC.

    `eventTime`: "The date and time the request was completed, in coordinated universal time (UTC)."
    """
    return _utc(time) if _SHORTEST_TIME <= len(time) <= _LONGEST_TIME else ""


_SHORTEST_TIME = len("20260131T120000")
_LONGEST_TIME = len("2026-01-31T12:00:00.123456789+01:00:00")


@lru_cache(maxsize=16384)
def _utc(time: str) -> str:
    try:
        read = datetime.fromisoformat(time)
        moment = read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else ""


_decode_record = msgspec.json.Decoder(Event).decode
_decode_list = msgspec.json.Decoder(list[Event]).decode
_decode_lines = msgspec.json.Decoder(Event).decode_lines


def _are_settled(events: Sequence[Event]) -> bool:
    """Whether `settled` would return each event itself; `False` may be wrong. Most slices are: this is the hot path.

    Texts taken together are searched much faster than each is looked up, and none of those searched for has a newline.
    """
    sources = [event.source for event in events]
    types = "\n".join([event.type for event in events])
    categories = "\n".join([event.category for event in events])
    return (
        "" not in sources
        and "" not in [event.name for event in events]
        and not any(kind in types for kind in KIND_BY_TYPE)
        and not any(kind in categories for kind in KIND_BY_CATEGORY)
        and f"\n{NOTIFICATION_SOURCE}" not in "\n".join(("", *sources))
        and _are_utc([event.time for event in events])
    )


def _are_utc(times: Sequence[str]) -> bool:
    """Whether `utc` would return each itself. Reading them one by one takes longer than decoding them."""
    text = "\n".join(times) + "\n"
    usual = len(text) == len(times) * _USUAL_TIME and _USUAL_TIMES.fullmatch(text) is not None
    return usual or all(utc(time) == time for time in set(times))


_USUAL_TIME = len("2026-01-31T12:00:00Z\n")
_USUAL_TIMES = re.compile(
    r"(?:[1-9][0-9]{3}-"
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z\n)*+"
)


def _kind(event_type: str, category: str, source: str) -> str | None:
    if (kind := KIND_BY_TYPE.get(event_type) or KIND_BY_CATEGORY.get(category)) is not None:
        return kind
    return NOTIFICATION if source.startswith(NOTIFICATION_SOURCE) else None
