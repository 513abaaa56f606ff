"""A proposal as JSON: the same proposal gives the same bytes, and the digest covers all of them.

Members stand in the order in which a reviewer reads; lists are sorted where their order means nothing.
"""

from __future__ import annotations

import hashlib

import orjson

from catalog.model import CatalogVersion
from service.core.actions import Fate, Leftover
from service.core.backtest_json import backtest_json, rarity_json
from service.core.certificate_json import certificate_json
from service.core.choices import Choices
from service.core.days import Window, WindowAsked
from service.core.diff.as_json import diff_json
from service.core.fit_json import fit_json
from service.core.generalised_json import generalised_json
from service.core.iam.document import to_json
from service.core.iam.policy import Condition
from service.core.inputs import inputs_json
from service.core.json_bytes import Json
from service.core.principals import Principal
from service.core.proposal import Covered, Permission, Proposal
from service.core.suggestions_json import suggestions_json
from service.core.synthesis import NamedPolicy
from service.core.unseen_json import blind_spots_json, testimony_json
from service.core.usage import Evidence, total

FORMAT = "whittle-proposal/1"


def document(proposal: Proposal) -> Json:
    """The proposal as JSON values, with its `id` and `digest`."""
    body = _body(proposal)
    proposal_id, digest = id_and_digest(body)
    return {"id": proposal_id, **body, "digest": digest}


def id_and_digest(body: Json) -> tuple[str, str]:
    """What names a proposal and what proves it: from the sha256 of everything else that it says, members sorted."""
    digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f"proposal-{digest[:20]}", f"sha256:{digest}"


def _body(proposal: Proposal) -> Json:
    seen = total([each.evidence for each in proposal.permissions] + list(proposal.leftovers.values()))
    return {
        "format": FORMAT,
        "principal": _principal(proposal.principal, seen),
        "choices": _choices(proposal.choices),
        "window": _window(proposal.asked, proposal.window, proposal.covered),
        "policies": [_policy(each) for each in proposal.policies],
        "fit": fit_json(proposal.fit),
        "permissions": [_permission(each) for each in proposal.permissions],
        "blind_spots": blind_spots_json(proposal.blind_spots),
        "last_accessed": testimony_json(proposal.testimony) if proposal.testimony else None,
        "generalised": generalised_json(proposal.generalised),
        "suggestions": suggestions_json(proposal.suggestions, proposal.time_of_use),
        "rarity": rarity_json(proposal.rarity),
        "backtest": backtest_json(proposal.backtest) if proposal.backtest else None,
        "unresolved": _leftovers(proposal, Fate.UNRESOLVED),
        "denied": [_denied(each, evidence) for each, evidence in proposal.with_fate(Fate.DENIED)],
        "undetermined": _leftovers(proposal, Fate.UNDETERMINED),
        "exempt": _leftovers(proposal, Fate.EXEMPT),
        "notes": [{"note": sentence, "events": events} for sentence, events in proposal.notes],
        "self_check": {"requests": proposal.self_check.requests, "allowed": proposal.self_check.allowed},
        "certificate": certificate_json(proposal.certificate),
        "diff": diff_json(proposal.diff) if proposal.diff else None,
        "summary": _summary(proposal),
        "inputs": {**inputs_json(proposal.inputs), "duplicates": proposal.duplicates},
        "catalog": {**_catalog(proposal.catalog), "overrides": proposal.overrides},
    }


def _principal(principal: Principal, seen: Evidence) -> Json:
    return {
        "arn": principal.arn or None,
        "type": principal.type.value,
        "account": principal.account,
        "name": principal.name,
        "first_seen": seen.first_seen or None,
        "last_seen": seen.last_seen or None,
    }


def _window(asked: WindowAsked, window: Window, covered: Covered) -> Json:
    return {
        "asked": {"days": asked.days, "from": asked.first or None, "to": asked.last or None},
        "from": window.first or None,
        "to": window.last or None,
        "covered": {"from": covered.first or None, "to": covered.last or None},
    }


def _choices(choices: Choices) -> Json:
    return {
        "resources": choices.resources.value,
        "conditions": choices.conditions.value,
        "unobservable": choices.unobservable.value,
        "target": choices.target.value,
        "fit": choices.fit.value,
        "policy_quota": choices.policy_quota,
        "attached": choices.attached,
        "permissions_patterns": choices.permissions_patterns,
        "shared_names": choices.shared_names.value,
    }


def _policy(named: NamedPolicy) -> Json:
    return {"name": named.name, "characters": named.characters, "document": to_json(named.policy)}


def _permission(permission: Permission) -> Json:
    return {
        "action": permission.action,
        "access_level": permission.access_level.value,
        "resources": list(permission.resources),
        "conditions": [_condition(each) for each in permission.conditions],
        "reason": {
            "kind": permission.reason.value,
            "operations": list(permission.operations),
            "rules": list(permission.rules),
            "confidence": permission.confidence.value,
            "evidence": list(permission.details),
            "via": list(permission.via),
        },
        **_evidence(permission.evidence),
    }


def _condition(condition: Condition) -> Json:
    return {"operator": condition.operator, "key": condition.key, "values": list(condition.values)}


def _evidence(evidence: Evidence) -> Json:
    return {
        "first_seen": evidence.first_seen or None,
        "last_seen": evidence.last_seen or None,
        "count": evidence.count,
        "event_ids": list(evidence.event_ids),
    }


def _leftovers(proposal: Proposal, fate: Fate) -> list[Json]:
    return [
        {**_operation(each), "reason": each.detail, "actions": list(each.actions), **_evidence(evidence)}
        for each, evidence in proposal.with_fate(fate)
    ]


def _denied(leftover: Leftover, evidence: Evidence) -> Json:
    return {
        **_operation(leftover),
        "error_code": leftover.detail,
        "actions": list(leftover.actions),
        "resource": leftover.resource or None,
        "policy_type": leftover.policy_type or None,
        "explicit": leftover.explicit,
        **_evidence(evidence),
    }


def _operation(leftover: Leftover) -> Json:
    return {"event_source": leftover.operation.source, "event_name": leftover.operation.name}


def _summary(proposal: Proposal) -> Json:
    return {
        "policies": len(proposal.policies),
        "statements": sum(len(each.policy.statements) for each in proposal.policies),
        "characters": sum(each.characters for each in proposal.policies),
        "actions": sum(proposal.actions_by_level().values()),
        "actions_by_access_level": proposal.actions_by_level(),
        "actions_by_service": proposal.actions_by_service(),
        "events": dict(proposal.events),
    }


def _catalog(version: CatalogVersion) -> Json:
    return {"version": version.version, "source": version.source, "date": version.date, "digest": version.digest}
