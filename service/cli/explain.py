"""`whittle resolve --explain`: one event, from who made it to the resources of every action, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalog.model import NoPermission, Resolution, Resolved, Unresolved
from catalog.resolve import Step
from catalog.rules import Passed
from service.core.actions import Leftover
from service.core.arn_format import parse_format
from service.core.iam.policy import Condition
from service.core.shown import shown
from service.usecases.explain import CatalogRow, Explained, Explanation

_MOST = 300
"""Characters of a name that are shown."""

_MOST_NAMES = 8
"""Condition keys and actions of a list that are shown; JSON has all of them."""


def explanation_text(found: Explanation) -> str:
    """The explanation for a terminal."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Explanation) -> Iterator[str]:
    call = found.call
    yield f"{shown(call.operation.source)} {shown(call.operation.name)} ({shown(call.event_type)})"
    yield f"  in account {shown(call.account) or '-'}, Region {shown(call.region) or '-'}"
    yield f"  by {shown(found.principal.label, _MOST)} ({found.principal.type.value}; {_identity(found)})"
    yield f"  {_outcome(found)}"
    yield ""
    yield "rules, in order; the first that answers wins:"
    yield from (_step_line(step, place, found.winner) for place, step in enumerate(found.steps))
    yield ""
    yield from _resolution_lines(found.resolution)
    yield from _needs_lines(found)
    if found.unshown:
        yield f"not needed, since the request does not show it: {', '.join(found.unshown)}"
    yield from (f"no permission: {_leftover(each)}" for each in found.leftovers)
    yield from (f"note: {shown(note, _MOST)}" for note in found.notes)
    if found.rows:
        yield ""
        yield "catalog:"
    for row in found.rows:
        yield from _row_lines(
            row, [each.need.request for each in found.needs if each.need.action == row.action.full_name]
        )


def _identity(found: Explanation) -> str:
    said = f"userIdentity.type {shown(found.identity_type) or 'absent'}"
    return f"{said}, invoked by {shown(found.call.invoked_by)}" if found.call.invoked_by else said


def _outcome(found: Explanation) -> str:
    call = found.call
    code = f" ({shown(call.error_code)})" if call.error_code else ""
    denial = call.denial
    named = [f"{denial.action} on {denial.resource or 'a resource it does not name'}"] if denial.action else []
    named += (
        [("an explicit deny in a " if denial.explicit else "no allow in the ") + denial.policy_type]
        if denial.policy_type
        else []
    )
    told = f": {shown('; '.join(named), _MOST)}" if named else ""
    return f"outcome: {call.outcome.value}{code}{told}; it is {found.fate}"


def _step_line(step: Step, place: int, winner: int | None) -> str:
    mark = "->" if place == winner else "  "
    after = ", had it been asked" if winner is not None and place > winner else ""
    return f"  {mark} {step.rule}{after}: {shown(_answer(step), _MOST)}"


def _answer(step: Step) -> str:
    match step.answer:
        case Passed(reason=reason):
            return reason
        case Resolved(actions=actions, rule=rule):
            return f"{', '.join(actions)} [{rule}]"
        case NoPermission(reason=reason, rule=rule) | Unresolved(reason=reason, rule=rule):
            return f"{reason} [{rule}]"


def _resolution_lines(resolution: Resolution) -> Iterator[str]:
    match resolution:
        case Resolved():
            yield f"answer: {', '.join(resolution.actions)}, by rule {resolution.rule} ({resolution.confidence.value})"
            if resolution.alternatives:
                yield f"  one call needs only some of: {', '.join(resolution.alternatives)}"
            yield from (f"  because {shown(note, _MOST)}" for note in resolution.notes)
        case NoPermission(reason=reason, rule=rule) | Unresolved(reason=reason, rule=rule):
            yield f"answer: {shown(reason, _MOST)} [{rule}]"


def _needs_lines(found: Explanation) -> Iterator[str]:
    if found.needs:
        yield "needs:"
    for each in found.needs:
        need = each.need
        yield f"  {need.action} ({need.access_level.value}) on {shown(need.request, _MOST)}"
        if need.patterns != (need.request,):
            yield f"    in a policy: {' and '.join(shown(pattern, _MOST) for pattern in need.patterns)}"
        yield from (f"    if {_condition(each)}" for each in need.conditions)
        yield f"    reason: {_reason(each)}"
        yield f"    resource from: {_origins(each)}"


def _condition(condition: Condition) -> str:
    return f"{condition.key} is {' or '.join(map(shown, condition.values))} ({condition.operator})"


def _reason(each: Explained) -> str:
    reason = each.need.reason
    via = f", called by {shown(reason.via)} with the principal's permissions" if reason.via else ""
    return f"{reason.kind.value}{f', {shown(reason.detail, _MOST)}' if reason.detail else ''}{via}"


def _origins(each: Explained) -> str:
    known = ", ".join(shown(origin, _MOST) for origin in each.origins if origin)
    if each.need.request == "*":
        return "no resource is shown, so `*`" if not each.need.exact else "the action takes no resource, so `*`"
    told = known or "the place of the event alone"
    return told if each.need.exact else f"{told}; a wildcard stands for what the record does not show"


def _leftover(each: Leftover) -> str:
    actions = f"{', '.join(map(shown, each.actions))}: " if each.actions else ""
    on = f" on {shown(each.resource, _MOST)}" if each.resource else ""
    return f"{actions}{each.fate.value}{on}, {shown(each.detail, _MOST)}"


def _row_lines(row: CatalogRow, requests: Sequence[str]) -> Iterator[str]:
    """An action; of its resource types those that it requires or that the needs are of, as JSON has all of them."""
    action = row.action
    marks = [word for word, true in (("permission only", action.permission_only), ("retired", action.retired)) if true]
    yield f"  {action.full_name}: {', '.join([action.access_level.value, *marks])}"
    formats = {kind.name.lower(): kind.arn_formats for kind in row.resource_types}
    told = [each for each in action.resources if each.required or _fits(formats.get(each.type, ()), requests)]
    for each in told:
        yield f"    {'requires' if each.required else 'accepts'} {each.type}: {', '.join(formats.get(each.type, ()))}"
    if len(told) < len(action.resources):
        yield f"    accepts {len(action.resources) - len(told)} other resource types"
    if not action.resources:
        yield "    takes no resource"
    if action.condition_keys:
        yield f"    condition keys: {_some(action.condition_keys)}"
    if action.dependent_actions:
        yield f"    may also need: {_some(action.dependent_actions)}"


def _fits(formats: Sequence[str], requests: Sequence[str]) -> bool:
    parsed = [parse_format(text) for text in formats]
    return any(each.names_in(request) is not None for each in parsed for request in requests)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
