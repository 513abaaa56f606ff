"""What a suggestion says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.core.actions import Need
from service.core.iam.policy import Condition


class Advice(StrEnum):
    """Whether a condition should be added."""

    SAFE = "safe to add"
    REVIEW = "review"
    DO_NOT = "do not"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A condition, and the actions that it would bind.

    `met` of `events` are the observed events behind these permissions that meet it, over `days` distinct days; `values`
    counts the distinct values that were seen (0 where no record shows one). `why` gives the grounds of the advice,
    `risk` what it may break. `is_included` says that the policy has it.
    """

    condition: Condition
    actions: tuple[str, ...]
    met: int
    events: int
    days: int
    values: int
    risk: str
    advice: Advice
    why: str
    is_included: bool = False


@dataclass(frozen=True, slots=True)
class Suggested:
    """Every suggestion with the needs that it would bind; `too_many` are sentences about keys of which none is made,
    because there were too many values.
    """

    conditions: tuple[tuple[Suggestion, Mapping[Need, Condition]], ...]
    too_many: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimeOfUse:
    """When the principal is at work, in UTC: the earliest and the latest second of a day, and the days of the week
    (0 is Monday). IAM has no condition for the time of day.
    """

    earliest: int
    latest: int
    weekdays: tuple[int, ...]
