"""Every event of one principal, once: CloudTrail delivers some events twice.

Where an action concerns two accounts, each gets its own record: "The events have the same sharedEventID, but the
eventID and recipientAccountID are unique", https://docs.aws.amazon.com/awscloudtrail/latest/userguide/shared-event-ID.html
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest

from service.core.days import Window
from service.core.events import Event
from service.core.usage import EXAMPLES, Call, Evidence, Usage

_Key = tuple[str, str]
"""An event's shared id, else its own, and its time: masked trails give one id to events of different times."""

_Sighting = tuple[bool, Call, str]
"""Whether it is another account's copy, what was done, and the event's own id."""


class Sightings:
    """Calls by event. Adding and merging are order-free; where two records of one event differ, the lesser counts.

    That of the principal's own account is the least: a name in its request means a resource there.
    """

    def __init__(self) -> None:
        self.records = 0
        self._by_event: dict[_Key, _Sighting] = {}
        self._without_id: list[tuple[str, Call]] = []
        self._calls: dict[Call, Call] = {}

    @property
    def events(self) -> int:
        """Distinct events; those without an id are all taken as distinct."""
        return len(self._by_event) + len(self._without_id)

    @property
    def duplicates(self) -> int:
        """Records that told of an event again."""
        return self.records - self.events

    def add(self, event: Event, call: Call) -> None:
        """Note one record, which says that `call` was made."""
        self.records += 1
        call = self._calls.setdefault(call, call)
        key = event.shared_id or event.id
        if key:
            self._note((key, event.time), (call.account != call.principal.account, call, event.id))
        else:
            self._without_id.append((event.time, call))

    def merge(self, other: Sightings) -> None:
        """Take in what another part of the trail shows.

        INVARIANT: each distinct call is held once, and only these are hashed here, not those of every event.
        """
        self.records += other.records
        ours = {id(call): self._calls.setdefault(call, call) for call in other._calls}
        for key, (elsewhere, call, event_id) in other._by_event.items():
            self._note(key, (elsewhere, ours[id(call)], event_id))
        self._without_id += ((time, ours[id(call)]) for time, call in other._without_id)

    def usage(self, window: Window) -> Usage:
        """What was done within the window."""
        groups: dict[Call, list[tuple[str, str]]] = {}
        for time, event_id, call in self._all():
            if window.holds(time):
                groups.setdefault(call, []).append((time, event_id))
        return {call: _evidence(group) for call, group in groups.items()}

    def outside(self, window: Window) -> tuple[int, int]:
        """How many events a window leaves out: those of other days, and those without a time."""
        out = [time for time, _, _ in self._all() if not window.holds(time)]
        return sum(1 for time in out if time), sum(1 for time in out if not time)

    def _note(self, key: _Key, sighting: _Sighting) -> None:
        seen = self._by_event.setdefault(key, sighting)
        if seen is not sighting and sighting < seen:
            self._by_event[key] = sighting

    def _all(self) -> Iterator[tuple[str, str, Call]]:
        yield from ((time, event_id, call) for (_, time), (_, call, event_id) in self._by_event.items())
        yield from ((time, "", call) for time, call in self._without_id)


def _evidence(events: list[tuple[str, str]]) -> Evidence:
    times = [time for time, _ in events if time]
    ids = nsmallest(EXAMPLES, {event_id for _, event_id in events if event_id})
    return Evidence(min(times, default=""), max(times, default=""), len(events), tuple(ids))
