"""Between what the use cases know and what the tables hold: an addition as rows, and rows as values again."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from zlib import crc32

import msgspec

from catalog.model import Operation
from service.adapters.usage_index.kinds import DamagedValue, digest, to_bytes, to_text
from service.adapters.usage_index.proofs import proof
from service.adapters.usage_index.schema import DeliveredRow, FileRow, KeptRow, LeftOutRow, PrincipalRow, ProfileRow
from service.core.activity.packing import Packed
from service.core.activity.profiles import Profile
from service.core.events import Rejected
from service.core.principals import Principal, PrincipalType
from service.core.shown import shown
from service.core.trail.delivered import Delivered
from service.usecases.index_port import Addition, IndexedFile, LeftOut
from service.usecases.ports import FileRead

Columns = dict[str, bytes | int | None]
"""A row that is to be stored, by column."""


class Rows(msgspec.Struct, frozen=True, array_like=True):
    """An addition as rows of each table; those of `segments` name their principal by its key."""

    principals: list[Columns]
    segments: list[Columns]
    spans: list[Columns]
    profiles: list[Columns]
    delivered: list[Columns]
    kept: list[Columns]
    files: list[Columns]
    left_out: list[Columns]
    gone: list[Columns]
    folders: list[Columns] = []


def rows_of(addition: Addition) -> Rows:
    """What is stored of an addition, each table sorted by its key."""
    principals = addition.principals | {segment.principal for segment in addition.segments}
    return Rows(
        principals=_sorted(map(_principal, principals)),
        segments=[
            segment_columns(each) | {"of_principal": principal_key(each.principal)} for each in addition.segments
        ],
        spans=[
            {"day": day, **found._asdict(), "proof": proof((day, *found))}
            for day, found in sorted(addition.spans.by_day.items())
        ],
        profiles=_sorted(map(_profile, addition.profiles)),
        delivered=_sorted(_delivered(addition.delivered)),
        kept=_sorted(_kept(operation, members) for operation, members in addition.kept.items()),
        files=_sorted(map(_file, addition.files)),
        left_out=_sorted(map(_left_out, addition.left_out)),
        gone=[{"key": path_key(each)} for each in addition.gone],
        folders=_sorted(_folder(*_split(each)[:2]) for each in addition.files),
    )


def packed_rows(rows: Rows) -> bytes:
    """As one value, for an addition that is put by."""
    return msgspec.msgpack.encode(rows)


def unpacked_rows(content: bytes) -> Rows:
    """As they were packed.

    Raises:
        DamagedValue: they were not.
    """
    try:
        return msgspec.msgpack.decode(content, type=Rows)
    except msgspec.DecodeError as error:
        raise DamagedValue(f"an addition that was put by cannot be read, {error}") from error


@lru_cache(maxsize=4096)
def principal_key(principal: Principal) -> bytes:
    """What a principal is found by."""
    return digest(*map(to_bytes, (principal.type, principal.account, principal.name, principal.arn)))


def asked_key(account: str, name: str) -> bytes:
    """What principals are found by when somebody asks for them."""
    return digest(to_bytes(account), to_bytes(name))


def path_key(path: str) -> bytes:
    """What a file is found by."""
    return digest(to_bytes(path))


def segment_columns(packed: Packed) -> Columns:
    """A segment, less whose it is."""
    return {
        "first_day": packed.first_day,
        "last_day": packed.last_day,
        "events": packed.events,
        "records": packed.records,
        "seal": segment_seal(packed),
        "rows": packed.rows,
        "keys": packed.keys,
    }


def segment_seal(packed: Packed) -> int:
    """A checksum of a segment and whose it is. Its keys have one of their own, where they are unpacked."""
    numbers = (packed.first_day, packed.last_day, packed.events, packed.records)
    return crc32(packed.rows, crc32(repr(numbers).encode(), crc32(principal_key(packed.principal))))


def seal(noted: Iterable[object]) -> int:
    """A checksum of what is noted of a file, in the order of `_SEALED_OF_FILE` or `_SEALED_OF_LEFT_OUT`."""
    return crc32(repr(list(noted)).encode())


_SEALED_OF_FILE = ("path", "label", "tag", "bytes", "modified_ns", "records", "events", "report")
_SEALED_OF_LEFT_OUT = ("path", "label", "reason", "detail", "is_fault")


def _principal(principal: Principal) -> Columns:
    return {
        "key": principal_key(principal),
        "type": to_bytes(principal.type),
        "account": to_bytes(principal.account),
        "name": to_bytes(principal.name),
        "arn": to_bytes(principal.arn),
        "asked": asked_key(principal.account, principal.name),
    }


def _profile(profile: tuple[str, str]) -> Columns:
    name, role = map(to_bytes, profile)
    return {"key": digest(name, role), "profile": name, "role": role}


def _delivered(delivered: Iterable[Delivered]) -> Iterator[Columns]:
    months: dict[tuple[str, str, int], int] = {}
    for account, region, number in delivered:
        day = date.fromordinal(number) if number else None
        month, bit = (12 * day.year + day.month, 1 << day.day) if day else (0, 0)
        key = account, region, month
        months[key] = months.get(key, 0) | bit
    for (account, region, month), days in months.items():
        columns: Columns = {"account": to_bytes(account), "region": to_bytes(region), "month": month, "days": days}
        yield columns | {"key": _delivered_key(account, region, month), "proof": proof((month, days))}


def _delivered_key(account: str, region: str, month: int) -> bytes:
    return digest(to_bytes(account), to_bytes(region), str(month).encode())


def _kept(operation: Operation, members: Iterable[str]) -> Columns:
    source, name = to_bytes(operation.source), to_bytes(operation.name)
    kept = zlib.compress(_json(sorted(members)), 9)
    return {"key": digest(source, name), "source": source, "name": name, "members": kept}


def _split(file: IndexedFile) -> tuple[bytes, bytes, bytes, bytes | None]:
    """The path of its folder, what its label has of that, its name, and its whole label where that does not end with
    its name.
    """
    path, label = to_bytes(file.path), to_bytes(file.read.label)
    at = path.rfind(b"/") + 1
    folder, name = path[:at], path[at:]
    return (folder, label[: -len(name)], name, None) if name and label.endswith(name) else (folder, b"", name, label)


def _folder(path: bytes, label: bytes) -> Columns:
    return {"key": digest(path, label), "path": path, "label": label}


def _file(file: IndexedFile) -> Columns:
    read = file.read
    folder_path, folder_label, name, own_label = _split(file)
    row: Columns = {
        "path": to_bytes(file.path),
        "label": to_bytes(read.label),
        "tag": to_bytes(file.tag),
        "bytes": read.bytes,
        "modified_ns": file.modified_ns,
        "records": read.records,
        "events": read.events,
        "report": _report(read),
    }
    stored: Columns = {
        "key": path_key(file.path),
        "folder_key": digest(folder_path, folder_label),
        "name": name,
        "own_label": own_label,
        "seal": seal(row[each] for each in _SEALED_OF_FILE),
        "proof": proof((read.bytes, read.records, read.events)),
    }
    return row | stored


def _left_out(left_out: LeftOut) -> Columns:
    row: Columns = {
        "key": path_key(left_out.path),
        "path": to_bytes(left_out.path),
        "label": to_bytes(left_out.label),
        "reason": to_bytes(left_out.reason),
        "detail": to_bytes(left_out.detail),
        "is_fault": left_out.is_fault,
    }
    return row | {"seal": seal(row[each] for each in _SEALED_OF_LEFT_OUT)}


def _report(read: FileRead) -> bytes | None:
    if not (read.rejected or read.examples or read.skipped or read.ignored):
        return None
    examples = [[each.file, each.record, each.reason, each.detail] for each in read.examples]
    return _json(
        {
            "rejected": dict(read.rejected),
            "examples": examples,
            "skipped": dict(read.skipped),
            "ignored": dict(read.ignored),
        }
    )


def _json(value: object) -> bytes:
    """ASCII: names of files that are not UTF-8 come as lone surrogates, which faster encoders refuse."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()


def _sorted(rows: Iterable[Columns]) -> list[Columns]:
    """By key, one row a key: of several about one file the last one counts."""
    by_key = {row["key"]: row for row in rows}
    return [by_key[key] for key in sorted(by_key)]  # type: ignore[type-var]  # every key is bytes


# ---- from rows


def read_principal(row: PrincipalRow) -> Principal:
    """The principal of a row.

    Raises:
        DamagedValue: it is none.
    """
    try:
        kind = PrincipalType(to_text(row.type))
    except ValueError as error:
        raise DamagedValue(f"principal {row.id} cannot be read, {error}") from error
    principal = Principal(kind, to_text(row.account), to_text(row.name), to_text(row.arn))
    if principal_key(principal) != row.key:
        raise DamagedValue(f"principal {row.id} is not what was stored")
    return principal


def sealed_file(row: FileRow) -> FileRow:
    """The row of a file.

    Raises:
        DamagedValue: it is not what was stored.
    """
    if row.seal != seal(getattr(row, each) for each in _SEALED_OF_FILE):
        raise DamagedValue(f"what is noted of the file `{shown(to_text(row.path))}` is not what was stored")
    return row


def read_file(row: FileRow) -> FileRead:
    """The report of a file that has more to say than its counts.

    Raises:
        DamagedValue: it is none.
    """
    try:
        report = msgspec.convert(json.loads(row.report or b""), _Report)
    except (ValueError, msgspec.ValidationError) as error:
        raise DamagedValue(f"the report of a file cannot be read, {error}") from error
    examples = tuple(Rejected(*each) for each in report.examples)
    counts = (row.bytes, row.records, row.events)
    return FileRead(to_text(row.label), *counts, report.rejected, examples, report.skipped, report.ignored)


class _Report(msgspec.Struct, forbid_unknown_fields=True):
    rejected: Mapping[str, int]
    examples: list[tuple[str, int, str, str]]
    skipped: Mapping[str, int]
    ignored: Mapping[str, int]


def read_left_out(row: LeftOutRow) -> LeftOut:
    """The file of a row that was not read.

    Raises:
        DamagedValue: it is not what was stored.
    """
    if row.seal != seal(getattr(row, each) for each in _SEALED_OF_LEFT_OUT):
        raise DamagedValue(f"what is noted of `{shown(to_text(row.path))}`, which was not read, is not what was stored")
    path, label, reason, detail = map(to_text, (row.path, row.label, row.reason, row.detail))
    return LeftOut(path, label, reason, detail, row.is_fault)


def read_kept(row: KeptRow) -> tuple[Operation, frozenset[str]]:
    """An operation, and the members of its requests that were kept.

    Raises:
        DamagedValue: it is none.
    """
    try:
        members = msgspec.convert(json.loads(zlib.decompress(row.members)), frozenset[str])
    except (ValueError, zlib.error, msgspec.ValidationError) as error:
        raise DamagedValue(f"the members of an operation cannot be read, {error}") from error
    if digest(row.source, row.name) != row.key:
        raise DamagedValue("the name of an operation is not what was stored")
    return Operation(to_text(row.source), to_text(row.name)), members


def read_profile(row: ProfileRow) -> Profile:
    """Which role an instance profile holds.

    Raises:
        DamagedValue: it is not what was stored.
    """
    if digest(row.profile, row.role) != row.key:
        raise DamagedValue("what an instance profile holds is not what was stored")
    return to_text(row.profile), to_text(row.role)


def read_delivered(row: DeliveredRow) -> tuple[Delivered, ...]:
    """Of which account and Region there are files, and on which days.

    Raises:
        DamagedValue: it is not what was stored.
    """
    account, region, month, days = to_text(row.account), to_text(row.region), row.month, row.days
    if _delivered_key(account, region, month) != row.key or proof((month, days)) != row.proof:
        raise DamagedValue("of which account and Region there are files is not what was stored")
    if not month:
        return (Delivered(account, region),)
    year, number = divmod(month - 1, 12)
    bits = (day for day in range(1, _LONGEST_MONTH + 1) if days >> day & 1)
    return tuple(Delivered(account, region, date(year, number + 1, day).toordinal()) for day in bits)


_LONGEST_MONTH = 31
