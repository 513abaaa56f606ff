"""A certificate as JSON, and the requests that it rests on as JSON lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import orjson

from service.core.certificate import AgainstCurrent, Certificate
from service.core.current import Current, GrantedPolicy
from service.core.excess import ExcessLedger
from service.core.json_bytes import Json
from service.core.observed import ObservedRequest
from service.core.replay import Miss, Replay
from service.core.synthesis import Grant
from service.core.verdict_json import verdict_json


def certificate_json(certificate: Certificate) -> Json:
    """The certificate; what only the current policies can tell is null without them."""
    against = certificate.against
    return {
        "replay": {
            **_replay(certificate.replay),
            "requests_digest": requests_digest(certificate.requests),
            "current": _replay(against.replay) if against else None,
        },
        "no_new_access": _no_new_access(against) if against else None,
        "beyond_current": [_miss(each) for each in against.beyond] if against else None,
        "excess": _excess(certificate.excess),
        "current": _current(against.current) if against else None,
    }


def requests_lines(requests: Iterable[ObservedRequest]) -> bytes:
    """One request in each line, in their order."""
    return b"".join(orjson.dumps(_request_line(each), option=orjson.OPT_APPEND_NEWLINE) for each in requests)


def requests_digest(requests: Iterable[ObservedRequest]) -> str:
    """The sha256 of those lines."""
    return f"sha256:{hashlib.sha256(requests_lines(requests)).hexdigest()}"


def _request_line(each: ObservedRequest) -> Json:
    return {
        "principal": each.principal,
        "action": each.action,
        "resource": each.resource,
        "context": {key: list(values) for key, values in each.context},
        "unknown_keys": sorted(each.request.unknown_keys),
        "count": each.count,
        "basis": each.basis.value,
        "exact": each.exact,
        "names": each.names,
        "siblings": each.siblings,
        "grants": [_grant(grant) for grant in each.grants],
    }


def _grant(grant: Grant) -> Json:
    conditions = [{"operator": each.operator, "key": each.key, "values": each.values} for each in grant.conditions]
    return {"resource": grant.resource, "conditions": conditions}


def _replay(replay: Replay) -> Json:
    return {
        "requests": replay.requests,
        "allowed": replay.allowed,
        "unknown": replay.unknown,
        "misses": [_miss(each) for each in replay.misses],
    }


def _miss(miss: Miss) -> Json:
    return {
        "action": miss.action,
        "resource": miss.resource,
        "reason": miss.cause.value,
        "nearest_statement": miss.place or None,
        "element": miss.element or None,
        "requests": miss.requests,
        "events": miss.events,
    }


def _no_new_access(against: AgainstCurrent) -> Json:
    apart = against.apart_from_beyond
    return {**verdict_json(against.no_new_access), "apart_from_beyond": verdict_json(apart) if apart else None}


def _excess(ledger: ExcessLedger) -> Json:
    return {
        "granted": ledger.granted,
        "observed": ledger.granted - len(ledger.entries),
        "beyond_observed": len(ledger.entries),
        "by_cause": ledger.counts(),
        "entries": [
            {
                "cause": each.cause.value,
                "access_level": each.access_level.value,
                "action": each.action,
                "pattern": each.pattern,
                "names": each.names,
            }
            for each in ledger.entries
        ],
    }


def _current(current: Current) -> Json:
    return {
        "policies": [_named(each) for each in current.policies],
        "boundary": _named(current.boundary) if current.boundary else None,
    }


def _named(each: GrantedPolicy) -> Json:
    return {"name": each.name, "digest": each.digest}
