"""JSON as bytes, always written in the same way."""

from __future__ import annotations

import json
from typing import Any

import orjson

from service.core.errors import InputError

Json = dict[str, Any]


def to_bytes(value: Json) -> bytes:
    """UTF-8 JSON, indented by two, with a line feed at the end."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def check_members_once(content: bytes) -> None:
    """Refuse JSON with a member twice in one object: some readers take the first of the two, others the last.

    Raises:
        InputError: there is one; the message names it.
    """
    json.loads(content, object_pairs_hook=_each_once)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(each for each in found if names.count(each) > 1)
        raise InputError(f"has `{twice}` twice in one object: keep one")
    return found
