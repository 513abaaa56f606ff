"""What was seen of a condition key in the events behind a need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Contexts = Mapping[tuple[tuple[str, str], ...], Mapping[str, int]]
"""The contexts of one call, each with its events by day."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The values of one key in the events behind a need: events and days by value; an empty value is not shown."""

    events: Mapping[str, int]
    days: Mapping[str, frozenset[str]]

    @property
    def total(self) -> int:
        return sum(self.events.values())

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(sorted(each for each in self.events if each))


def seen_in(places: Iterable[int], contexts: Sequence[Contexts], key: str) -> Seen:
    """The values of a key in the calls at some places."""
    events: Counter[str] = Counter()
    days: dict[str, set[str]] = {}
    for place in places:
        for shown, by_day in contexts[place].items():
            value = next((value for name, value in shown if name == key), "")
            events[value] += sum(by_day.values())
            days.setdefault(value, set()).update(by_day)
    return Seen(events, {value: frozenset(found) for value, found in days.items()})


def days_of(seen: Iterable[Seen]) -> frozenset[str]:
    """The days on which anything was seen; what has no time is of none."""
    return frozenset[str]().union(*(found for each in seen for found in each.days.values())) - {""}


def events_by_day(contexts: Contexts) -> Mapping[str, int]:
    """The events of a call by day."""
    found: Counter[str] = Counter()
    for by_day in contexts.values():
        found.update(by_day)
    return found


def seen_carried(values: Mapping[int, tuple[str, ...]], days: Sequence[Mapping[str, int]]) -> Seen:
    """The values that requests carried, of several all of them as one; an empty one where they carried none."""
    events: Counter[str] = Counter()
    on: dict[str, set[str]] = {}
    for place, found in values.items():
        value = ", ".join(found)
        events[value] += sum(days[place].values())
        on.setdefault(value, set()).update(days[place])
    return Seen(events, {value: frozenset(each) for value, each in on.items()})
