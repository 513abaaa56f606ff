"""One event explained: which rules were asked, what they gave, what it needs, and where each resource came from.

Nothing here knows how to map a call. The rules are traced where they run (`Resolver.trace`), and where a need came
from is found by leaving parts of the record out and mapping the rest again, with the product's own mapper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from catalog.model import ActionDefinition, Catalog, Resolution, Resolved, ResourceType
from catalog.resolve import Resolver, Step
from catalog.rules import Passed
from service.core.actions import Leftover, Mapper, Need
from service.core.events import Event
from service.core.iam.policy import Condition
from service.core.principals import Principal, attribute
from service.core.usage import Call, Evidence, call_of

MAX_PARTS = 200
"""How many parts of a record are left out in turn to find where a need came from."""


MAX_MEMBERS = 2_000
"""A record with more members than this is mapped once only: each part that is left out costs as much again."""

TOO_MANY = "somewhere in the record, which has too many members to leave each out in turn"


@dataclass(frozen=True, slots=True)
class Explained:
    """A need, and the parts of the record without which it would not be there.

    `origins` are `resources`, `parameter NAME`, `response` and `error CODE`; none of them where the account and
    the Region of the event are enough.
    """

    need: Need
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CatalogRow:
    """An action as the catalog has it, with the resource types that it accepts."""

    action: ActionDefinition
    resource_types: tuple[ResourceType, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that Whittle makes of one event. `fate` says what it brings: `granted`, or why nothing."""

    principal: Principal
    identity_type: str
    call: Call
    steps: tuple[Step, ...]
    resolution: Resolution
    fate: str
    rows: tuple[CatalogRow, ...]
    needs: tuple[Explained, ...]
    unshown: tuple[str, ...]
    leftovers: tuple[Leftover, ...]
    notes: tuple[str, ...]

    @property
    def winner(self) -> int | None:
        """Which of the steps answered, counted from 0; None where none did."""
        answered = (place for place, step in enumerate(self.steps) if not isinstance(step.answer, Passed))
        return next(answered, None)


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains events with one catalog."""

    catalog: Catalog
    resolver: Resolver
    mapper: Mapper

    def explain(self, event: Event) -> Explanation:
        """What becomes of an event, and why."""
        principal = attribute(event)
        call = call_of(event, principal, self.mapper.member_names)
        findings = self.mapper.findings({call: _ONCE})
        resolution = self.resolver.resolve(call.operation, call.event_type, call.denial.action)
        needs = tuple(sorted(findings.needs))
        return Explanation(
            principal=principal,
            identity_type=event.identity.type or "",
            call=call,
            steps=self.resolver.trace(call.operation, call.event_type, call.denial.action),
            resolution=resolution,
            fate=next(iter(findings.events)),
            rows=tuple(self._rows(resolution, needs)),
            needs=self._explained(call, needs),
            unshown=_unshown(resolution, needs),
            leftovers=tuple(sorted(findings.leftovers)),
            notes=tuple(sorted(findings.notes)),
        )

    def _rows(self, resolution: Resolution, needs: tuple[Need, ...]) -> Iterator[CatalogRow]:
        own = resolution.actions if isinstance(resolution, Resolved) else ()
        for name in dict.fromkeys((*own, *(need.action for need in needs))):
            if (action := self.catalog.action(name)) is not None:
                service = self.catalog.service(action.prefix)
                types = service.resource_types if service else {}
                yield CatalogRow(action, tuple(types[each.type] for each in action.resources if each.type in types))

    def _explained(self, call: Call, needs: tuple[Need, ...]) -> tuple[Explained, ...]:
        if len(call.parameters) + len(call.response) > MAX_MEMBERS:
            return tuple(Explained(need, (TOO_MANY,)) for need in needs)
        lost_by = {part: set(map(_key, needs)) - self._keys(without) for part, without in _without_each(call)}
        return tuple(Explained(need, self._origins(call, need, lost_by)) for need in needs)

    def _origins(self, call: Call, need: Need, lost_by: dict[str, set[_Key]]) -> tuple[str, ...]:
        needed = tuple(part for part, lost in lost_by.items() if _key(need) in lost)
        if needed:
            return needed
        # Several parts say the same, so that no single one is missed: the first that is enough, in the finder's order.
        enough = (name for name, alone in _each_alone(call) if _key(need) in self._keys(alone))
        return tuple(name for name in enough)[:1]

    def _keys(self, call: Call) -> set[_Key]:
        return {_key(need) for need in self.mapper.findings({call: _ONCE}).needs}


_Key = tuple[str, str, tuple[Condition, ...]]
_ONCE = Evidence("", "", 1, ())


def _key(need: Need) -> _Key:
    return need.action, need.request, need.conditions


def _without_each(call: Call) -> Iterator[tuple[str, Call]]:
    """The call without each part of its record: its resources, its response, and each member of the request."""
    if call.resources:
        yield "resources", replace(call, resources=())
    for name in _paths(call.parameters):
        yield f"parameter {name}", replace(call, parameters=_less(call.parameters, name))
    if call.response:
        yield "response", replace(call, response=())
    if call.error_code:
        yield f"error {call.error_code}", replace(call, error_code="")


def _each_alone(call: Call) -> Iterator[tuple[str, Call]]:
    bare = replace(call, resources=(), parameters=(), response=())
    yield "", bare
    yield "resources", replace(bare, resources=call.resources)
    for name in _paths(call.parameters):
        kept = tuple(each for each in call.parameters if _within(each[0], name))
        yield f"parameter {name}", replace(bare, parameters=kept)
    yield "parameters", replace(bare, parameters=call.parameters)


def _paths(parameters: tuple[tuple[str, str], ...]) -> list[str]:
    return list(dict.fromkeys(path for path, _ in parameters))[:MAX_PARTS]


def _less(parameters: tuple[tuple[str, str], ...], name: str) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in parameters if not _within(each[0], name))


def _within(path: str, name: str) -> bool:
    return path == name or path.startswith(f"{name}.")


def _unshown(resolution: Resolution, needs: tuple[Need, ...]) -> tuple[str, ...]:
    """The actions that the call would need as well if its request had shown it."""
    if not isinstance(resolution, Resolved):
        return ()
    return tuple(sorted({*resolution.conditional, *resolution.alternatives} - {need.action for need in needs}))
