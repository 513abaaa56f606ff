"""The replayed requests that a verifier is given: that they are whole, of the principal, and what the policies hold."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise, product

from service.core.actions import EXTRA
from service.core.askable import asked_with
from service.core.certificate_json import requests_lines
from service.core.iam.evaluate import Access, Request
from service.core.iam.policy import Condition, Policy
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import words
from service.core.json_bytes import Json
from service.core.observed import ObservedRequest, keys_of
from service.core.principals import ROLE_TYPES, Principal, PrincipalType, principal_of_arn
from service.core.synthesis import Grant
from service.usecases.checked import Checked, State, agreed, checked
from service.usecases.differences import differences

Requests = tuple[ObservedRequest, ...]


def requests_checks(
    proposal: Json, held: set[Grant], name: str, content: bytes, requests: Requests
) -> Iterator[Checked]:
    """That they are those that were replayed, and that the policies, which hold `held`, hold just what they need."""
    digest, said = f"sha256:{hashlib.sha256(content).hexdigest()}", proposal["certificate"]["replay"]["requests_digest"]
    problem = f"{name} does not hold the requests that were replayed: said {said}, found {digest}"
    if digest == said and requests_lines(requests) == content:
        problem = _not_ours(name, requests)
    yield checked("requests", not problem, digest, problem)
    found = {name: len(_put(requests)) for name in ("requests", "allowed")}
    yield agreed("self check", differences(proposal["self_check"], found, "self_check"), "as many as these ask for")
    needed = {grant for each in requests for grant in each.grants}
    yield same_grants("needs", held, needed, "request needs", f"{len(held)}, each for a request")


def principal_check(said: Json, requests: Requests) -> Checked:
    """That the ARN, account, name and type are those of one principal, and the requests are its own."""
    problem = _no_one(said) or _of_another(principal_of(said), requests)
    return checked("principal", not problem, said["arn"] or said["name"], problem)


def principal_of(said: Json) -> Principal:
    """Who a proposal says that it is for."""
    known = next((each for each in PrincipalType if each.value == said["type"]), PrincipalType.UNKNOWN)
    return Principal(known, said["account"], said["name"], said["arn"] or "")


def permissions_check(proposal: Json, policies: Sequence[Policy]) -> Checked:
    """Without the file of requests, those that the permissions stand for. What no call shows stands for none."""
    requests, index = list(_permitted(proposal)), PolicyIndex(policies)
    missed = [each for each in requests if index.authorize(each).access is not Access.ALLOWED]
    said = f"{len(requests) - len(missed)} of {len(requests)} requests that they stand for are allowed"
    return checked("permissions", not missed, said, f"{said}, not {words(missed[0])}" if missed else "")


def conditions_of(permission: Json) -> tuple[Condition, ...]:
    """The conditions of a permission."""
    return tuple(Condition(each["operator"], each["key"], tuple(each["values"])) for each in permission["conditions"])


def same_grants(what: str, held: set[Grant], wanted: set[Grant], whose: str, right: str) -> Checked:
    """That the policies hold just what is wanted; else the first that they have too much, or lack."""
    for problem, found in ((f"allow what no {whose}", held - wanted), (f"lack what a {whose}", wanted - held)):
        if found:
            first = min(found)
            tests = "".join(f" if {each.operator} {each.key}" for each in first.conditions)
            return Checked(what, State.WRONG, f"the policies {problem}: {first.action} on {first.resource}{tests}")
    return Checked(what, State.RIGHT, right)


def _permitted(proposal: Json) -> Iterator[Request]:
    for each in proposal["permissions"]:
        if each["reason"]["kind"] in EXTRA:
            continue
        conditions = conditions_of(each)
        for values in product(*map(asked_with, conditions)):
            context = {tested.key: (value,) for tested, value in zip(conditions, values, strict=True)}
            for resource in each["resources"]:
                literal = resource.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
                yield Request(each["action"], literal, context)


def _not_ours(name: str, requests: Requests) -> str:
    """What is wrong with requests that `propose --requests` would not write; empty for nothing."""
    keys = [(each.principal, each.action, each.resource, each.context, _unseen(each)) for each in requests]
    for number, (one, other) in enumerate(pairwise(keys), 2):
        if one >= other:
            problem = "is there twice" if one == other else "is not in order"
            return f"{name}, line {number}: the request {problem}, so they are not the distinct requests of a proposal"
    for number, each in enumerate(requests, 1):
        if (each.count > 0) is not each.was_seen or each.count < 0:
            events = "some, though it was not seen" if each.count > 0 else "none"
            return f"{name}, line {number}: the events of the request are {events}"
    return ""


def _unseen(request: ObservedRequest) -> tuple[int, str]:
    """What tells requests that were not seen from each other, and from the one that was."""
    return (1, "") if request.was_seen else (0, request.basis.value)


def _put(requests: Requests) -> set[tuple[object, ...]]:
    """What a proposal's own check puts to the policies: a request for each value of a condition that a grant has."""
    return {
        (each.action, each.resource, grant.conditions, values)
        for each in requests
        if each.was_seen
        for grant in each.grants
        for values in product(*map(asked_with, grant.conditions))
    }


def _no_one(said: Json) -> str:
    """Why nobody is called so; empty where it is a principal."""
    if said["type"] not in list(PrincipalType):
        return f"principal.type: `{said['type']}` is no type of principal"
    found = principal_of_arn(said["arn"]) if said["arn"] is not None else None
    if found is None:
        return "" if said["arn"] is None else f"principal.arn: `{said['arn']}` is not the ARN of a role or a user"
    for member, value in (("account", found.account), ("name", found.name)):
        if said[member] != value:
            return f"principal.{member}: said `{said[member]}`, and its ARN has `{value}`"
    same = said["type"] == found.type or {said["type"], found.type} <= ROLE_TYPES
    return "" if same else f"principal.type: said `{said['type']}`, and its ARN is of a {found.type}"


def _of_another(principal: Principal, requests: Requests) -> str:
    own = keys_of(principal).items()
    for number, each in enumerate(requests, 1):
        if each.principal != principal.label:
            return f"the requests are of `{each.principal}` (line {number}), not of `{principal.label}`"
        context = dict(each.context)
        if wrong := next((key for key, values in own if context.get(key) != values), None):
            return f"the request in line {number} has not the {wrong} of `{principal.label}`"
    return ""
