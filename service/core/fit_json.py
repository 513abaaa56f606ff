"""How policies fit, as JSON."""

from __future__ import annotations

from service.core.fit.model import Fit, Step
from service.core.iam.proving.verdict import Verdict
from service.core.json_bytes import Json
from service.core.verdict_json import verdict_json


def fit_json(fit: Fit) -> Json:
    """Whether there is room for the policies, and the rungs that were climbed for it."""
    return {
        "fits": fit.fits,
        "rung": fit.rung.value,
        "documents": fit.room.documents,
        "characters": fit.room.characters,
        "source": fit.room.source,
        "over": list(fit.over),
        "rungs": [_step(each) for each in fit.steps],
    }


def _step(step: Step) -> Json:
    return {
        "rung": step.rung.value,
        "policies": step.policies,
        "statements": step.statements,
        "characters": step.characters,
        "fits": step.fits,
        "added": dict(step.added),
        "keeps": _verdict(step.keeps),
        "adds_nothing": _verdict(step.adds),
        "within_current": _verdict(step.within_current),
    }


def _verdict(verdict: Verdict | None) -> Json | None:
    return None if verdict is None else verdict_json(verdict)
