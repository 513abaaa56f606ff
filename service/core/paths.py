"""API Gateway's own API: the action is the HTTP method, and the resource is the path of the request.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-using-iam-policies-to-create-and-manage-api.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from service.core.names import HIDDEN
from service.core.usage import Call, normalised

METHOD_ACTIONS = frozenset(f"apigateway:{method}" for method in ("GET", "POST", "PUT", "PATCH", "DELETE"))
"""The actions that are HTTP methods."""

_VARIABLE = re.compile(r"\{([^}]+)\}")
_ENCODED = "/tags/"
"""Behind it stands a whole ARN, URL-encoded in a way that the record does not show."""


class RequestPaths:
    """The paths of API Gateway's operations, by event name; two generations of the API share some names."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._templates: dict[str, list[str]] = {}
        for row in rows:
            self._templates.setdefault(row["operation"], []).append(row["uri"].removeprefix("/v2"))

    def member_names(self, event_name: str) -> frozenset[str]:
        """Names of the request members that the paths of an operation need."""
        found = (name for template in self._templates.get(event_name, ()) for name in _VARIABLE.findall(template))
        return frozenset(normalised(name) for name in found)

    def of(self, call: Call) -> tuple[str, Mapping[str, str]] | None:
        """The operation's path whose variables the request shows best, and what it shows of them."""
        shown = {
            normalised(path.rsplit(".", 1)[-1]): text
            for path, text in sorted(call.parameters, key=lambda each: -each[0].count("."))
            if text and text not in HIDDEN
        }
        ways = [(template, _filled(template, shown)) for template in self._templates.get(call.operation.name, ())]
        return max(ways, key=lambda way: (_complete(*way), len(way[1])), default=None)


def _filled(template: str, shown: Mapping[str, str]) -> dict[str, str]:
    if template.startswith(_ENCODED):
        return {}
    return {name: shown[normalised(name)] for name in _VARIABLE.findall(template) if normalised(name) in shown}


def _complete(template: str, values: Mapping[str, str]) -> bool:
    return len(values) == len(_VARIABLE.findall(template))


def path(template: str, values: Mapping[str, str]) -> str:
    """The path with the values put in, `*` for what is not there."""
    return _VARIABLE.sub(lambda found: values.get(found[1], "*"), template)
