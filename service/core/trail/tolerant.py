"""The tolerant lane: a record that drifted from the documented types, read member by member.

What a permission rests on (event source, event name, user identity) must be good. Any other member that cannot be
read is left out and named, and the record is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from service.core.events import Drifted, Event, EventResource, Identity, Malformed
from service.core.shown import shown
from service.core.trail.identities import IDENTITIES

INVALID_JSON = "invalid JSON"
TOO_DEEP = "nested too deeply"
NOT_AN_OBJECT = "not an object"
NO_SOURCE = "no eventSource"
NO_NAME = "no eventName"
NO_IDENTITY = "userIdentity is not an object"

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Everything that decoding JSON can raise."""

Members = Mapping[str, msgspec.Raw]
"""The members of a JSON object, not decoded."""


def members(raw: bytes | msgspec.Raw) -> Members | Malformed:
    """The members of a JSON object, or why it is none."""
    try:
        return _decode_members(raw)
    except msgspec.ValidationError as error:  # says nothing yet of what follows the first token
        return Malformed(NOT_AN_OBJECT if _is_json(raw) else INVALID_JSON, shown(str(error)))
    except RecursionError:
        return Malformed(TOO_DEEP)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Malformed(INVALID_JSON, shown(str(error)))


def text(found: Members, name: str) -> str:
    """A member that is text; empty when it is absent or of another type."""
    return _text(found[name]) or "" if name in found else ""


def tolerant_event(found: Members) -> Event | Drifted | Malformed:
    """The event that a record's members make, without those that cannot be read."""
    if (missing := _missing(found)) is not None:
        return missing
    ignored: list[str] = []
    event = Event(**_fields(Event, found, ignored))
    return Drifted(event, tuple(sorted(set(ignored)))) if ignored else event


def _missing(found: Members) -> Malformed | None:
    if not text(found, "eventSource"):
        return Malformed(NO_SOURCE)
    if not text(found, "eventName"):
        return Malformed(NO_NAME)
    identity = found.get("userIdentity", _NULL)
    if not _is_null(identity) and isinstance(members(identity), Malformed):
        return Malformed(NO_IDENTITY)
    return None


_fields_of = lru_cache(msgspec.structs.fields)


class _Unusable:
    """A member of a type that its field does not understand."""


_UNUSABLE = _Unusable()
_NULL = msgspec.Raw(b"null")
_decode_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_text = msgspec.json.Decoder(str).decode


def _fields(struct: type[msgspec.Struct], found: Members, ignored: list[str], path: str = "") -> dict[str, Any]:
    """The values of the struct's fields that can be read; the paths of the others go to `ignored`. Null is absent."""
    values: dict[str, Any] = {}
    for field in _fields_of(struct):
        raw = found.get(field.encode_name, _NULL)
        if _is_null(raw):
            continue
        place = f"{path}{field.encode_name}"
        value = _value((struct, field.name), field.type, raw, ignored, place)
        if value is _UNUSABLE:
            ignored.append(place)
        else:
            values[field.name] = value
    return values


def _value(
    field: tuple[type[msgspec.Struct], str], kind: Any, raw: msgspec.Raw, ignored: list[str], place: str
) -> object:
    if (reader := _READERS.get(field)) is not None:
        return reader(raw, ignored)
    if kind is msgspec.Raw:
        return raw
    options = getattr(kind, "__args__", (kind,))
    for struct in (each for each in options if issubclass(each, msgspec.Struct)):
        return _nested(struct, raw, ignored, place)
    found = _text(raw)
    return _UNUSABLE if found is None else found


def _nested(struct: type[msgspec.Struct], raw: msgspec.Raw, ignored: list[str], place: str) -> object:
    found = members(raw)
    return _UNUSABLE if isinstance(found, Malformed) else struct(**_fields(struct, found, ignored, f"{place}."))


def _text(raw: msgspec.Raw) -> str | None:
    try:
        return _decode_text(raw)
    except UNREADABLE:
        return None


def _is_json(raw: bytes | msgspec.Raw) -> bool:
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except UNREADABLE:
        return False
    return True


def _is_null(raw: msgspec.Raw) -> bool:
    return bytes(raw) == b"null"


def _boolean(raw: msgspec.Raw, _: list[str]) -> bool | _Unusable:
    return {b"true": True, b"false": False}.get(bytes(raw).strip(b'"').lower(), _UNUSABLE)


# As entries of `resources` are spelled in real records -> field. The first that is there and is text wins.
_RESOURCE_MEMBERS: tuple[tuple[str, str], ...] = (
    ("ARN", "arn"),
    ("arn", "arn"),
    ("resourceARN", "arn"),
    ("ARNPrefix", "arn_prefix"),
    ("type", "type"),
    ("accountId", "account"),
)


def _resources(raw: msgspec.Raw, ignored: list[str]) -> tuple[EventResource, ...] | _Unusable:
    """The entries that are objects; one that is not does not cost the others."""
    try:
        entries = _decode_array(raw)
    except UNREADABLE:
        return _UNUSABLE
    found = [entry for entry in map(members, entries) if not isinstance(entry, Malformed)]
    if len(found) < len(entries):
        ignored.append("resources[]")
    return tuple(_resource(entry) for entry in found)


def _resource(entry: Members) -> EventResource:
    values: dict[str, str] = {}
    for name, field in _RESOURCE_MEMBERS:
        if value := text(entry, name):
            values.setdefault(field, value)
    return EventResource(**values)


def _identity(raw: msgspec.Raw, ignored: list[str]) -> object:
    try:
        return IDENTITIES[bytes(raw)]
    except UNREADABLE:
        return _nested(Identity, raw, ignored, "userIdentity")


_READERS: dict[tuple[type[msgspec.Struct], str], Callable[[msgspec.Raw, list[str]], object]] = {
    (Event, "identity"): _identity,
    (Event, "read_only"): _boolean,
    (Event, "resources"): _resources,
}
