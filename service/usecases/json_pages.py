"""Pages of an AWS answer in a file: one object, a list of them, or one in each line; recorded ones unwrapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import msgspec

from service.core.errors import InputError
from service.core.shown import shown

Page = Mapping[str, object]


def pages_in(name: str, content: bytes) -> Iterator[tuple[str, Page]]:
    """Every page, with the place where it stands.

    Raises:
        InputError: the file is no JSON, or holds something else; the message names the place.
    """
    text = content.removeprefix(b"\xef\xbb\xbf")
    try:
        values = [(name, msgspec.json.decode(text))]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        values = list(_lines(name, text))
    for place, value in values:
        if isinstance(value, list):
            for number, each in enumerate(value):
                yield f"{place}[{number}]", _page(f"{place}[{number}]", each)
        else:
            yield place, _page(place, value)


def _lines(name: str, text: bytes) -> Iterator[tuple[str, object]]:
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.strip():
            place = f"{name}, line {number}"
            try:
                yield place, msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise InputError(
                    f"{place} is not JSON ({shown(str(error))}): give the answer as AWS wrote it"
                ) from error


def _page(place: str, value: object) -> Page:
    if not isinstance(value, Mapping):
        raise InputError(f"{place} is not a JSON object: give the answer as AWS wrote it")
    data = value.get("data")
    return data if "status_code" in value and isinstance(data, Mapping) else value


_PARTS = ("year", "month", "day", "hour", "minute", "second")


def moment_of(place: str, value: object) -> str:
    """A moment as `2026-08-01T12:00:00Z`, from ISO text, seconds since 1970, or a recorded datetime; empty for none.

    Raises:
        InputError: it is none of these.
    """
    if value is None or value == "":
        return ""
    try:
        found = _moment(value)
        utc = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
        said = shown(str(value), 60)
        raise InputError(f"{place}: `{said}` is no moment: give the answer as AWS wrote it") from error
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(value: object) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, Mapping):
        year, month, day, hour, minute, second = (int(value[each]) for each in _PARTS)
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    raise TypeError
