"""Sets of actions as bits of an integer, over the actions that somebody knows and those that patterns could mean."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain

from service.core.iam.bank import Bank, fresh_letter
from service.core.iam.budget import Budget, OutOfBudget
from service.core.iam.evaluate import NO_PERMISSION_NEEDED
from service.core.iam.glob import text_glob
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Statement

_LAST = "\U0010ffff"


class ActionSet:
    """Names of actions, sorted and in lower case; sets of them are integers, bit i for the i-th name."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(sorted(set(names) - NO_PERMISSION_NEEDED))
        self.all = (1 << len(self.names)) - 1
        self._index = {name: number for number, name in enumerate(self.names)}
        self._known: dict[str, int] = {}

    def of(self, statement: Statement) -> int:
        """The actions that the statement is about."""
        listed = listed_actions(statement.actions or statement.not_actions)
        found = self.bits(listed.names)
        for pattern in listed.patterns:
            found |= self._matching(pattern)
        return found if statement.actions else self.all & ~found

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
        if pattern not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[pattern] = self._found(pattern)
        return self._known[pattern]

    def _found(self, pattern: str) -> int:
        """What begins like the pattern stands together, so only that has to be looked at."""
        prefix = text_glob(pattern).prefix
        first, last = bisect_left(self.names, prefix), bisect_left(self.names, prefix + _LAST)
        if pattern == prefix + "*":
            return ((1 << (last - first)) - 1) << first
        parsed = parse_pattern(pattern, variables=False)
        ones = "".join("01"[parsed.matches(name)] for name in reversed(self.names[first:last]))
        return int(ones or "0", 2) << first


def numbers_of(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, the lowest first."""
    for place, byte in enumerate(bits.to_bytes(bits.bit_length() // 8 + 1, "little")):
        if byte:
            yield from (place * 8 + bit for bit in range(8) if byte >> bit & 1)


_KEPT = 16384
"""How many patterns a set of actions remembers."""


@dataclass(frozen=True, slots=True)
class Listed:
    """What an Action element lists, in lower case: names, and patterns with wildcards."""

    names: frozenset[str]
    patterns: frozenset[str]


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
    def spelling(self) -> Mapping[str, str]:
        """The spelling of an action by its name in lower case."""
        return {each.lower(): each for each in self.actions}


NOTHING_KNOWN = Universe()


@dataclass(frozen=True, slots=True)
class Written:
    """The actions of some statements: names, and other names that stand for all that their patterns could mean.

    If `complete`, then for any action there is a name, here or in the universe, that matches the same patterns.
    """

    names: frozenset[str]
    imagined: frozenset[str]
    complete: bool


def written(statements: Iterable[Statement], scope: Iterable[Statement]) -> Written:
    """The actions that the statements name, and one for every way in which their patterns can overlap.

    Of services that no statement in scope is about, nothing is needed.
    """
    listed = [listed_actions(each.actions or each.not_actions) for each in statements]
    services = _services(scope)
    names = frozenset(_of(services, chain.from_iterable(each.names for each in listed)))
    patterns = frozenset(_of(services, chain.from_iterable(each.patterns for each in listed)))
    letter = fresh_letter("".join((*names, *patterns)))
    try:
        imagined = frozenset(_imagined(patterns, letter))
    except OutOfBudget:
        return Written(names, frozenset({f"{letter}:{letter}"}), complete=False)
    return Written(names, imagined - names, complete=imagined.isdisjoint(names))


def _services(scope: Iterable[Statement]) -> frozenset[str] | None:
    """The services that the statements are about; `None` for any."""
    found: set[str] = set()
    for statement in scope:
        listed = listed_actions(statement.actions)
        found.update(map(_service, listed.names | listed.patterns))
        if statement.not_actions:
            return None
    return None if "" in found else frozenset(found)


@lru_cache(maxsize=65536)
def _service(pattern: str) -> str:
    """The service that a pattern is about; nothing where it may be any."""
    service, colon, _ = pattern.partition(":")
    return service if colon and "*" not in service and "?" not in service else ""


def _of(services: frozenset[str] | None, patterns: Iterable[str]) -> Iterator[str]:
    return (each for each in patterns if services is None or (service := _service(each)) in services or not service)


_STEPS = 20_000
"""How far overlapping patterns of actions are followed."""


def _imagined(patterns: Iterable[str], letter: str) -> Iterator[str]:
    """Names service by service: patterns of different services have none in common."""
    by_service: dict[str, list[str]] = defaultdict(list)
    for pattern in sorted(patterns):
        by_service[_service(pattern)].append(pattern)
    anywhere = [each for each in by_service.pop("", []) if each not in ("*", "*:*")]
    budget = Budget(_STEPS)
    yield from _overlaps("?*:?*", anywhere, letter, budget)
    for service, listed in sorted(by_service.items()):
        if anywhere or any(not _is_prefix(each) for each in listed):
            yield from _overlaps(f"{service}:?*", [*anywhere, *listed], letter, budget)
        else:
            yield from (each.removesuffix("*") + letter for each in listed)


def _is_prefix(pattern: str) -> bool:
    return "*" not in pattern[:-1] and "?" not in pattern


def _overlaps(form: str, patterns: Sequence[str], letter: str, budget: Budget) -> Iterator[str]:
    """Words of the form, one for each set of patterns that can match together; with the unnamed letter if possible.

    A word without that letter may also be a name that is written out: it does not stand for another then.
    """
    bank = Bank([*map(text_glob, patterns), text_glob(form)])
    of_form = 1 << (bank.size - 1)
    found: dict[tuple[int, bool], str] = {}
    seen = {(bank.start, False)}
    ways = [(bank.start, "")]
    for places, word in ways:
        if places & of_form:
            found.setdefault((places & bank.ends, letter in word), word)
        for each in (letter, *bank.live(places)):
            budget.spend(1 + bank.size // 2048)
            then = bank.step(places, each)
            state = then, letter in word or each == letter
            if then and state not in seen:
                seen.add(state)
                ways.append((then, word + each))
    matched = sorted({matching for matching, _ in found})
    return (found.get((matching, True)) or found[matching, False] for matching in matched)
