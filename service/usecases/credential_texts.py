"""Credential reports: the CSV itself, or what `aws iam get-credential-report` answers, which holds it in base64.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from service.core.advice.credentials import AccessKey, Credentials, Report
from service.core.errors import InputError
from service.core.shown import shown

_ROOT = "<root_account>"
_KEYS = (1, 2)
_NEEDED = ("user", "arn", "password_enabled", "mfa_active", "access_key_1_active", "access_key_2_active")
_MOMENTS = (
    "user_creation_time",
    "password_last_used",
    "password_last_changed",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
)
_OTHERS = (
    "password_next_rotation",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)
"""Columns that AWS documents and that no advice rests on."""

_NOT_KNOWN = frozenset({"", "N/A", "no_information", "not_supported"})
_YES_OR_NO = {"true": True, "false": False, **dict.fromkeys(_NOT_KNOWN, False)}
_LISTED = 5


def report_of(name: str, content: bytes, account: str = "") -> Report:
    """The report in a file; `account` is whose is wanted, empty for any. What cannot be read of it is in its notes.

    Raises:
        InputError: it is no report, has no row that can be read, or is of another account.
    """
    text, generated = _csv_in(name, content)
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        header, rows = _header(name, next(lines, [])), list(lines)
    except csv.Error as error:
        raise InputError(f"{name} is no CSV ({error}): give the report as AWS wrote it") from error
    notes = [*_unknown(name, header)]
    found: list[tuple[Credentials, list[datetime]]] = []
    for number, values in enumerate(rows, 2):
        if not values:
            continue
        try:
            place = f"{name}, line {number}"
            row = _row(place, header, values)
            moments = [moment for each in _MOMENTS if (moment := _moment(place, row, each)) is not None]
            found.append((_credentials(place, row), moments))
        except InputError as error:
            notes.append(f"{error}; the row is left out")
    kept = [each for each in found if not account or f":{account}:" in each[0].arn]
    if not kept:
        of = f" of account {account}" if found else ""
        raise InputError(f"{name} has no row{of} that can be read{''.join(f'; {each}' for each in notes[:1])}")
    if others := len(found) - len(kept):
        notes.append(f"{name}: {others} rows are of other accounts and are left out")
    last = max((moment for _, moments in kept for moment in moments), default=_BEFORE_AWS)
    if generated is None or generated < last:
        before = f"says that it was made before {last.isoformat()}, which is in it"
        why = "does not say when it was made" if generated is None else before
        notes.append(f"{name} {why}: it is taken to be of the last moment in it")
    as_of = max(generated or last, last)
    return Report(as_of, tuple(sorted((each for each, _ in kept), key=lambda each: each.arn)), tuple(notes))


_BEFORE_AWS = datetime(2006, 1, 1, tzinfo=UTC)
"""No user of an account is older."""


def _csv_in(name: str, content: bytes) -> tuple[str, datetime | None]:
    text = _decoded(name, content)
    if not text.lstrip().startswith("{"):
        return text, None
    try:
        answer = json.loads(text)
        inside = base64.b64decode("".join(answer["Content"].split()), validate=True)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, RecursionError) as error:
        raise InputError(f"{name} is no answer of get-credential-report: give it, or the CSV in it") from error
    return _decoded(name, inside), _generated(answer.get("GeneratedTime"))


def _generated(said: object) -> datetime | None:
    """When a report was made: a text, or seconds since 1970 as older command lines write them."""
    if isinstance(said, int | float) and not isinstance(said, bool) and 0 < said < _FAR_SECONDS:
        return datetime.fromtimestamp(said, UTC)
    return _parsed(said) if isinstance(said, str) else None


_FAR_SECONDS = 253_402_300_800


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: byte {error.start} is not UTF-8: give the report as AWS wrote it") from error


def _header(name: str, columns: list[str]) -> list[str]:
    if missing := [each for each in _NEEDED if each not in columns]:
        raise InputError(f"{name} is no credential report: it has no column {', '.join(missing)}")
    return columns


def _unknown(name: str, header: Iterable[str]) -> Iterator[str]:
    others = [each for each in header if each not in (*_NEEDED, *_MOMENTS, *_OTHERS)]
    if others:
        listed = ", ".join(shown(each, 60) for each in others[:_LISTED])
        yield f"{name} has columns that are not known here and are not used: {listed}"


def _row(place: str, header: list[str], values: list[str]) -> dict[str, str]:
    if len(values) != len(header):
        raise InputError(f"{place} has {len(values)} columns, and the first line has {len(header)}")
    return dict(zip(header, values, strict=True))


def _credentials(place: str, row: dict[str, str]) -> Credentials:
    return Credentials(
        user=shown(row["user"], 128),
        arn=shown(row["arn"], 300),
        is_root=row["user"] == _ROOT,
        created=_moment(place, row, "user_creation_time"),
        has_password=_flag(place, row, "password_enabled"),
        password_used=_moment(place, row, "password_last_used"),
        password_changed=_moment(place, row, "password_last_changed"),
        has_mfa=None if row["mfa_active"] in _NOT_KNOWN else _flag(place, row, "mfa_active"),
        keys=tuple(_key(place, row, number) for number in _KEYS),
    )


def _key(place: str, row: dict[str, str], number: int) -> AccessKey:
    stem = f"access_key_{number}"
    rotated, used = (_moment(place, row, f"{stem}_{what}") for what in ("last_rotated", "last_used_date"))
    return AccessKey(number, _flag(place, row, f"{stem}_active"), rotated, used)


def _flag(place: str, row: dict[str, str], column: str) -> bool:
    value = row[column]
    if value not in _YES_OR_NO:
        raise InputError(f"{place}, {column}: `{shown(value, 60)}` is neither true nor false")
    return _YES_OR_NO[value]


def _moment(place: str, row: dict[str, str], column: str) -> datetime | None:
    value = row.get(column, "")
    if value in _NOT_KNOWN:
        return None
    found = _parsed(value)
    if found is None or found < _BEFORE_AWS:
        raise InputError(f"{place}, {column}: `{shown(value, 60)}` is no time like 2026-08-01T10:00:00+00:00")
    return found


def _parsed(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
