"""What was done for policies to fit, rung by rung, and what of them does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.model import AccessLevel
from service.core.choices import Rung
from service.core.iam.proving.verdict import Verdict
from service.core.quotas import Room
from service.core.synthesis import Grant

NEVER = frozenset({AccessLevel.PERMISSIONS_MANAGEMENT, AccessLevel.TAGGING})
"""Levels of actions that no rung adds: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"""


@dataclass(frozen=True, slots=True, order=True)
class Added:
    """A grant that no call asked for, brought by a rung, and why it is there."""

    rung: Rung
    grant: Grant
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """Policies as one rung makes them. `characters` and `statements` are those of all of them together.

    `added` counts by access level the pairs of action and resource that the rung adds. Against the exact policies,
    `keeps` says whether all that they allow is allowed, `adds` whether nothing else is; `within_current` is about what
    is granted now. The three are None where they are not asked: where the exact policies fit, of which the certificate
    says it, and where it is not known what is granted.
    """

    rung: Rung
    policies: int
    statements: int
    characters: int
    fits: bool
    added: Mapping[str, int]
    keeps: Verdict | None = None
    adds: Verdict | None = None
    within_current: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether policies fit. `rung` is the one whose policies are proposed, `steps` are those that were climbed.

    `over` names the policies for which there is no room, and says what is in them; `notes` say what could not be done.
    """

    room: Room
    rung: Rung
    steps: tuple[Step, ...]
    over: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def chosen(self) -> Step:
        """The step whose policies are proposed."""
        return next(each for each in self.steps if each.rung is self.rung)

    @property
    def fits(self) -> bool:
        """Whether there is room for every policy."""
        return not self.over
