"""JSON as bytes, always written in the same way."""

from __future__ import annotations

from typing import Any

import orjson

Json = dict[str, Any]


def to_bytes(value: Json) -> bytes:
    """UTF-8 JSON, indented by two, with a line feed at the end."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
