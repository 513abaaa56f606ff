"""Checksums that a database can work out itself: of numbers that it adds up, or changes, without giving them out.

A number that is changed by accident no longer agrees with the proof beside it. It is no defence against whoever changes
both.
"""

from __future__ import annotations

from collections.abc import Sequence

_PRIME = 2_147_483_647
_FACTORS = (1_000_003, 15_485_863, 7_368_787, 2_750_159)
"""Primes below 2^24: with a number below 2^31 each, the sum of all is far below 2^63."""


def proof(numbers: Sequence[int]) -> int:
    """The proof of up to four numbers, none of them negative."""
    factors = _FACTORS[: len(numbers)]
    return sum(number % _PRIME * factor for number, factor in zip(numbers, factors, strict=True)) % _PRIME


def proof_of(*expressions: str) -> str:
    """The same of up to four expressions of SQL, as one."""
    factors = _FACTORS[: len(expressions)]
    terms = (f"({each}) % {_PRIME} * {factor}" for each, factor in zip(expressions, factors, strict=True))
    return f"(({' + '.join(terms)}) % {_PRIME})"
