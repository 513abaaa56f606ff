"""Checksums that a database can work out itself: of numbers that it adds up, or changes, without giving them out.

A number that is changed by accident no longer agrees with the proof beside it. It is no defence against whoever changes
both.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement

_N = TypeVar("_N", int, "ColumnElement[int]")

_PRIME = 2_147_483_647
_FACTORS = (1_000_003, 15_485_863, 7_368_787, 2_750_159)
"""Primes below 2^24: with a number below 2^31 each, the sum of all is far below 2^63."""


def proof(numbers: Sequence[_N]) -> _N:
    """The proof of up to four numbers, none of them negative: as numbers, or as columns."""
    first, *others = (
        number % _PRIME * factor for number, factor in zip(numbers, _FACTORS[: len(numbers)], strict=True)
    )
    for each in others:
        first = first + each
    return first % _PRIME
