"""Which needs a condition can bind: beside a grant of the same action without it, on all of a need's resources, a
condition is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from service.core.actions import Need
from service.core.covering import SortedNames
from service.core.iam.pattern import Wildcard, parse_pattern
from service.core.iam.policy import Condition
from service.core.secondary import is_of_the_action


def bindable(bound: Collection[Need], needs: Iterable[Need]) -> frozenset[Need]:
    """Those of `bound` that no other of the needs covers, were the condition put on them and on nothing else."""
    every, wanted = list(needs), frozenset(bound)
    while (left := frozenset(_uncovered(wanted, every))) != wanted:
        wanted = left  # what is covered stays without the condition, and may cover others in turn
    return wanted


def _uncovered(wanted: frozenset[Need], every: Iterable[Need]) -> Iterator[Need]:
    actions = {need.action for need in wanted}
    beside: dict[str, dict[_Terms, set[str]]] = {}
    for need in every:
        if need.action in actions and need not in wanted:
            beside.setdefault(need.action, {}).setdefault(_terms(need), set()).update(need.patterns)
    groups: dict[tuple[str, _Terms], list[Need]] = {}
    for need in wanted:
        groups.setdefault((need.action, _terms(need)), []).append(need)
    for (action, terms), group in groups.items():
        others = (patterns for each, patterns in beside.get(action, {}).items() if each <= terms)
        covered = _covered({pattern for need in group for pattern in need.patterns}, set().union(*others))
        yield from (need for need in group if covered.isdisjoint(need.patterns))


_Terms = frozenset[Condition]


def _terms(need: Need) -> _Terms:
    """The conditions that hold a need to its request: a grant that is held to another is none beside it."""
    return frozenset(each for each in need.conditions if is_of_the_action(each.key))


def _covered(patterns: Iterable[str], others: Collection[str]) -> set[str]:
    """The patterns that one of the others covers."""
    if not others:
        return set()
    words = {pattern: _words(pattern) for pattern in patterns}
    by_word = _inverted(words)
    names = SortedNames(by_word)
    found: set[str] = set()
    for other in others:
        inside = set(names.covered(other))
        found |= {pattern for word in inside for pattern in by_word[word] if words[pattern] <= inside}
    return found


def _inverted(words: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pattern, texts in words.items():
        for text in texts:
            found.setdefault(text, []).append(pattern)
    return found


_OTHER = "\uffff"
"""A letter that no name holds: whoever covers a pattern covers it where a wildcard stands."""


def _words(pattern: str) -> frozenset[str]:
    """Texts that a pattern stands for, of which one that covers it covers all; `*` is nothing, one letter, or two."""
    parts = parse_pattern(pattern).parts
    return frozenset(
        "".join(part if isinstance(part, str) else _OTHER * (count if part is Wildcard.ANY else 1) for part in parts)
        for count in range(3)
    )
