"""Typed values of conditions: numbers, dates, booleans, bytes, addresses and address ranges.

A text that is not of the type is `None`: what AWS makes of it is not documented.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")

# "one of the W3C implementations of the ISO 8601 date formats or in epoch (UNIX) time". A year alone is left out: it
# cannot be told from an epoch time.
_DATE = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})"
    r"(-(?P<day>[0-9]{2})"
    r"(T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(:(?P<second>[0-9]{2})(?P<fraction>\.[0-9]+)?)?"
    r"(Z|(?P<sign>[+-])(?P<hours>[0-9]{2}):(?P<minutes>[0-9]{2})))?)?"
)
_YEAR = re.compile(r"[0-9]{4}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_BOOLEANS = {"true": True, "false": False}

_RANGE = re.compile(r"[0-9A-Fa-f.:]+(/[0-9]{1,3})?")


def parse_number(text: str) -> Decimal | None:
    """An integer or decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=4096)
def parse_date(text: str) -> Decimal | None:
    """A date, or seconds since 1970; as seconds since 1970."""
    if (found := _DATE.fullmatch(text)) is None:
        return None if _YEAR.fullmatch(text) else parse_number(text)
    named = {name: int(found[name] or default) for name, default in _DATE_MEMBERS.items()}
    hours, minutes = named.pop("hours"), named.pop("minutes")
    try:
        moment = datetime(**named, tzinfo=UTC)
    except ValueError:
        return None
    offset = timedelta(hours=hours, minutes=minutes) * (-1 if found["sign"] == "-" else 1)
    whole = moment - _EPOCH - offset
    return Decimal(whole.days * 86400 + whole.seconds) + Decimal(found["fraction"] or 0)


_DATE_MEMBERS = {"year": 1, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "hours": 0, "minutes": 0}


def parse_boolean(text: str) -> bool | None:
    """`true` or `false`, in any case."""
    return _BOOLEANS.get(text.lower())


def parse_binary(text: str) -> bytes | None:
    """Bytes in base64."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


@lru_cache(maxsize=4096)
def parse_range(text: str) -> IPv4Network | IPv6Network | None:
    """Addresses in CIDR form; an address alone is a range of one."""
    if not _RANGE.fullmatch(text):
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """An IPv4 or IPv6 address."""
    try:
        return ip_address(text)
    except ValueError:
        return None
