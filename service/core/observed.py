"""The distinct requests that a principal was seen making, or that follow from what it was seen making."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from service.core.actions import EXTRA, Findings, Need, ReasonKind
from service.core.current import Current
from service.core.iam.context import Values
from service.core.iam.evaluate import Request
from service.core.principals import ROLE_TYPES, Principal, PrincipalType
from service.core.secondary import is_of_the_action
from service.core.synthesis import Grant
from service.core.usage import Call, Contexts
from service.core.usage import Context as Shown

Context = tuple[tuple[str, Values], ...]
"""Condition keys with their values, sorted."""


class Basis(StrEnum):
    """How a request is known: from the record of the call itself, or from what a call's record implies.

    The others are of requests that were not seen: what is kept of the current policies, and why, and what was added
    for the policies to fit.
    """

    OBSERVED = "observed"
    DERIVED = "derived"
    LAST_ACCESSED = "last accessed"
    KEEP_LIST = "keep list"
    UNOBSERVABLE = "unobservable"
    MERGED = "merged to fit"
    WILDCARD = "wildcard to fit"


@dataclass(frozen=True, slots=True, order=True)
class ObservedRequest:
    """One request, in how many events; in none where it was not seen.

    `context` holds the keys that the events show: every other is unknown, not absent. Where `exact` is False, a part
    of the resource is not shown, and a wildcard stands for it. `grants` are what a policy has to hold for it; several
    resources are alternatives, of which one is meant. `names` says for about how many different names the wildcard
    stands, where these were too many to be kept; else it is 0. `siblings` says of how many resources the pattern of its
    grant was learned; 0 where it was not.
    """

    principal: str
    action: str
    resource: str
    context: Context
    count: int
    basis: Basis
    exact: bool = True
    grants: tuple[Grant, ...] = ()
    names: int = 0
    siblings: int = 0

    @property
    def was_seen(self) -> bool:
        """Whether an event shows it: one that was not seen cannot be replayed."""
        return self.basis not in _UNSEEN

    @property
    def request(self) -> Request:
        """The request as it is put to policies."""
        return Request(self.action, self.resource, dict(self.context), UNKNOWN_KEYS)

    @property
    def is_settled(self) -> bool:
        """Whether the resource is known to be the one that was asked for."""
        return self.exact and len({each.resource for each in self.grants}) < 2


UNKNOWN_KEYS = frozenset({"*"})
"""Of the keys that a record does not show, none is known to be absent."""

_UNSEEN = {Basis(kind.value) for kind in EXTRA}

ShownKeys = Callable[[str, str, Call], Shown]
"""The keys that a call's request shows for an action on a resource (`service.core.request_keys`); of several values,
all of them.
"""

_Key = tuple[str, str, Context]
_Shown = tuple[int, Shown]
"""A call, by its place, and the context that the records of it show: what is counted once."""


def observed_requests(
    principal: Principal, findings: Findings, made: Contexts, shown: ShownKeys
) -> tuple[ObservedRequest, ...]:
    """Every distinct request behind the needs of `findings`, sorted; also one for each need that is extra.

    `made` are the contexts of the calls that the findings were taken from, in the same order.
    """
    contexts = [_with_via(call, found) for call, found in made.items()]
    counts: dict[_Key, dict[_Shown, int]] = {}
    askers: dict[_Key, set[Need]] = {}
    for asked in _asked(principal, findings, contexts, _of_calls(shown, made)):
        counts.setdefault(asked.key, {})[asked.place, asked.shown] = contexts[asked.place][asked.shown]
        askers.setdefault(asked.key, set()).add(asked.need)
    seen = _requests(principal.label, counts, askers)
    return tuple(sorted((*seen, *_unseen(principal.label, keys_of(principal), findings.needs))))


Requests = Mapping[tuple[int, Shown], tuple[ObservedRequest, ...]]
"""By the place of the call and the context that show them."""


def requests_by_call(principal: Principal, findings: Findings, made: Contexts, shown: ShownKeys) -> Requests:
    """The same requests by the calls and contexts that show them: the call's place in `made`, and the context in it."""
    contexts = [_with_via(call, found) for call, found in made.items()]
    plain = [list(zip(_with_via(call, found), found, strict=True)) for call, found in made.items()]
    as_made = [dict(pairs) for pairs in plain]
    known = {
        (each.action, each.resource, each.context): each
        for each in observed_requests(principal, findings, made, shown)
        if each.was_seen
    }
    found: dict[tuple[int, Shown], list[ObservedRequest]] = {}
    for asked in _asked(principal, findings, contexts, _of_calls(shown, made)):
        found.setdefault((asked.place, as_made[asked.place][asked.shown]), []).append(known[asked.key])
    return {each: tuple(requests) for each, requests in found.items()}


class _Asked(NamedTuple):
    key: _Key
    place: int
    shown: Shown
    need: Need


_OfRequest = Callable[[str, str, int], Shown]


def _of_calls(shown: ShownKeys, made: Contexts) -> _OfRequest:
    """The same by the call's place."""
    calls = list(made)
    return lambda action, resource, place: shown(action, resource, calls[place])


def _asked(
    principal: Principal, findings: Findings, contexts: Sequence[Mapping[Shown, int]], of_request: _OfRequest
) -> Iterator[_Asked]:
    """Each need in each context of each call that shows it, once for each choice of the values it was checked with."""
    always = keys_of(principal)
    for need, places in findings.needs.items():
        for place in places if not need.is_extra else ():
            request = of_request(need.action, need.request, place)
            own = list(_own_keys(need, request))
            for shown in contexts[place]:
                for keys in own:
                    context = _joined(always, (*shown, *request), keys)
                    yield _Asked((need.action, need.request, context), place, shown, need)


def _unseen(principal: str, always: Mapping[str, Values], needs: Iterable[Need]) -> Iterator[ObservedRequest]:
    """The requests of extra needs. Those of one action and resource are one, with all their grants."""
    groups: dict[tuple[Basis, str, str], list[Need]] = {}
    for need in needs:
        if need.is_extra:
            groups.setdefault((Basis(need.reason.kind.value), need.action, need.request), []).append(need)
    context = tuple(sorted(always.items()))
    for (basis, action, resource), group in groups.items():
        grants = tuple(sorted({grant for each in group for grant in _grants(each)}))
        yield ObservedRequest(principal, action, resource, context, 0, basis, exact=False, grants=grants)


def _requests(
    principal: str, counts: Mapping[_Key, Mapping[_Shown, int]], askers: Mapping[_Key, set[Need]]
) -> Iterator[ObservedRequest]:
    for key, by_call in counts.items():
        needs = askers[key]
        basis = Basis.OBSERVED if any(_basis(each) is Basis.OBSERVED for each in needs) else Basis.DERIVED
        exact = any(each.exact for each in needs)
        grants = tuple(sorted({grant for each in needs for grant in _grants(each)}))
        names, siblings = max(each.names for each in needs), max(each.siblings for each in needs)
        yield ObservedRequest(principal, *key, sum(by_call.values()), basis, exact, grants, names, siblings)


def _grants(need: Need) -> Iterator[Grant]:
    return (Grant(need.action, pattern, need.conditions) for pattern in need.patterns)


def _with_via(call: Call, contexts: Mapping[Shown, int]) -> Mapping[Shown, int]:
    """ "Use this key to check whether an AWS service makes a request to another service on your behalf using forward
    access sessions": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    forwarded = call.invoked_by.endswith(".amazonaws.com") and call.invoked_by != "signin.amazonaws.com"
    if not forwarded:
        return contexts
    return {(*context, ("aws:ViaAWSService", "true")): count for context, count in contexts.items()}


def keys_of(principal: Principal) -> dict[str, tuple[str]]:
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


def of_principal(current: Current, principal: Principal) -> Current:
    """What a principal is granted, with what every request of it has."""
    return replace(current, known=tuple((key, value) for key, (value,) in sorted(keys_of(principal).items())))


def _own_keys(need: Need, request: Shown) -> Iterator[dict[str, Values]]:
    """The keys that the action itself was checked with and that its request does not show: one set for each choice of
    the values that the mapping knows. What is only suggested is met where the event shows it.
    """
    known = {key.lower() for key, _ in request}
    conditions = [each for each in need.conditions if is_of_the_action(each.key) and each.key.lower() not in known]
    keys = [condition.key for condition in conditions]
    for values in product(*(condition.values for condition in conditions)):
        yield {key: (value,) for key, value in zip(keys, values, strict=True)}


def _joined(always: Mapping[str, Values], shown: Shown, own: Mapping[str, Values]) -> Context:
    """All keys; what the event shows of a key is what it was, whatever the action's condition would have it be."""
    known: dict[str, Values] = dict(always)
    for key, value in shown:
        known[key] = (*known[key], value) if key in known and key not in always else (value,)
    folded = {key.lower() for key in known}
    return tuple(sorted({**known, **{key: each for key, each in own.items() if key.lower() not in folded}}.items()))


def _basis(need: Need) -> Basis:
    return Basis.DERIVED if need.reason.kind is ReasonKind.DERIVED else Basis.OBSERVED
