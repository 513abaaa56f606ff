"""What is known of a principal beside the trail, from the files that a user gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Each is None where it is not given."""


NO_WITNESSES = Witnesses()
"""For the trail alone."""
