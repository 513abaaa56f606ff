"""One service as a JSON file: a line for each action, resource type and condition key, so that diffs read well.

Absent members mean none. A required resource type carries an asterisk, as in the Service Authorization Reference.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.model import (
    AccessLevel,
    ActionDefinition,
    ActionResource,
    ConditionKey,
    ResourceType,
    ServiceDefinition,
)


def render_service(service: ServiceDefinition) -> str:
    """The file's text; the same service always gives the same bytes."""
    sections = (
        ("actions", {each.name: _action_cells(each) for each in service.actions.values()}),
        ("resource_types", {each.name: _type_cells(each) for each in service.resource_types.values()}),
        ("condition_keys", {each.name: each.type for each in service.condition_keys.values()}),
    )
    head = f'{{\n"prefix": {_json(service.prefix)},\n"name": {_json(service.name)}'
    return ",\n".join([head, *(_section(title, rows) for title, rows in sections)]) + "\n}\n"


def parse_service(text: str) -> ServiceDefinition:
    """The service that a file holds. Equal lists become one tuple: most actions share their condition keys."""
    data = json.loads(text)
    share = _Shared()
    return ServiceDefinition(
        prefix=data["prefix"],
        name=data["name"],
        actions=_Actions(data["prefix"], data["actions"], share),
        resource_types={
            name.lower(): ResourceType(name, share(cells["arns"]), share(cells.get("keys", ())))
            for name, cells in data["resource_types"].items()
        },
        condition_keys={name.lower(): ConditionKey(name, kind) for name, kind in data["condition_keys"].items()},
    )


class _Shared:
    """Tuples of text, each kept once."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._resources: dict[ActionResource, ActionResource] = {}

    def __call__(self, texts: Iterable[str]) -> tuple[str, ...]:
        made = tuple(texts)
        return self._kept.setdefault(made, made)

    def resource(self, type_: str, keys: Iterable[str]) -> ActionResource:
        made = ActionResource(type_.removesuffix("*"), type_.endswith("*"), self(keys))
        return self._resources.setdefault(made, made)


class _Actions(Mapping[str, ActionDefinition]):
    """The actions by name in lower case. Each is made when it is asked for: of a service, few are."""

    def __init__(self, prefix: str, cells: Mapping[str, Mapping[str, Any]], share: _Shared) -> None:
        self._prefix = prefix
        self._share = share
        self._left = {name.lower(): (name, each) for name, each in cells.items()}
        self._made: dict[str, ActionDefinition] = {}

    def __getitem__(self, key: str) -> ActionDefinition:
        if (made := self._made.get(key)) is None:
            made = self._made[key] = _action(self._prefix, *self._left[key], self._share)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._left)

    def __len__(self) -> int:
        return len(self._left)

    def __contains__(self, key: object) -> bool:
        return key in self._left


def _action(prefix: str, name: str, cells: Mapping[str, Any], share: _Shared) -> ActionDefinition:
    return ActionDefinition(
        prefix=prefix,
        name=name,
        access_level=AccessLevel(cells["level"]),
        resources=tuple(share.resource(type_, keys) for type_, keys in cells.get("resources", {}).items()),
        condition_keys=share(cells.get("keys", ())),
        dependent_actions=share(cells.get("needs", ())),
        permission_only=cells.get("permission_only", False),
        is_operation=cells.get("operation", True),
        retired=cells.get("retired", False),
        supported_by=share(cells["supported_by"]) if "supported_by" in cells else None,
    )


def _action_cells(action: ActionDefinition) -> dict[str, object]:
    cells: dict[str, object] = {
        "level": action.access_level.value,
        "resources": {
            each.type + ("*" if each.required else ""): sorted(each.condition_keys) for each in action.resources
        },
        "keys": sorted(action.condition_keys),
        "needs": sorted(action.dependent_actions),
        "permission_only": action.permission_only,
        "retired": action.retired,
    }
    told = {name: cell for name, cell in cells.items() if cell}
    if action.supported_by is not None:
        told["supported_by"] = sorted(action.supported_by)
    return told if action.is_operation else {**told, "operation": False}


def _type_cells(resource_type: ResourceType) -> dict[str, object]:
    cells: dict[str, object] = {"arns": resource_type.arn_formats, "keys": sorted(resource_type.condition_keys)}
    return {name: cell for name, cell in cells.items() if cell}


def _section(title: str, rows: Mapping[str, object]) -> str:
    lines = ",\n".join(f"{_json(name)}: {_json(rows[name])}" for name in sorted(rows, key=str.lower))
    return f'"{title}": {{\n{lines}\n}}' if rows else f'"{title}": {{}}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
