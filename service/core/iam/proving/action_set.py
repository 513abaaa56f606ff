"""Sets of actions as bits of an integer, over the actions that somebody knows."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from service.core.iam.evaluate import NO_PERMISSION_NEEDED
from service.core.iam.policy import Statement
from service.core.iam.proving.budget import UNLIMITED, Budget

_LAST = "\U0010ffff"


class ActionSet:
    """Names of actions, sorted and in lower case; sets of them are integers, bit i for the i-th name.

    Taking a subset takes steps of the budget.
    """

    def __init__(self, names: Iterable[str], budget: Budget = UNLIMITED) -> None:
        self.names = tuple(sorted(set(names) - NO_PERMISSION_NEEDED))
        self.all = (1 << len(self.names)) - 1
        self._index = {name: number for number, name in enumerate(self.names)}
        self._known: dict[str, int] = {}
        self._budget = budget
        self._each = 1 + len(self.names) // 8192

    def of(self, statement: Statement) -> int:
        """The actions that the statement is about."""
        listed = _listed(statement)
        self._budget.spend(self._each * (1 + len(listed.patterns)) + len(listed.names) // 4)
        found = self.bits(listed.names)
        for pattern in listed.patterns:
            found |= self._matching(pattern)
        return found if statement.actions else self.all & ~found

    def near(self, statement: Statement) -> int:
        """The actions that it may be about, by what its patterns begin with: found fast, and perhaps some too many."""
        if statement.not_actions:
            return self.all
        listed = _listed(statement)
        found = self.bits(listed.names)
        for prefix in set(map(_beginning, listed.patterns)):
            first, last = self._span(prefix)
            found |= ((1 << (last - first)) - 1) << first
        return found

    def effort(self, statement: Statement) -> int:
        """How many steps it takes to find what the statement is about, of which nothing is known yet."""
        listed = _listed(statement)
        found = self._each * (1 + len(listed.patterns)) + len(listed.names) // 4
        return found + sum(self._effort(pattern) for pattern in listed.patterns)

    def members(self, bits: int) -> Iterator[str]:
        """The names in a set, in their order."""
        return map(self.names.__getitem__, numbers_of(bits))

    def first(self, bits: int) -> str:
        """The first name in a set that has one."""
        return self.names[(bits & -bits).bit_length() - 1]

    def bits(self, names: frozenset[str]) -> int:
        """The set of those that are among these names."""
        found = bytearray(len(self.names) // 8 + 1)
        for name in names if len(names) < len(self.names) else self.names:
            if name in names and (number := self._index.get(name)) is not None:
                found[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(found, "little")

    def _matching(self, pattern: str) -> int:
        found = self._known.get(pattern)
        if found is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = self._known[pattern] = self._found(pattern)
        return found

    def _found(self, pattern: str) -> int:
        """What begins like the pattern stands together, so only that has to be looked at."""
        prefix = _beginning(pattern)
        first, last = self._span(prefix)
        self._budget.spend(self._effort(pattern))
        if pattern == prefix + "*":
            return ((1 << (last - first)) - 1) << first
        found = bytearray((last - first) // 8 + 1)
        for each in _line(pattern).finditer("\n".join(self.names[first:last]) if last else ""):
            number = self._index[each[0]] - first
            found[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(found, "little") << first

    def _effort(self, pattern: str) -> int:
        """Of a pattern with more than a `*` at its end: an expression is made of it and held against the names."""
        prefix = _beginning(pattern)
        if pattern == prefix + "*":
            return 1
        first, last = self._span(prefix)
        return 200 + 8 * len(pattern) + (last - first) // 2

    def _span(self, prefix: str) -> tuple[int, int]:
        """Where the names with this beginning stand, and where they end."""
        return bisect_left(self.names, prefix), bisect_left(self.names, prefix + _LAST)


def _beginning(pattern: str) -> str:
    """What stands before the first wildcard."""
    return pattern.partition("*")[0].partition("?")[0]


def _line(pattern: str) -> re.Pattern[str]:
    """The pattern for a whole line of a text; nothing is tried twice, as in `Pattern.matches`."""
    first, *rest = (
        "".join("[^\n]" if each == "?" else re.escape(each) for each in part) for part in pattern.split("*")
    )
    if not rest:
        return re.compile(f"^{first}$", re.MULTILINE)
    middle = "".join(f"(?>[^\n]*?{each})" for each in rest[:-1])
    return re.compile(f"^{first}{middle}[^\\n]*{rest[-1]}$", re.MULTILINE)


def numbers_of(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    for found in _SOME.finditer(bits.to_bytes(bits.bit_length() // 8 + 1, "little")):
        place, (byte,) = found.start() * 8, found[0]
        yield from (place + bit for bit in range(8) if byte >> bit & 1)


_SOME = re.compile(rb"[^\0]")


_KEPT = 16384
"""How many patterns a set of actions remembers."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What an Action element lists, in lower case: names, and patterns with wildcards."""

    names: frozenset[str]
    patterns: frozenset[str]


def _listed(statement: Statement) -> Listed:
    return listed_actions(statement.actions or statement.not_actions)


@lru_cache(maxsize=4096)
def listed_actions(texts: tuple[str, ...]) -> Listed:
    """The actions of a statement, apart."""
    folded = frozenset(map(str.lower, texts))
    patterns = frozenset(each for each in folded if "*" in each or "?" in each)
    return Listed(folded - patterns, patterns)


def _no_formats(_: str) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, eq=False)
class Universe:
    """The actions that AWS has, as the caller knows them, and the formats of the ARNs that each may be used on.

    A format is written as AWS does, `arn:${Partition}:s3:::${BucketName}`; an action without any takes `*`. They serve
    only to show requests that look real.
    """

    actions: tuple[str, ...] = ()
    arn_formats: Callable[[str], tuple[str, ...]] = _no_formats

    @cached_property
    def known(self) -> ActionSet:
        """The actions as a set to take subsets of."""
        return ActionSet(map(str.lower, self.actions))

    @cached_property
    def names(self) -> frozenset[str]:
        """The actions in lower case."""
        return frozenset(self.known.names)

    @cached_property
    def services(self) -> frozenset[str]:
        """The services that it has actions of."""
        return frozenset(name.partition(":")[0] for name in self.names)

    @cached_property
    def spelling(self) -> Mapping[str, str]:
        """The spelling of an action by its name in lower case."""
        return {each.lower(): each for each in self.actions}


NOTHING_KNOWN = Universe()
