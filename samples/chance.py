"""Chance that repeats: the same names give the same rolls, on every machine and Python.

Only `Random.random` is used, the one method whose sequence Python promises to keep for a seed.
https://docs.python.org/3/library/random.html#notes-on-reproducibility
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

_HEX = "0123456789abcdef"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LETTERS = _UPPER + "abcdefghijklmnopqrstuvwxyz"


class Dice:
    """A stream of chance with a name; `child` starts another that does not disturb this one."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._random = Random(name)
        self._uuid_tail = _uuid_tail(name)

    def child(self, *names: object) -> Dice:
        """A stream of its own for a part: a principal, a day."""
        return Dice("/".join([self._name, *map(str, names)]))

    def fraction(self) -> float:
        return self._random.random()

    def below(self, limit: int) -> int:
        return int(self.fraction() * limit)

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both possible."""
        return low + self.below(high - low + 1)

    def chance(self, share: float) -> bool:
        return self.fraction() < share

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weighted(self, table: Sequence[tuple[int, T]]) -> T:
        """One item of a table of (weight, item)."""
        left = self.fraction() * sum(weight for weight, _ in table)
        for weight, item in table:
            left -= weight
            if left < 0:
                return item
        return table[-1][1]

    def hex(self, length: int) -> str:
        return self._text(_HEX, length)

    def upper(self, length: int) -> str:
        return self._text(_UPPER, length)

    def letters(self, length: int) -> str:
        return self._text(_LETTERS, length)

    def uuid(self) -> str:
        """A UUID of which only the first block differs within a stream: random ones would double the files."""
        return self.hex(8) + self._uuid_tail

    def _text(self, alphabet: str, length: int) -> str:
        return "".join(self.pick(alphabet) for _ in range(length))


def _uuid_tail(name: str) -> str:
    text = hashlib.sha256(name.encode()).hexdigest()
    return f"-{text[:4]}-4{text[4:7]}-{'89ab'[int(text[7], 16) % 4]}{text[8:11]}-{text[11:23]}"
