"""The distinct requests that a principal was seen making, or that follow from what it was seen making."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from service.core.actions import Findings, Need, ReasonKind
from service.core.iam.context import Values
from service.core.iam.evaluate import Request
from service.core.principals import ROLE_TYPES, Principal, PrincipalType
from service.core.usage import Call, Usage

Context = tuple[tuple[str, Values], ...]
"""Condition keys with their values, sorted."""


class Basis(StrEnum):
    """How a request is known: from the record of the call itself, or from what a call's record implies."""

    OBSERVED = "observed"
    DERIVED = "derived"


@dataclass(frozen=True, slots=True, order=True)
class ObservedRequest:
    """One request, in how many events.

    `context` holds the keys that the events show: every other is unknown, not absent. Where `exact` is False, a part
    of the resource is not shown, and `*` stands for it.
    """

    principal: str
    action: str
    resource: str
    context: Context
    count: int
    basis: Basis
    exact: bool = True

    @property
    def request(self) -> Request:
        """The request as it is put to policies."""
        return Request(self.action, self.resource, dict(self.context), UNKNOWN_KEYS)


UNKNOWN_KEYS = frozenset({"*"})
"""Of the keys that a record does not show, none is known to be absent."""

_Key = tuple[str, str, Context]
_Shown = tuple[int, tuple[tuple[str, str], ...]]
"""A call, by its place, and the context that the records of it show: what is counted once."""


def observed_requests(principal: Principal, findings: Findings, usage: Usage) -> tuple[ObservedRequest, ...]:
    """Every distinct request behind the needs of `findings`, sorted.

    `usage` is what the findings were taken from, with the context in which each call was made.
    """
    contexts = _contexts(usage)
    calls = list(contexts)
    always = _of_principal(principal)
    counts: dict[_Key, dict[_Shown, int]] = {}
    kinds: dict[_Key, set[tuple[bool, Basis]]] = {}
    for need, places in findings.needs.items():
        own = list(_own_keys(need))
        for place in places:
            for shown, count in contexts[calls[place]].items():
                for keys in own:
                    key = need.action, need.request, _joined(always, shown, keys)
                    counts.setdefault(key, {})[place, shown] = count
                    kinds.setdefault(key, set()).add((need.exact, _basis(need)))
    return tuple(sorted(_requests(principal.label, counts, kinds)))


def _requests(
    principal: str, counts: Mapping[_Key, Mapping[_Shown, int]], kinds: Mapping[_Key, set[tuple[bool, Basis]]]
) -> Iterator[ObservedRequest]:
    for key, by_call in counts.items():
        bases = {basis for _, basis in kinds[key]}
        basis = Basis.OBSERVED if Basis.OBSERVED in bases else Basis.DERIVED
        exact = any(exact for exact, _ in kinds[key])
        yield ObservedRequest(principal, *key, count=sum(by_call.values()), basis=basis, exact=exact)


def _contexts(usage: Usage) -> dict[Call, Counter[tuple[tuple[str, str], ...]]]:
    """Calls without their context, in the order of `usage.without_context`, and how often in which context."""
    found: dict[Call, Counter[tuple[tuple[str, str], ...]]] = {}
    for call, evidence in usage.items():
        found.setdefault(replace(call, context=()), Counter())[_with_via(call)] += evidence.count
    return found


def _with_via(call: Call) -> tuple[tuple[str, str], ...]:
    """ "Use this key to check whether an AWS service makes a request to another service on your behalf using forward
    access sessions": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    forwarded = call.invoked_by.endswith(".amazonaws.com") and call.invoked_by != "signin.amazonaws.com"
    return (*call.context, ("aws:ViaAWSService", "true")) if forwarded else call.context


def _of_principal(principal: Principal) -> dict[str, Values]:
    """Keys that every request of the principal has.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    is_user = principal.type is PrincipalType.USER
    kind = "User" if is_user else "AssumedRole" if principal.type in ROLE_TYPES else ""
    keys = {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": principal.account,
        "aws:PrincipalType": kind,
        "aws:username": principal.name if is_user else "",
    }
    return {key: (value,) for key, value in keys.items() if value}


def _own_keys(need: Need) -> Iterator[dict[str, Values]]:
    """The keys that the action itself was checked with: one set for each choice of the values that were seen."""
    keys = [condition.key for condition in need.conditions]
    for values in product(*(condition.values for condition in need.conditions)):
        yield {key: (value,) for key, value in zip(keys, values, strict=True)}


def _joined(always: Mapping[str, Values], shown: tuple[tuple[str, str], ...], own: Mapping[str, Values]) -> Context:
    """All keys; what the event shows of a key is what it was, whatever the action's condition would have it be."""
    known = {**always, **{key: (value,) for key, value in shown}}
    folded = {key.lower() for key in known}
    return tuple(sorted({**known, **{key: each for key, each in own.items() if key.lower() not in folded}}.items()))


def _basis(need: Need) -> Basis:
    return Basis.DERIVED if need.reason.kind is ReasonKind.DERIVED else Basis.OBSERVED
