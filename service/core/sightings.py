"""Every event of one principal, once: CloudTrail delivers some events twice.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (eventID)
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest

from service.core.days import Window
from service.core.usage import EXAMPLES, Call, Evidence, Usage

_Sighting = tuple[str, Call]


class Sightings:
    """Calls by event. Adding and merging are order-free; where two records of one event differ, the lesser counts."""

    def __init__(self) -> None:
        self.records = 0
        self._by_event: dict[str, _Sighting] = {}
        self._without_id: list[_Sighting] = []
        self._calls: dict[Call, Call] = {}

    @property
    def events(self) -> int:
        """Distinct events; those without an id are all taken as distinct."""
        return len(self._by_event) + len(self._without_id)

    @property
    def duplicates(self) -> int:
        """Records that told of an event again."""
        return self.records - self.events

    def add(self, event_id: str, time: str, call: Call) -> None:
        """Note one record. `event_id` is empty where the record has none."""
        self.records += 1
        sighting = (time, self._calls.setdefault(call, call))
        if not event_id:
            self._without_id.append(sighting)
            return
        seen = self._by_event.setdefault(event_id, sighting)
        if sighting < seen:
            self._by_event[event_id] = sighting

    def merge(self, other: Sightings) -> None:
        """Take in what another part of the trail shows."""
        records = self.records + other.records
        for event_id, (time, call) in other._by_event.items():
            self.add(event_id, time, call)
        for time, call in other._without_id:
            self.add("", time, call)
        self.records = records

    def usage(self, window: Window) -> Usage:
        """What was done within the window."""
        groups: dict[Call, list[tuple[str, str]]] = {}
        for event_id, (time, call) in self._all():
            if window.holds(time):
                groups.setdefault(call, []).append((time, event_id))
        return {call: _evidence(group) for call, group in groups.items()}

    def outside(self, window: Window) -> tuple[int, int]:
        """How many events a window leaves out: those of other days, and those without a time."""
        out = [time for _, (time, _) in self._all() if not window.holds(time)]
        return sum(1 for time in out if time), sum(1 for time in out if not time)

    def _all(self) -> Iterator[tuple[str, _Sighting]]:
        yield from self._by_event.items()
        yield from (("", sighting) for sighting in self._without_id)


def _evidence(events: list[tuple[str, str]]) -> Evidence:
    times = [time for time, _ in events if time]
    ids = nsmallest(EXAMPLES, {event_id for _, event_id in events if event_id})
    return Evidence(min(times, default=""), max(times, default=""), len(events), tuple(ids))
