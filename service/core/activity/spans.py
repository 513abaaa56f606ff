"""The first and the last event of each day, whoever made them: what part of a window a trail covers."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.core.activity.moment import UNDATED, day_number, day_text, second, time_text
from service.core.activity.segment import Segment
from service.core.days import Window


@dataclass(slots=True)
class Spans:
    """Days with the seconds of their first and last event. Taking in and merging are order-free."""

    by_day: dict[int, tuple[int, int]] = field(default_factory=dict)

    def append(self, moment: str) -> None:
        """Take in one moment. Named as a list's: where nothing else is kept of events, this stands for their list."""
        at = second(moment[11:19])
        self._span(day_number(moment[:10]), at, at)

    def take(self, segment: Segment) -> None:
        """Take in all events of a segment."""
        for entries in segment.rows.values():
            for entry in entries:
                self._span(entry.day, entry.first, entry.last)

    def merge(self, other: Spans) -> None:
        """Take in what another part of the trail shows."""
        for day, (first, last) in other.by_day.items():
            self._span(day, first, last)

    def covered(self, window: Window) -> tuple[str, str]:
        """The times of the first and last event inside a window; empty without any."""
        within = [day for day in self.by_day if window.holds(day_text(day))]
        if not within:
            return "", ""
        first, last = min(within), max(within)
        return time_text(first, self.by_day[first][0]), time_text(last, self.by_day[last][1])

    def days(self, window: Window) -> list[str]:
        """The days inside a window that have events, in order."""
        return [text for day in sorted(self.by_day) if window.holds(text := day_text(day))]

    def since(self, day: int) -> Spans:
        """Those from a day on."""
        return Spans({each: span for each, span in self.by_day.items() if each >= day})

    def _span(self, day: int, first: int, last: int) -> None:
        if day == UNDATED:
            return
        known = self.by_day.get(day)
        if known is None:
            self.by_day[day] = first, last
        elif first < known[0] or last > known[1]:
            self.by_day[day] = min(first, known[0]), max(last, known[1])
