"""Requests as JSON: one object, a list of them, or one in each line, as `whittle propose --requests` writes them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from service.core.errors import InputError
from service.core.iam.context import Context
from service.core.iam.document import ONE_ACTION
from service.core.iam.evaluate import Request
from service.core.iam.policy import Condition
from service.core.json_bytes import check_members_once
from service.core.observed import Basis, ObservedRequest
from service.core.shown import shown
from service.core.synthesis import Grant


class ConditionText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition of a grant."""

    operator: str
    key: str
    values: list[str]


class GrantText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy holds for a request, as `propose --requests` writes it."""

    resource: str
    conditions: list[ConditionText]

    def of(self, action: str) -> Grant:
        """The grant of an action."""
        conditions = (Condition(each.operator, each.key, tuple(each.values)) for each in self.conditions)
        return Grant(action, self.resource, tuple(conditions))


class RequestText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request. A value may stand alone for a list of one; what `propose --requests` adds is not looked at."""

    action: str
    resource: str = "*"
    context: dict[str, str | bool | int | float | list[str | bool | int | float]] = {}
    unknown_keys: list[str] = []
    principal: str = ""
    count: int = 1
    basis: str = ""
    exact: bool = True
    names: int = 0
    siblings: int = 0
    grants: list[GrantText] = []

    def request(self) -> Request:
        """The request as policies are asked."""
        context = {key: _values(value) for key, value in self.context.items()}
        return Request(self.action, self.resource, context, frozenset(self.unknown_keys))

    def observed(self, basis: Basis) -> ObservedRequest:
        """The request with all that is said of it."""
        context = tuple(sorted((key, _values(value)) for key, value in self.context.items()))
        grants = tuple(each.of(self.action) for each in self.grants)
        return ObservedRequest(
            principal=self.principal,
            action=self.action,
            resource=self.resource,
            context=context,
            count=self.count,
            basis=basis,
            exact=self.exact,
            grants=grants,
            names=self.names,
            siblings=self.siblings,
        )


_ACTION = re.compile(ONE_ACTION)


def requests_in(name: str, content: bytes) -> tuple[Request, ...]:
    """The requests of a file.

    Raises:
        InputError: it holds none, or something else; the message names the line.
    """
    whole = _whole(name, content)
    found = list(_lines(name, content)) if whole is None else whole
    if not found:
        raise InputError(f"{name} holds no request: give one as JSON, or one in each line")
    return tuple(_checked(place, text) for place, text in found)


def observed_in(name: str, content: bytes) -> tuple[ObservedRequest, ...]:
    """The requests that `propose --requests` wrote; a file without any is one, too.

    Raises:
        InputError: a line holds something else; the message names it.
    """
    return tuple(_observed(place, text) for place, text in _lines(name, content))


def _observed(place: str, text: RequestText) -> ObservedRequest:
    _checked(place, text)
    basis = next((each for each in Basis if each.value == text.basis), None)
    if basis is None:
        known = " or ".join(f"`{each.value}`" for each in Basis)
        raise InputError(
            f"{place}: its basis is `{shown(text.basis)}`, not {known}: give what `propose --requests` wrote"
        )
    return text.observed(basis)


def _whole(name: str, content: bytes) -> list[tuple[str, RequestText]] | None:
    """The requests of a file that is one JSON value; None where it is several."""
    try:
        value = _decoded(name, content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(value, list):
        return [(f"{name}[{position}]", _converted(f"{name}[{position}]", each)) for position, each in enumerate(value)]
    return [(name, _converted(name, value))]


def _lines(name: str, content: bytes) -> Iterator[tuple[str, RequestText]]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            place = f"{name}, line {number}"
            try:
                value = _decoded(place, line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise InputError(
                    f"{place} is not JSON ({shown(str(error))}): write one request in each line"
                ) from error
            yield place, _converted(place, value)


def _decoded(place: str, content: bytes) -> object:
    value: object = msgspec.json.decode(content)
    try:
        check_members_once(content)
    except InputError as error:
        raise InputError(f"{place} {error}") from error
    return value


def _converted(place: str, value: object) -> RequestText:
    try:
        return msgspec.convert(value, RequestText)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{place} is no request: {shown(str(error))}; write action, resource, context, unknown_keys"
        ) from error


def _checked(place: str, text: RequestText) -> Request:
    request = text.request()
    if not _ACTION.fullmatch(text.action):
        raise InputError(f"{place}: `{shown(text.action)}` is not an action: write one like `s3:GetObject`")
    try:
        Context.of(request.context)
    except InputError as error:
        raise InputError(f"{place}: {error}") from error
    return request


def _values(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in listed)
