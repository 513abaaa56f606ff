"""Suggested conditions, for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from service.core.shown import shown
from service.core.suggest.model import Advice, Suggestion, TimeOfUse
from service.core.suggestions_json import clock

_VALUES = 3
_ORDER = tuple(Advice)


def suggestion_lines(suggestions: Iterable[Suggestion], use: TimeOfUse | None) -> Iterator[str]:
    """Those that the policy has, then those that are safe, then the others."""
    listed = sorted(suggestions, key=lambda each: (not each.is_included, _ORDER.index(each.advice)))
    if listed:
        yield "conditions:"
    for each in listed:
        condition = each.condition
        more = f" and {len(condition.values) - _VALUES} more" if len(condition.values) > _VALUES else ""
        values = ", ".join(map(shown, condition.values[:_VALUES])) + more
        seen = f", met by {each.met:,} of {each.events:,} events" if each.events else ""
        state = "included" if each.is_included else each.advice.value
        actions = "one action" if len(each.actions) == 1 else f"{len(each.actions):,} actions"
        yield f"  {state}: {condition.operator} {shown(condition.key)} {values} on {actions}{seen}: {each.why}"
    if use is not None:
        days = "every day of the week" if len(use.weekdays) == 7 else f"{len(use.weekdays)} days of the week"
        hours = f"{clock(use.earliest)} to {clock(use.latest)} UTC on {days}"
        yield f"  at work from {hours}; IAM has no condition for that"
    if listed or use is not None:
        yield ""
