"""A budget of steps, so that a question ends in Unknown at the same place on every machine rather than hang."""

from __future__ import annotations

import math


class OutOfBudget(Exception):
    """The steps are used up. It never leaves the package: the question that ran out is answered Unknown."""


class Budget:
    """So many steps, to be spent by everything that one question needs. A step is in the order of a microsecond."""

    __slots__ = ("left",)

    def __init__(self, steps: float) -> None:
        self.left = steps

    def spend(self, steps: float = 1) -> None:
        """Use up some steps.

        Raises:
            OutOfBudget: there are none left.
        """
        self.left -= steps
        if self.left < 0:
            raise OutOfBudget


UNLIMITED = Budget(math.inf)
