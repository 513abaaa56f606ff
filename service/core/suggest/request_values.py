"""Conditions on what requests themselves carry: the prefix of a listing, an encryption context, tags.

Never safe by themselves: the next request may carry another value. They are worth a reviewer's look where every request
of an action carried one of a few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from service.core.actions import Need, ReasonKind
from service.core.iam.pattern import escape
from service.core.iam.policy import Condition, unexpressible
from service.core.observed import ShownKeys
from service.core.suggest.bindable import bindable
from service.core.suggest.facts import Facts
from service.core.usage import Call

MAX_VALUES = 20
"""More values than these are no rule but a list."""

MOST_KEYS = 40
"""So many keys of an action are looked at, those that most requests carried: tags may be called anything."""

_KINDS = frozenset({ReasonKind.OBSERVED, ReasonKind.FORWARDED})


@dataclass(frozen=True, slots=True)
class Carried:
    """One key as the requests of one action carry it: its values by need, those needs all of whose requests do so, and
    the condition that they meet; None where there is none that says anything. `distinct` is how many values they have.
    """

    action: str
    key: str
    distinct: int
    values: Mapping[Need, Mapping[int, tuple[str, ...]]]
    whole: frozenset[Need]
    condition: Condition | None

    @property
    def has_too_many(self) -> bool:
        """Whether there is no condition because there are too many values."""
        return self.condition is None and self.distinct > MAX_VALUES


def carried(
    needs: Mapping[Need, frozenset[int]], calls: Sequence[Call], shown: ShownKeys, facts: Facts
) -> Iterator[Carried]:
    """Every key of every action, in order. `needs` have the places of the calls that show them."""
    of_action: dict[str, list[Need]] = {}
    for need in needs:
        of_action.setdefault(need.action, []).append(need)
    own = sorted(_alone(needs), key=lambda need: need.action)
    for action, group in groupby(own, key=lambda need: need.action):
        by_need = {
            need: {place: _by_key(shown(action, need.request, calls[place])) for place in needs[need]} for need in group
        }
        often = Counter(key for found in by_need.values() for each in found.values() for key in each)
        for key in sorted(sorted(often, key=lambda key: (-often[key], key))[:MOST_KEYS]):
            yield _carried(action, key, by_need, facts, of_action[action])


def _carried(
    action: str,
    key: str,
    by_need: Mapping[Need, Mapping[int, Mapping[str, tuple[str, ...]]]],
    facts: Facts,
    of_action: Sequence[Need],
) -> Carried:
    values = {
        need: {place: each.get(key, ()) for place, each in found.items()}
        for need, found in by_need.items()
        if all(test.key.lower() != key.lower() for test in need.conditions)
    }
    missing = {pair for need, found in values.items() if not all(found.values()) for pair in _pairs(need)}
    whole = bindable([need for need in values if missing.isdisjoint(_pairs(need))], of_action)
    distinct = sorted({value for need in whole for each in values[need].values() for value in each})
    return Carried(action, key, len(distinct), values, whole, _condition(key, distinct, facts))


def _condition(key: str, values: Sequence[str], facts: Facts) -> Condition | None:
    if not values or not all(map(_is_writable, (key, *values))):
        return None
    if len(values) <= MAX_VALUES:
        return Condition("ForAllValues:StringEquals" if facts.has_several(key) else "StringEquals", key, tuple(values))
    common = takewhile(lambda pair: pair[0] == pair[1], zip(values[0], values[-1], strict=False))
    folder = "".join(letter for letter, _ in common).rpartition("/")[0]
    return Condition("StringLike", key, (f"{escape(folder)}/*",)) if facts.has_folders(key) and folder else None


def _is_writable(text: str) -> bool:
    """Whether a policy holds the text, as it is: not as a variable, and not with what a reader cannot see."""
    return "${" not in text and text.isprintable() and unexpressible(text) is None


def _by_key(shown: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for key, value in shown:
        found[key] = (*found.get(key, ()), value)
    return found


def _alone(needs: Iterable[Need]) -> Iterator[Need]:
    """What calls of the principal, or of services for it, show, and nothing else asks for: next to a grant without it,
    a condition is none.
    """
    every = list(needs)
    others = {pair for need in every if need.reason.kind not in _KINDS for pair in _pairs(need)}
    yield from (need for need in every if need.reason.kind in _KINDS and others.isdisjoint(_pairs(need)))


def _pairs(need: Need) -> list[tuple[str, str]]:
    return [(need.action, each) for each in need.patterns]
