"""What a reviewer chooses: how resources are generalised, which conditions are added, what happens to what no evidence
can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ResourceChoice(StrEnum):
    """How the resources that were seen become those of the policy."""

    EXACT = "exact"
    PATTERNS = "patterns"
    SERVICE = "service"


class ConditionChoice(StrEnum):
    """Which suggested conditions are in the policy; the others stay suggestions."""

    NONE = "none"
    SAFE = "safe"
    ALL = "all"


class UnobservableChoice(StrEnum):
    """What becomes of granted permissions of which the evidence cannot show the use."""

    KEEP = "keep"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Choices:
    """All of them; what a user gets who chooses nothing is the default of each."""

    resources: ResourceChoice = ResourceChoice.PATTERNS
    conditions: ConditionChoice = ConditionChoice.SAFE
    unobservable: UnobservableChoice = UnobservableChoice.KEEP


DEFAULT_CHOICES = Choices()
"""Those of a user who chooses nothing."""
