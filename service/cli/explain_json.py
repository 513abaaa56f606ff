"""An answer of the resolver, and the explanation of an event, as JSON values."""

from __future__ import annotations

from catalog.model import Resolution, Resolved, ResourceType
from catalog.resolve import Step
from catalog.rules import Passed
from service.core.actions import Leftover
from service.core.json_bytes import Json
from service.usecases.explain import CatalogRow, Explained, Explanation


def resolution_json(resolution: Resolution) -> Json:
    """An answer; the same members for each kind."""
    resolved = resolution if isinstance(resolution, Resolved) else None
    return {
        "actions": list(resolved.actions) if resolved else [],
        "conditional": list(resolved.conditional) if resolved else [],
        "alternatives": list(resolved.alternatives) if resolved else [],
        "passes_role_to": list(resolved.passes_role_to) if resolved else [],
        "rule": resolution.rule,
        "confidence": resolved.confidence.value if resolved else None,
        "reason": None if isinstance(resolution, Resolved) else resolution.reason,
        "notes": list(resolved.notes) if resolved else [],
    }


def explanation_json(found: Explanation) -> Json:
    """The explanation as JSON values."""
    return {
        "event": _event_json(found),
        "principal": {
            "label": found.principal.label,
            "type": found.principal.type.value,
            "arn": found.principal.arn or None,
        },
        "rules": [_step_json(step, place, found.winner) for place, step in enumerate(found.steps)],
        "resolution": resolution_json(found.resolution),
        "fate": found.fate,
        "needs": [_need_json(each) for each in found.needs],
        "not_shown": list(found.unshown),
        "without_permission": [_leftover_json(each) for each in found.leftovers],
        "notes": list(found.notes),
        "catalog": [_row_json(row) for row in found.rows],
    }


def _event_json(found: Explanation) -> Json:
    call = found.call
    return {
        "event_source": call.operation.source,
        "event_name": call.operation.name,
        "event_type": call.event_type,
        "account": call.account or None,
        "region": call.region or None,
        "identity_type": found.identity_type or None,
        "invoked_by": call.invoked_by or None,
        "outcome": call.outcome.value,
        "error_code": call.error_code or None,
        "denied_action": call.denial.action or None,
        "denied_resource": call.denial.resource or None,
        "denied_by": call.denial.policy_type or None,
        "explicit_deny": call.denial.explicit,
    }


def _step_json(step: Step, place: int, winner: int | None) -> Json:
    answer = step.answer
    return {
        "rule": step.rule,
        "won": place == winner,
        "asked": winner is None or place <= winner,
        "answer": None if isinstance(answer, Passed) else resolution_json(answer),
        "passed": answer.reason if isinstance(answer, Passed) else None,
    }


def _need_json(each: Explained) -> Json:
    need = each.need
    return {
        "action": need.action,
        "access_level": need.access_level.value,
        "resource": need.request,
        "patterns": list(need.patterns),
        "exact": need.exact,
        "conditions": [
            {"operator": test.operator, "key": test.key, "values": list(test.values)} for test in need.conditions
        ],
        "reason": need.reason.kind.value,
        "evidence": need.reason.detail or None,
        "via": need.reason.via or None,
        "from": [origin for origin in each.origins if origin],
    }


def _leftover_json(each: Leftover) -> Json:
    return {
        "fate": each.fate.value,
        "actions": list(each.actions),
        "resource": each.resource or None,
        "reason": each.detail,
    }


def _row_json(row: CatalogRow) -> Json:
    action = row.action
    return {
        "action": action.full_name,
        "access_level": action.access_level.value,
        "resource_types": [
            {
                "type": each.type,
                "required": each.required,
                "arn_formats": list(_formats(row.resource_types, each.type)),
                "condition_keys": list(each.condition_keys),
            }
            for each in action.resources
        ],
        "condition_keys": list(action.condition_keys),
        "dependent_actions": list(action.dependent_actions),
        "permission_only": action.permission_only,
        "retired": action.retired,
    }


def _formats(types: tuple[ResourceType, ...], name: str) -> tuple[str, ...]:
    return next((kind.arn_formats for kind in types if kind.name.lower() == name), ())
