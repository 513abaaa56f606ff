"""What a reviewer chooses: how resources are generalised, which conditions are added, what happens to what no evidence
can show, as what the policies are given, and how far they may be changed to fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from service.core.quotas import MANAGED_POLICIES_PER_PRINCIPAL, Target


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


class SharedNames(StrEnum):
    """Whether a pattern may cover what only another principal was seen using, where both were seen using much of the
    same.
    """

    COVER = "cover"
    REFUSE = "refuse"


class Rung(StrEnum):
    """How far policies may be changed to fit: up to this rung of the ladder (`service.core.fit`)."""

    EXACT = "exact"
    MERGED = "merged"
    WILDCARDS = "wildcards"
    RESOURCES = "resources"


@dataclass(frozen=True, slots=True)
class Choices:
    """All of them; what a user gets who chooses nothing is the default of each.

    `permissions_patterns` lets resources of Permissions management actions be generalised like others.
    `policy_quota` is how many managed policies the principal may have, `attached` how many of them it keeps.
    """

    resources: ResourceChoice = ResourceChoice.PATTERNS
    conditions: ConditionChoice = ConditionChoice.SAFE
    unobservable: UnobservableChoice = UnobservableChoice.KEEP
    target: Target = Target.MANAGED
    fit: Rung = Rung.MERGED
    policy_quota: int = MANAGED_POLICIES_PER_PRINCIPAL
    attached: int = 0
    permissions_patterns: bool = False
    shared_names: SharedNames = SharedNames.COVER

    @property
    def slots(self) -> int:
        """How many managed policies there is room for."""
        return max(self.policy_quota - self.attached, 0)


DEFAULT_CHOICES = Choices()
"""Those of a user who chooses nothing."""
