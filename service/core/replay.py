"""Replay: every distinct observed request put to policies, counted, and each that is not allowed with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from service.core.current import GrantedLayer, place_of
from service.core.iam.evaluate import Access, Decision, Request
from service.core.iam.layers import Layer
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Effect, Policy
from service.core.iam.proving.glob import Glob, resource_glob
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.shortfall import Cause, Shortfall, is_about, shortfall
from service.core.observed import UNKNOWN_KEYS, ObservedRequest


@dataclass(frozen=True, slots=True, order=True)
class Miss:
    """Requests that differ in nothing that matters to the policies, and why these do not allow them.

    `place` is the nearest statement, or empty where no statement is about the action; it begins with the words
    `permissions boundary` where that is what does not allow them. `requests` and `events` say how
    many there are.
    """

    action: str
    resource: str
    cause: Cause
    place: str
    element: str
    requests: int
    events: int

    @property
    def unknown(self) -> bool:
        """Whether the policies may allow it, depending on what is not shown."""
        return self.cause not in _CERTAIN


_CERTAIN = frozenset({Cause.ACTION, Cause.RESOURCE, Cause.CONDITION, Cause.DENIED})


@dataclass(frozen=True, slots=True)
class Replay:
    """How many distinct requests were put to the policies, how many are allowed, and the others."""

    requests: int
    allowed: int
    misses: tuple[Miss, ...]

    @property
    def unknown(self) -> int:
        """How many requests hang on what is not shown."""
        return sum(each.requests for each in self.misses if each.unknown)

    @property
    def denied(self) -> tuple[Miss, ...]:
        """The misses that are certain."""
        return tuple(each for each in self.misses if not each.unknown)


def replayed(requests: Iterable[ObservedRequest], layers: Iterable[GrantedLayer]) -> Replay:
    """What the layers together say to each of the requests."""
    asked, every = Asked(tuple(layers)), tuple(requests)
    found: dict[tuple[str, str, Shortfall, str], list[ObservedRequest]] = {}
    for each in every:
        if (why := asked.why_not(each)) is not None:
            found.setdefault((each.action, each.resource, *why), []).append(each)
    misses = [
        Miss(action, resource, why.cause, place, why.element, len(group), sum(each.count for each in group))
        for (action, resource, why, place), group in found.items()
    ]
    return Replay(len(every), len(every) - sum(map(len, found.values())), tuple(sorted(misses)))


class Asked:
    """Layers made ready for many requests: those that differ only in keys that no policy mentions are asked once."""

    def __init__(self, layers: Sequence[GrantedLayer]) -> None:
        self._layers = [_Ready(each) for each in layers]
        self._mentioned = frozenset(_keys(each.policy for layer in layers for each in layer.policies))
        self._matters: dict[str, bool] = {}
        self._answers: dict[object, tuple[Shortfall, str] | None] = {}

    def why_not(self, asked: ObservedRequest) -> tuple[Shortfall, str] | None:
        """Why a request is not allowed, and the statement in words; None where it is."""
        context = tuple(each for each in asked.context if self._does_matter(each[0]))
        key = asked.action, asked.resource, context
        if key not in self._answers:
            self._answers[key] = self._answer(Request(asked.action, asked.resource, dict(context), UNKNOWN_KEYS))
        found = self._answers[key]
        if found is None or found[0].cause is not Cause.RESOURCE or asked.is_settled or not self._may_meet(asked):
            return found
        return replace(found[0], cause=Cause.UNSHOWN), found[1]

    def _does_matter(self, key: str) -> bool:
        if key not in self._matters:
            self._matters[key] = key.lower() in self._mentioned
        return self._matters[key]

    def _may_meet(self, request: ObservedRequest) -> bool:
        """Whether every layer has a statement about the action and some resource that the request may be about."""
        asked = [resource_glob(each.resource, variables=True) for each in request.grants]
        asked = asked or [resource_glob(request.resource, variables=False)]
        return all(
            any(each.may_meet(one) for each in layer.globs(request.action) for one in asked) for layer in self._layers
        )

    def _answer(self, request: Request) -> tuple[Shortfall, str] | None:
        said = [(layer.index.authorize(request), layer) for layer in self._layers]
        for access in _STRONGEST_FIRST:
            for decision, layer in said:
                if decision.access is access:
                    return layer.why_not(request, decision)
        return None


# A certain no of one layer is the answer whatever another leaves unknown.
_STRONGEST_FIRST = (Access.EXPLICITLY_DENIED, Access.IMPLICITLY_DENIED, Access.UNKNOWN)


class _Ready:
    def __init__(self, layer: GrantedLayer) -> None:
        self._layer = layer
        self._policies = tuple(each.policy for each in layer.policies)
        self.index = PolicyIndex(self._policies)

    def globs(self, action: str) -> Iterator[Glob]:
        """The resources of the Allow statements about an action."""
        for policy in self._policies:
            for each in policy.statements:
                if each.effect is Effect.ALLOW and is_about(each, action):
                    yield from (resource_glob(text, variables=policy.has_variables) for text in each.resources or "*")

    def why_not(self, request: Request, decision: Decision) -> tuple[Shortfall, str] | None:
        why = shortfall(self._policies, request, decision)
        if why is None:
            return None
        named = self._layer.policies
        place = "" if why.statement is None else place_of(named, why.statement)
        if self._layer.layer is Layer.BOUNDARY:  # it is the boundary that says no, whatever the policies allow
            return why, f"permissions boundary {place or named[0].name}"
        return why, place


def _keys(policies: Iterable[Policy]) -> Iterator[str]:
    """Every condition key that the policies name, in lower case: in conditions, and as variables."""
    for policy in policies:
        for statement in policy.statements:
            texts = [*statement.resources, *statement.not_resources]
            for condition in statement.conditions:
                yield condition.key.lower()
                texts += condition.values
            if policy.has_variables:
                yield from (found.key for text in texts if "${" in text for found in parse_pattern(text).variables)
