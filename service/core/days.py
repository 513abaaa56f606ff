"""The days that a question is about: the window asked for, and what it is once the trail has been read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from service.core.errors import InputError

MAX_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class WindowAsked:
    """What the user asked for: the last `days`, or from day to day, both included; nothing at all is everything.

    `first` and `last` are ISO days (`2026-08-01`) or empty.

    Raises:
        InputError: days below 1, a day that is none, an inverted window, days together with a day.
    """

    days: int | None = None
    first: str = ""
    last: str = ""

    def __post_init__(self) -> None:
        if self.days is not None and (self.first or self.last):
            raise InputError("give either the number of days or the first and last day, not both")
        if self.days is not None and not 1 <= self.days <= MAX_DAYS:
            raise InputError(f"the number of days is `{self.days}`: give one from 1 to {MAX_DAYS}")
        for day in (self.first, self.last):
            _check_day(day)
        if self.first and self.last and self.first > self.last:
            raise InputError(f"the window is inverted: it begins on `{self.first}` and ends on `{self.last}`")


@dataclass(frozen=True, slots=True)
class Window:
    """The days that count, both included, as ISO days; empty where there is no bound."""

    first: str = ""
    last: str = ""

    @property
    def bounded(self) -> bool:
        return bool(self.first or self.last)

    def holds(self, time: str) -> bool:
        """Whether a moment (`2026-08-01T12:00:00Z`) lies inside; one without a time only in an unbounded window."""
        if not time:
            return not self.bounded
        day = time[:10]
        return self.first <= day and (not self.last or day <= self.last)


def resolve(asked: WindowAsked, trail_end: str) -> Window:
    """The window in days. `days` count back from the trail's last event (`trail_end`), so that no clock is needed."""
    if asked.days is None:
        return Window(asked.first, asked.last)
    if not trail_end:
        return Window()
    last = date.fromisoformat(trail_end[:10])
    back = min(asked.days - 1, (last - date.min).days)
    return Window((last - timedelta(days=back)).isoformat(), last.isoformat())


def _check_day(text: str) -> None:
    try:
        valid = not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        valid = False
    if not valid:
        raise InputError(f"`{text[:40]}` is not a day: write it like 2026-08-01")
