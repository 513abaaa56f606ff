"""Values that are enough to try: every way in which tests of a key can come out together shows at one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise

from service.core.iam.proving.atoms import Kind
from service.core.iam.values import parse_date, parse_number, parse_range


def candidates(kind: Kind, values: Iterable[str]) -> list[str]:
    """Values of a key to try against tests of this kind that name these values."""
    return list(dict.fromkeys(_CANDIDATES[kind](sorted(set(values)))))


def _numbers(values: list[str]) -> Iterator[str]:
    constants = [number for value in values if (number := parse_number(value)) is not None]
    return (format(point.normalize(), "f") for point in _points(constants))


def _dates(values: list[str]) -> Iterator[str]:
    constants = [moment for value in values if (moment := parse_date(value)) is not None]
    return map(_date, _points(constants))


def _points(constants: list[Decimal]) -> Iterator[Decimal]:
    """The constants, one point between each two, and one on either side."""
    ordered = sorted(set(constants)) or [Decimal(0)]
    yield from ordered
    yield from ((first + second) / 2 for first, second in pairwise(ordered))
    yield from (ordered[0] - 1, ordered[-1] + 1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = Decimal(200) * 366 * 86400


def _date(moment: Decimal) -> str:
    """As people write it where that says all; else as seconds since 1970."""
    if moment != moment.to_integral_value() or not 0 <= moment <= _FAR:
        return format(moment, "f")
    return (_EPOCH + timedelta(seconds=int(moment))).strftime("%Y-%m-%dT%H:%M:%SZ")


def _booleans(_: list[str]) -> Iterator[str]:
    yield from ("true", "false")


_LARGEST = {4: 2**32 - 1, 6: 2**128 - 1}


def _addresses(values: list[str]) -> Iterator[str]:
    """Of every range both ends and what lies just beyond; an address of documentation; the first of all."""
    ends: list[tuple[int, int]] = []
    for value in values:
        if (found := parse_range(value)) is not None:
            first, last = int(found.network_address), int(found.broadcast_address)
            ends += [(found.version, each) for each in (first, last, last + 1, first - 1)]
    yield from (_address(version, each) for version, each in ends if 0 <= each <= _LARGEST[version])
    yield from ("203.0.113.77", "2001:db8::77", "0.0.0.0", "::")  # noqa: S104  # addresses to compare, none to listen on


def _address(version: int, number: int) -> str:
    return str(IPv4Address(number) if version == 4 else IPv6Address(number))


def _texts(values: list[str]) -> Iterator[str]:
    return iter(values)


_CANDIDATES: dict[Kind, Callable[[list[str]], Iterator[str]]] = {
    Kind.NUMBER: _numbers,
    Kind.DATE: _dates,
    Kind.BOOLEAN: _booleans,
    Kind.ADDRESS: _addresses,
    Kind.TEXT: _texts,
}
