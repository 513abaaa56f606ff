"""Rows of one principal, and segments of them, as the tests of activity need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.core.activity.moment import key, moment
from service.core.activity.row import Family, Row
from service.core.activity.segment import Entry, Segment, added
from service.core.principals import Principal, PrincipalType
from service.core.usage import Context

ACCOUNT = "111122223333"
ROLE = Principal(PrincipalType.ROLE, ACCOUNT, "app", f"arn:aws:iam::{ACCOUNT}:role/app")
DAY = 739_829
"""2026-08-01."""


def row(*values: str, name: str = "GetObject", context: Context = (), account: str = ACCOUNT, shared: str = "") -> Row:
    """A call that names these values in its request."""
    paths = tuple(f"p{place}" for place, _ in enumerate(values))
    no_denial = ("", "", False, "")
    family = Family(
        *("s3.amazonaws.com", name, "AwsApiCall", account, "eu-west-1", "allowed", "", no_denial, ""), paths, (), ()
    )
    return Row(family, context, (*values, ""), shared)


def entry(of: Row, event_id: str, second: int = 0, day: int = DAY) -> Entry:
    """One event."""
    time = f"2026-08-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
    return Entry(day, 1, second, second, event_id, (key(moment(time, event_id), of.mark),))


def segment(found: Mapping[Row, Sequence[Entry]], principal: Principal = ROLE) -> Segment:
    """The entries as a segment."""
    rows = {each: added(entries) for each, entries in found.items()}
    return Segment(principal, rows, sum(map(len, found.values())), {})
