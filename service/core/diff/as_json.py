"""A comparison as JSON: complete, and the same bytes for the same policies in whatever order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from catalog.model import AccessLevel
from service.core.diff.counts import Counts, by_level, by_service, counts
from service.core.diff.model import (
    Change,
    ConditionChange,
    Escalation,
    Finding,
    Kind,
    PolicyDiff,
    ScopeChange,
    StatementCondition,
)
from service.core.diff.words import sentence
from service.core.json_bytes import Json
from service.core.verdict_json import request_json, verdict_json

FORMAT = "whittle-diff/1"


def diff_json(diff: PolicyDiff) -> Json:
    """The comparison as JSON values."""
    version = diff.catalog
    return {
        "format": FORMAT,
        "relation": diff.relation.value,
        "sentence": sentence(diff),
        "same_text": diff.same_text,
        "no_new_access": verdict_json(diff.no_new_access),
        "nothing_lost": verdict_json(diff.nothing_lost),
        "summary": _summary(diff.changes),
        "permissions_management": _names(
            each for each in diff.changes if each.access_level is AccessLevel.PERMISSIONS_MANAGEMENT
        ),
        "escalations": [_escalation(each) for each in diff.escalations],
        "conditions": [_conditions(each) for each in diff.conditions],
        "changes": [_change(each) for each in diff.changes],
        "catalog": {
            "version": version.version,
            "source": version.source,
            "date": version.date,
            "digest": version.digest,
        },
    }


def _summary(changes: tuple[Change, ...]) -> Json:
    return {
        "actions": _counts(counts(changes)),
        "by_access_level": _all_counts(by_level(changes)),
        "by_service": _all_counts(by_service(changes)),
    }


def _all_counts(found: Mapping[str, Counts]) -> Json:
    return {name: _counts(each) for name, each in found.items()}


def _counts(found: Counts) -> Json:
    return {"before": found.before, "after": found.after, **{kind.value: found.kinds[kind] for kind in Kind}}


def _names(changes: Iterable[Change]) -> Json:
    """Actions by kind."""
    found: dict[str, list[str]] = {kind.value: [] for kind in Kind}
    for each in changes:
        found[each.kind.value] += each.actions
    return {kind: sorted(names) for kind, names in found.items()}


def _escalation(escalation: Escalation) -> Json:
    known = escalation.combination
    return {
        "name": known.name,
        "actions": list(known.actions),
        "gives": known.gives,
        "kind": escalation.kind.value,
        "source": known.source,
    }


def _conditions(change: ConditionChange) -> Json:
    return {
        "added": [_condition(each) for each in change.added],
        "removed": [_condition(each) for each in change.removed],
        "actions": list(change.actions),
    }


def _condition(each: StatementCondition) -> Json:
    found = each.condition
    return {"effect": each.effect, "operator": found.operator, "key": found.key, "values": list(found.values)}


def _change(change: Change) -> Json:
    return {
        "kind": change.kind.value,
        "service": change.service,
        "access_level": change.access_level.value if change.access_level else None,
        "actions": list(change.actions),
        "scopes": [_scope(each) for each in change.scopes],
        **_witnesses(change.finding),
    }


def _scope(change: ScopeChange) -> Json:
    listed = "not_resources" if change.scope.excepted else "resources"
    return {listed: list(change.scope.resources), "kind": change.finding.kind.value, **_witnesses(change.finding)}


def _witnesses(finding: Finding) -> Json:
    """What is there of lost, gained and kept requests, and why something is unknown."""
    requests = {"lost": finding.lost, "gained": finding.gained, "kept": finding.kept}
    found = {name: request_json(each) for name, each in requests.items() if each is not None}
    return {**found, "reason": finding.reason} if finding.reason else found
