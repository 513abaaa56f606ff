"""Needs under the suggested conditions that are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from service.core.actions import Findings, Need
from service.core.choices import ConditionChoice
from service.core.iam.policy import Condition
from service.core.suggest.model import Advice, Suggestion


def conditioned(
    findings: Findings,
    suggested: Iterable[tuple[Suggestion, Mapping[Need, Condition]]],
    choice: ConditionChoice,
    fits: Callable[[Findings], bool],
) -> tuple[Findings, tuple[Suggestion, ...]]:
    """The findings under the conditions that the choice takes, one after the other as long as the policy `fits`."""
    changed = {need: need for need in findings.needs}
    said: list[Suggestion] = []
    for suggestion, needs in suggested:
        taken = bool(needs) and _is_taken(suggestion.advice, choice)
        if taken:
            candidate = changed | {
                need: replace(changed[need], conditions=tuple(sorted((*changed[need].conditions, condition))))
                for need, condition in needs.items()
            }
            taken = fits(_with(findings, candidate))
            changed = candidate if taken else changed
        said.append(replace(suggestion, is_included=suggestion.is_included or taken))
    return _with(findings, changed), tuple(said)


def _is_taken(advice: Advice, choice: ConditionChoice) -> bool:
    match choice:
        case ConditionChoice.NONE:
            return False
        case ConditionChoice.SAFE:
            return advice is Advice.SAFE
        case ConditionChoice.ALL:
            return advice is not Advice.DO_NOT


def _with(findings: Findings, changed: Mapping[Need, Need]) -> Findings:
    needs: dict[Need, frozenset[int]] = {}
    for need, calls in findings.needs.items():
        now = changed[need]
        needs[now] = needs.get(now, frozenset()) | calls
    return replace(findings, needs=needs)
