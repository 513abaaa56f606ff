"""What became of a file's records: the events go on, everything else is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

from service.core.events import Aside, Batch, Drifted, Event, Malformed, Parsed, Rejected
from service.core.trail.framing import Found, Taken
from service.core.trail.window import Fault

EXAMPLES = 5
"""How many rejections of a file are kept in full."""


class Tally:
    """The counts of one file, also of what a scan took in; complete once its events have been taken to the end."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.records = 0
        self.events = 0
        self.rejected: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.examples: list[Rejected] = []

    def taken(self, found: Iterable[Found]) -> Iterator[Batch]:
        """The events, while everything is counted; a batch is empty where there are none that a scan did not take."""
        for some in found:
            if isinstance(some, Fault):
                self.reject(0, some.reason, some.detail)
            elif (events := self._events(some)) or any(isinstance(each, Taken) for each in some):
                self.events += len(events)
                yield events

    def reject(self, record: int, reason: str, detail: str) -> None:
        """Count a rejection; record 0 is the file as a whole."""
        self.rejected[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(Rejected(self._file, record, reason, detail))

    def _events(self, some: Sequence[Parsed | Taken]) -> Batch:
        if _are_events(some):
            self.records += len(some)
            return some
        return [event for parsed in some for event in self._counted(parsed)]

    def _counted(self, parsed: Parsed | Taken) -> Iterator[Event]:
        self.records += 1
        match parsed:
            case Taken(events=events):
                self.records += events - 1
                self.events += events
            case Event():
                yield parsed
            case Drifted(event=event, ignored=ignored):
                self.ignored.update(ignored)
                yield event
            case Malformed(reason=reason, detail=detail):
                self.reject(self.records, reason, detail)
            case Aside(kind=kind):
                self.skipped[kind] += 1


def _are_events(some: Sequence[Parsed | Taken]) -> TypeGuard[Batch]:
    """Whether all are; most slices hold nothing else."""
    return set(map(type, some)) <= _ONLY_EVENTS


_ONLY_EVENTS = {Event}
