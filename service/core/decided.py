"""Decisions on requests in words: the statements that decide by their names, or why none does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.core.current import GrantedPolicy, place_of
from service.core.iam.evaluate import Access, Decision, Request
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.shortfall import shortfall
from service.core.json_bytes import Json


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer to one request. `why` is there where no statement allows or denies it, or where it is not known."""

    request: Request
    access: Access
    statements: tuple[str, ...]
    why: str


def decided(policies: Sequence[GrantedPolicy], requests: Iterable[Request]) -> tuple[Decided, ...]:
    """The answers of identity policies, in the order of the requests."""
    index = PolicyIndex(each.policy for each in policies)
    return tuple(_decided(policies, index, each) for each in requests)


def decided_json(each: Decided) -> Json:
    """The answer as JSON values."""
    return {
        "action": each.request.action,
        "resource": each.request.resource,
        "decision": each.access.value,
        "statements": list(each.statements),
        "reason": each.why or None,
    }


def _decided(policies: Sequence[GrantedPolicy], index: PolicyIndex, request: Request) -> Decided:
    decision = index.authorize(request)
    places = tuple(place_of(policies, at) for at in decision.statements)
    return Decided(request, decision.access, places, _why(policies, request, decision))


def _why(policies: Sequence[GrantedPolicy], request: Request, decision: Decision) -> str:
    if decision.access is Access.ALLOWED and not decision.statements:
        return "it needs no permission: AWS allows it whatever policies say"
    if decision.access in (Access.ALLOWED, Access.EXPLICITLY_DENIED):
        return ""
    found = shortfall([each.policy for each in policies], request, decision)
    if found is None:
        return ""
    nearest = f" ({place_of(policies, found.statement)}, {found.element})" if found.statement else ""
    return f"{found.cause.value}{nearest}"
