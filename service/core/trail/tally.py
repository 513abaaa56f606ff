"""What became of a file's records: the events go on, everything else is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from service.core.events import Aside, Drifted, Event, Malformed, Rejected
from service.core.trail.framing import Found
from service.core.trail.window import Fault

EXAMPLES = 5
"""How many rejections of a file are kept in full."""


class Tally:
    """The counts of one file. They are complete once its events have been taken to the end."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.records = 0
        self.events = 0
        self.rejected: Counter[str] = Counter()
        self.skipped: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.examples: list[Rejected] = []

    def taken(self, found: Iterable[Found]) -> Iterator[Event]:
        """The events, while everything is counted."""
        for some in found:
            if isinstance(some, Fault):
                self.reject(0, some.reason, some.detail)
                continue
            for parsed in some:
                self.records += 1
                if type(parsed) is Event:  # by far the most
                    self.events += 1
                    yield parsed
                else:
                    yield from self._other(parsed)

    def reject(self, record: int, reason: str, detail: str) -> None:
        """Count a rejection; record 0 is the file as a whole."""
        self.rejected[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(Rejected(self._file, record, reason, detail))

    def _other(self, parsed: object) -> Iterator[Event]:
        match parsed:
            case Drifted(event=event, ignored=ignored):
                self.events += 1
                self.ignored.update(ignored)
                yield event
            case Malformed(reason=reason, detail=detail):
                self.reject(self.records, reason, detail)
            case Aside(kind=kind):
                self.skipped[kind] += 1
