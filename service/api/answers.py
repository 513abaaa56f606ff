"""Answers: JSON bytes with the headers that let a client keep them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.core.json_bytes import to_bytes

JSON = "application/json"

REVALIDATE = "private, no-cache"
"""Keep it, but ask each time whether it may still be shown."""

_TAG = re.compile(r'"[^"]*"')


def json_answer(value: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON value that is of the moment."""
    return Response(to_bytes(value), status, headers, JSON)


def lasting_answer(request: Request, body: bytes, tag: str = "", media_type: str = JSON) -> Response:
    """Bytes under an entity tag, their digest by default: not sent again to a client that names the tag."""
    etag = entity_tag(tag or hashlib.sha256(body).hexdigest()[:20])
    headers = {"ETag": etag, "Cache-Control": REVALIDATE}
    if _has(request.headers.getlist("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def entity_tag(tag: str) -> str:
    """The tag as a header writes it."""
    return f'"{tag}"'


def _has(named: list[str], etag: str) -> bool:
    """ "A recipient MUST use the weak comparison function" (RFC 9110, 13.1.2)."""
    return "*" in named or any(etag in _TAG.findall(line) for line in named)
