"""botocore's service models: how each client is reached, what is unsigned, and which members hold a role."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Model = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Client:
    """One boto3 client and the names under which CloudTrail may record it."""

    name: str
    endpoint_prefix: str
    signing_name: str


@dataclass(frozen=True, slots=True)
class Models:
    """Every service model, by client name."""

    version: str
    by_client: Mapping[str, Model]

    def clients(self) -> tuple[Client, ...]:
        """Every client, in order of name."""
        return tuple(_client(name, self.by_client[name]["metadata"]) for name in sorted(self.by_client))

    def digest(self) -> str:
        """The sha256 of every model as it was read."""
        found = hashlib.sha256()
        for client in sorted(self.by_client):
            found.update(client.encode() + b"\0" + json.dumps(self.by_client[client], sort_keys=True).encode())
        return found.hexdigest()

    def operations(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Client, operation and the operation's model, in order of name."""
        for client in sorted(self.by_client):
            for operation, shape in sorted(self.by_client[client]["operations"].items()):
                yield client, operation, shape

    def operations_by_prefix(self, prefixes: Mapping[str, str]) -> dict[str, frozenset[str]]:
        """Operations in lower case by IAM prefix, of the clients whose prefix is given."""
        found: dict[str, set[str]] = defaultdict(set)
        for client, operation, _ in self.operations():
            if client in prefixes:
                found[prefixes[client]].add(operation.lower())
        return {prefix: frozenset(names) for prefix, names in found.items()}

    def unsigned(self) -> Iterator[tuple[str, str]]:
        """Client and operation of the calls that carry no signature, so that no IAM policy is asked."""
        bearer = {
            name for name, model in self.by_client.items() if model["metadata"].get("signatureVersion") == "bearer"
        }
        for client, operation, shape in self.operations():
            if shape.get("authtype") == "none" or shape.get("auth") == ["smithy.api#noAuth"] or client in bearer:
                yield client, operation

    def http(self, clients: frozenset[str]) -> Iterator[tuple[str, str, str, str]]:
        """Client, operation, HTTP method and URI."""
        for client, operation, shape in self.operations():
            if client in clients:
                yield client, operation, shape["http"]["method"], shape["http"]["requestUri"]

    def role_members(self, client: str, operation: str) -> tuple[str, ...]:
        """Where the request holds a role or an instance profile: dotted paths, lists and maps left out."""
        model = self.by_client.get(client, {"operations": {}})
        shape = model["operations"].get(operation, {}).get("input")
        return tuple(sorted(set(_role_paths(model, shape["shape"], (), frozenset())))) if shape else ()

    def open_members(self, client: str, operation: str) -> tuple[str, ...]:
        """Where the request takes any text under names of its own: maps of text, and the values of named settings."""
        model = self.by_client.get(client, {"operations": {}})
        shape = model["operations"].get(operation, {}).get("input")
        return tuple(sorted(set(_open_paths(model, shape["shape"], (), frozenset())))) if shape else ()


def installed_models() -> Models:
    """The models of the botocore that is installed."""
    import botocore  # type: ignore[import-untyped]  # it has no types
    import botocore.loaders  # type: ignore[import-untyped]  # it has no types

    loader = botocore.loaders.Loader()
    names = loader.list_available_services("service-2")
    return Models(botocore.__version__, {name: loader.load_service_model(name, "service-2") for name in names})


def _client(name: str, metadata: Mapping[str, str]) -> Client:
    endpoint = metadata["endpointPrefix"].lower()
    return Client(name, endpoint, metadata.get("signingName", endpoint).lower())


_ROLE = re.compile(r"(roles?|rolearns?|roleoverride|instanceprofile(name|arn)?)$", re.IGNORECASE)
_PROFILE = re.compile(r"instanceprofile(specification)?$", re.IGNORECASE)
_PROFILE_MEMBERS = frozenset({"arn", "name"})


def _role_paths(model: Model, shape_name: str, path: tuple[str, ...], inside: frozenset[str]) -> Iterator[str]:
    shape = _element(model, shape_name)
    if shape_name in inside or shape["type"] != "structure":
        return
    for member, reference in shape.get("members", {}).items():
        there = (*path, member)
        if _holds_role(model, reference["shape"], there):
            yield ".".join(there)
        else:
            yield from _role_paths(model, _element_name(model, reference["shape"]), there, inside | {shape_name})


_NO_SETTING = re.compile(r"tags?$|filters?$|^attachments$|^targets$", re.IGNORECASE)
_SETTING = re.compile(r"(^|attribute|parameter)values?$", re.IGNORECASE)


def _open_paths(model: Model, shape_name: str, path: tuple[str, ...], inside: frozenset[str]) -> Iterator[str]:
    shape = _element(model, shape_name)
    if shape_name in inside or shape["type"] != "structure":
        return
    for member, reference in shape.get("members", {}).items():
        if _NO_SETTING.search(member):
            continue
        there, text = (*path, member), _element(model, reference["shape"])["type"] == "string"
        if text and (_has_map(model, reference["shape"]) or _SETTING.search(member)):
            yield ".".join(there)
        else:
            yield from _open_paths(model, _element_name(model, reference["shape"]), there, inside | {shape_name})


def _has_map(model: Model, shape_name: str) -> bool:
    shape = model["shapes"][shape_name]
    return shape["type"] == "map" or (shape["type"] == "list" and _has_map(model, shape["member"]["shape"]))


def _holds_role(model: Model, shape_name: str, path: tuple[str, ...]) -> bool:
    shape = _element(model, shape_name)
    if shape["type"] != "string" or "enum" in shape:
        return False
    of_profile = len(path) > 1 and _PROFILE.search(path[-2]) is not None and path[-1].lower() in _PROFILE_MEMBERS
    return of_profile or _ROLE.search(path[-1]) is not None


def _element(model: Model, shape_name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = model["shapes"][_element_name(model, shape_name)]
    return found


def _element_name(model: Model, shape_name: str) -> str:
    """The shape inside lists and maps."""
    shape = model["shapes"][shape_name]
    match shape["type"]:
        case "list":
            return _element_name(model, shape["member"]["shape"])
        case "map":
            return _element_name(model, shape["value"]["shape"])
        case _:
            return shape_name
