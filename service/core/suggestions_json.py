"""Suggested conditions as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from service.core.json_bytes import Json
from service.core.suggest.model import Suggestion, TimeOfUse

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def suggestions_json(suggestions: Iterable[Suggestion], use: TimeOfUse | None) -> Json:
    """Each condition with its evidence; and when the principal is at work, for which IAM has none."""
    return {
        "conditions": [_suggestion(each) for each in suggestions],
        "time_of_use": None if use is None else _time_of_use(use),
    }


def _suggestion(each: Suggestion) -> Json:
    condition = each.condition
    return {
        "block": {condition.operator: {condition.key: list(condition.values)}},
        "advice": each.advice.value,
        "why": each.why,
        "included": each.is_included,
        "actions": list(each.actions),
        "events": each.events,
        "met": each.met,
        "distinct_values": each.values,
        "days": each.days,
        "risk": each.risk,
    }


def _time_of_use(use: TimeOfUse) -> Json:
    return {
        "earliest": clock(use.earliest),
        "latest": clock(use.latest),
        "weekdays": [_WEEKDAYS[each] for each in use.weekdays],
    }


def clock(second: int) -> str:
    """A second of the day as `23:59:59`."""
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
