"""The API's description: what FastAPI finds, with what it cannot know put right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import FastAPI

from service.api.answers import JSON
from service.api.problems import MEDIA_TYPE
from service.api.yaml_text import yaml_text

API_VERSION = "1.0.0"
"""The version of the contract, not of the program."""

DESCRIPTION = (
    "Least-privilege policies for AWS principals, from what CloudTrail saw them do, with the evidence for every "
    "permission. Every GET also takes HEAD. Every error is an RFC 9457 problem."
)


class DescribedApi(FastAPI):
    """A FastAPI application whose description is whole."""

    def openapi(self) -> dict[str, Any]:
        """The description as JSON values, made once."""
        if self.openapi_schema is None:
            schema = super().openapi()
            for response in _refusals(schema):
                response["content"] = {MEDIA_TYPE: response["content"][JSON]}
            self.openapi_schema = schema
        return self.openapi_schema


def openapi_json(app: FastAPI) -> bytes:
    """The description as JSON."""
    return orjson.dumps(app.openapi(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def openapi_yaml(app: FastAPI) -> str:
    """The description as YAML: the same app gives the same text."""
    return yaml_text(app.openapi())


def _refusals(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in schema["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                if status == "default" or int(status) >= 400:
                    yield response
