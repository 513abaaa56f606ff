"""Yes, no or unknown: Kleene's three-valued logic, in which unknown is neither of the others.

The values are ordered, so `min` is "and" and `max` is "or".
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """The answer to a question about a request of which not everything is known."""

    NO = -1
    UNKNOWN = 0
    YES = 1

    def __bool__(self) -> bool:
        raise TypeError("a truth has three values: compare it with Truth.YES, Truth.NO or Truth.UNKNOWN")


def truth(fact: bool) -> Truth:
    """A fact that is known."""
    return Truth.YES if fact else Truth.NO


def negated(value: Truth) -> Truth:
    """No for yes, yes for no; what is unknown stays unknown."""
    return Truth(-value)


def every(values: Iterable[Truth]) -> Truth:
    """Yes if all are, no if one is not; yes for none at all."""
    least = Truth.YES
    for value in values:
        if value is Truth.NO:
            return value
        least = min(least, value)
    return least


def some(values: Iterable[Truth]) -> Truth:
    """Yes if one is, no if all are not; no for none at all."""
    most = Truth.NO
    for value in values:
        if value is Truth.YES:
            return value
        most = max(most, value)
    return most
