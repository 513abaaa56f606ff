"""The first and the last event of each day, and its hours with events, whoever made them: what a trail covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from service.core.activity.moment import UNDATED, day_number, day_text, second, time_text
from service.core.activity.segment import Segment
from service.core.days import Window

HOURS = 24
_HOUR = 3600


class Day(NamedTuple):
    """The seconds of a day's first and last event; `hours` has a bit for each hour with events, the lowest for the
    first.
    """

    first: int
    last: int
    hours: int

    def plus(self, other: Day) -> Day:
        """Both taken together."""
        return Day(min(self.first, other.first), max(self.last, other.last), self.hours | other.hours)


@dataclass(slots=True)
class Spans:
    """Days with their events. Taking in and merging are order-free."""

    by_day: dict[int, Day] = field(default_factory=dict)

    def append(self, moment: str) -> None:
        """Take in one moment. Named as a list's: where nothing else is kept of events, this stands for their list."""
        at = second(moment[11:19])
        self._span(day_number(moment[:10]), Day(at, at, 1 << at // _HOUR))

    def take(self, segment: Segment) -> None:
        """Take in what a segment shows: of the hours, those of its entries' first and last events."""
        for entries in segment.rows.values():
            for entry in entries:
                hours = 1 << entry.first // _HOUR | 1 << entry.last // _HOUR
                self._span(entry.day, Day(entry.first, entry.last, hours))

    def merge(self, other: Spans) -> None:
        """Take in what another part of the trail shows."""
        for day, found in other.by_day.items():
            self._span(day, found)

    def covered(self, window: Window) -> tuple[str, str]:
        """The times of the first and last event inside a window; empty without any."""
        within = [day for day in self.by_day if window.holds(day_text(day))]
        if not within:
            return "", ""
        first, last = min(within), max(within)
        return time_text(first, self.by_day[first].first), time_text(last, self.by_day[last].last)

    def days(self, window: Window) -> list[str]:
        """The days inside a window that have events, in order."""
        return [text for day in sorted(self.by_day) if window.holds(text := day_text(day))]

    def quiet(self, window: Window) -> tuple[Quiet, ...]:
        """Hours inside a window, on days with events, in which nobody did anything though at that time of the day
        somebody nearly always does. None where there are too few days to tell.
        """
        days = {day: found for day, found in sorted(self.by_day.items()) if window.holds(day_text(day))}
        if len(days) < FEWEST_DAYS:
            return ()
        usual = [sum(each.hours >> hour & 1 for each in days.values()) >= USUAL * len(days) for hour in range(HOURS)]
        first, last = next(iter(days.items())), list(days.items())[-1]
        begin, end = first[0] * HOURS + first[1].first // _HOUR, last[0] * HOURS + last[1].last // _HOUR
        missing = (
            day * HOURS + hour
            for day, each in days.items()
            for hour in range(HOURS)
            if usual[hour] and not each.hours >> hour & 1 and begin < day * HOURS + hour < end
        )
        return tuple(Quiet(first, count) for first, count in _runs(missing) if count >= FEWEST_HOURS)

    def since(self, day: int) -> Spans:
        """Those from a day on."""
        return Spans({each: span for each, span in self.by_day.items() if each >= day})

    def _span(self, day: int, found: Day) -> None:
        if day == UNDATED:
            return
        known = self.by_day.get(day)
        if known is None:
            self.by_day[day] = found
        elif (both := known.plus(found)) != known:
            self.by_day[day] = both


USUAL = 0.9
"""An hour is usually busy that has events on this share of the days."""

FEWEST_DAYS = 10
"""With fewer days than these nothing is usual."""

FEWEST_HOURS = 3
"""Fewer usually busy hours in a row that were quiet happen by chance."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """So many hours in a row, of which the first is told as hours since day 0."""

    hour: int
    count: int

    @property
    def first(self) -> str:
        """The beginning of the first: `2026-08-01T05:00Z`."""
        return _hour_text(self.hour)

    @property
    def end(self) -> str:
        """The end of the last."""
        return _hour_text(self.hour + self.count)


def _hour_text(hour: int) -> str:
    return f"{day_text(hour // HOURS)}T{hour % HOURS:02}:00Z"


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Numbers in a row: the first, and how many."""
    for _, group in groupby(enumerate(numbers), key=lambda each: each[1] - each[0]):
        run = [number for _, number in group]
        yield run[0], len(run)
