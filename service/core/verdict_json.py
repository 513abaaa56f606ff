"""Verdicts and requests as JSON values."""

from __future__ import annotations

from service.core.iam.evaluate import Request
from service.core.iam.proving.verdict import Holds, Refuted, Unknown, Verdict, words
from service.core.json_bytes import Json


def verdict_json(verdict: Verdict) -> Json:
    """The answer of a check; members that the answer does not have are null."""
    holds = verdict if isinstance(verdict, Holds) else None
    refuted = verdict if isinstance(verdict, Refuted) else None
    beyond = holds.beyond if holds else None
    return {
        "verdict": type(verdict).__name__.lower(),
        "assumption": holds.assumption.value if holds else None,
        "beyond_assumption": request_json(beyond) if beyond else None,
        "witness": request_json(refuted.request) if refuted else None,
        "in_words": words(refuted.request) if refuted else None,
        "reason": verdict.reason if isinstance(verdict, Unknown) else None,
    }


def request_json(request: Request) -> Json:
    """A request as it can be put to `whittle evaluate`."""
    return {
        "action": request.action,
        "resource": request.resource,
        "context": {key: list(request.context[key]) for key in sorted(request.context)},
        "unknown_keys": sorted(request.unknown_keys),
    }
