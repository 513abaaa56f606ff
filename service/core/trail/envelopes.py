"""What CloudTrail records come wrapped in: EventBridge, LookupEvents output, CloudWatch Logs, notifications."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from service.core.events import Aside, Malformed, Parsed
from service.core.trail.records import parse_members, parse_record
from service.core.trail.tolerant import INVALID_JSON, NOT_AN_OBJECT, UNREADABLE, Members, members, text

OTHER_JSON = "other JSON"
OTHER_EVENT = "other EventBridge event"
DIGEST = "digest file"
CONTROL_MESSAGE = "CloudWatch Logs control message"
TOO_WRAPPED = "wrapped too deeply"
NOT_A_LIST = "not a list"

LISTS: tuple[str, ...] = ("Records", "Events", "logEvents", "events", "Messages")
"""Members that hold a list of records, wrapped or not.

`Records`: log files. `Events`: LookupEvents. `logEvents`: CloudWatch Logs subscriptions. `events`: output of
filter-log-events and get-log-events. `Messages`: output of SQS receive-message.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
"""

# Members that hold one record as JSON text: LookupEvents, CloudWatch Logs, SNS, SQS.
_TEXTS: tuple[str, ...] = ("CloudTrailEvent", "message", "Message", "Body")
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
_DETAIL, _DETAIL_TYPE, _VIA_CLOUDTRAIL = "detail", "detail-type", "via CloudTrail"
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html
_DIGEST_MARKS = frozenset({"digestStartTime", "digestEndTime", "digestS3Object"})
# "CloudWatch Logs emits 'CONTROL_MESSAGE' type records to check if the destination is reachable"
_CONTROL_BEGINS = "CWL CONTROL MESSAGE"

_RECORD_MARKS = frozenset({"eventVersion", "eventSource", "eventName", "eventType", "userIdentity"})
_MOST_WRAPPINGS = 5


def parse_value(value: bytes | msgspec.Raw, *, listed: bool = False, depth: int = 0) -> Iterator[Parsed]:
    """Every record in a JSON value. One that is `listed` stands where a record must; elsewhere it may be anything."""
    parsed = parse_record(value)
    if not isinstance(parsed, Malformed):
        yield parsed
        return
    found = members(value)
    if isinstance(found, Malformed):
        yield found if listed or found.reason != NOT_AN_OBJECT else Aside(OTHER_JSON)
    elif depth > _MOST_WRAPPINGS:
        yield Malformed(TOO_WRAPPED)
    elif _RECORD_MARKS & found.keys():
        yield parsed
    else:
        yield from _unwrapped(found, listed, depth)


def _unwrapped(found: Members, listed: bool, depth: int) -> Iterator[Parsed]:
    if _DIGEST_MARKS & found.keys():
        yield Aside(DIGEST)
        return
    if _DETAIL_TYPE in found and _DETAIL in found:
        yield from _event_of_bridge(found, depth)
        return
    if lists := [name for name in LISTS if name in found]:
        for name in lists:
            yield from _listed(name, found[name], depth)
        return
    for name in _TEXTS:
        if inner := text(found, name):
            yield from _written(inner, depth)
            return
    yield parse_members(found) if listed else Aside(OTHER_JSON)


def _event_of_bridge(found: Members, depth: int) -> Iterator[Parsed]:
    if text(found, _DETAIL_TYPE).endswith(_VIA_CLOUDTRAIL):
        yield from parse_value(found[_DETAIL], listed=True, depth=depth + 1)
    else:
        yield Aside(OTHER_EVENT)


def _listed(name: str, raw: msgspec.Raw, depth: int) -> Iterator[Parsed]:
    try:
        values = msgspec.json.decode(raw, type=list[msgspec.Raw])
    except UNREADABLE:
        yield Malformed(f"`{name}` is {NOT_A_LIST}")
        return
    for value in values:
        yield from parse_value(value, listed=True, depth=depth + 1)


def _written(inner: str, depth: int) -> Iterator[Parsed]:
    if inner.startswith(_CONTROL_BEGINS):
        yield Aside(CONTROL_MESSAGE)
    elif inner.lstrip().startswith("{"):
        yield from parse_value(inner.encode(), listed=True, depth=depth + 1)
    else:
        yield Malformed(INVALID_JSON, "the message is not a JSON object")
