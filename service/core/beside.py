"""What a proposal is made with beside the trail: what is granted now, other witnesses, a reviewer's choices."""

from __future__ import annotations

from dataclasses import dataclass

from service.core.choices import DEFAULT_CHOICES, Choices
from service.core.current import Current
from service.core.witnesses import NO_WITNESSES, Witnesses


@dataclass(frozen=True, slots=True)
class Beside:
    """`current` is None where it is not known what is granted."""

    current: Current | None = None
    choices: Choices = DEFAULT_CHOICES
    witnesses: Witnesses = NO_WITNESSES


NOTHING_BESIDE = Beside()
"""The trail alone, with the choices of a user who chooses nothing."""
