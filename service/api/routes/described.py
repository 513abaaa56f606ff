"""How routes are described: which answers they give besides their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel

from service.api.problems import ProblemKind
from service.api.schemas.problem import ProblemDocument

Responses = dict[int | str, dict[str, Any]]

_ETAG = {"ETag": {"description": "Names these bytes.", "schema": {"type": "string"}}}
_UNCHANGED: Responses = {304: {"description": "The client has these bytes.", "headers": _ETAG}}

CONDITIONAL: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "Entity tags that the client has.",
            "schema": {"type": "string"},
        }
    ]
}
"""The header that makes a request conditional, for `openapi_extra`."""


def answer(status: int, model: type[BaseModel], description: str, **more: object) -> Responses:
    """The route's own answer."""
    return {status: {"model": model, "description": description, **more}}


def lasting(model: type[BaseModel], description: str) -> Responses:
    """The route's own answer where it has an entity tag."""
    return {**answer(200, model, description, headers=_ETAG), **_UNCHANGED}


def texts(media_types: Iterable[str], description: str) -> Responses:
    """The route's own answer where it is text of one of these types, under an entity tag."""
    content = {each: {"schema": {"type": "string"}} for each in sorted({each.split(";")[0] for each in media_types})}
    return {200: {"description": description, "content": content, "headers": _ETAG}, **_UNCHANGED}


def created(model: type[BaseModel], description: str) -> Responses:
    """The answer to a request that made something."""
    location = {"Location": {"description": "Where it is from now on.", "schema": {"type": "string"}}}
    return answer(201, model, description, headers={**location, **_ETAG})


def refusals(*kinds: ProblemKind) -> Responses:
    """The problems that a route is known for, and that there may be others."""
    found: Responses = {}
    for status in sorted({kind.status for kind in kinds}):
        titles = "; ".join(f"{kind.title} (`{kind.uri}`)" for kind in kinds if kind.status == status)
        found[status] = {"model": ProblemDocument, "description": f"{titles}."}
    return {**found, "default": {"model": ProblemDocument, "description": "Any other problem."}}
