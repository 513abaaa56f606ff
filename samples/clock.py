"""The 60 days of the sample trail, and moments in them. No real clock is read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from samples.chance import Dice

FIRST_DAY = date(2026, 8, 1)
LAST_DAY = date(2026, 9, 29)
SATURDAY = 5


def days() -> Iterator[date]:
    """Every day of the window, in order."""
    for number in range((LAST_DAY - FIRST_DAY).days + 1):
        yield FIRST_DAY + timedelta(days=number)


def working_days() -> Iterator[date]:
    return (day for day in days() if not is_weekend(day))


def is_weekend(day: date) -> bool:
    return day.weekday() >= SATURDAY


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)


def on(text: str) -> datetime:
    """`2026-08-04 09:30:00` -> that moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def moments(dice: Dice, day: date, count: int, first_hour: int, last_hour: int) -> list[datetime]:
    """`count` moments of a day, from the first hour until the last one ends, in order."""
    length = (last_hour + 1 - first_hour) * 3600
    return sorted(at(day, first_hour) + timedelta(seconds=dice.below(length)) for _ in range(count))


def steps(start: datetime, dice: Dice, least: int = 1, most: int = 4) -> Iterator[datetime]:
    """Moments that follow one another, some seconds apart: a script at work."""
    moment = start
    while True:
        yield moment
        moment += timedelta(seconds=dice.between(least, most))


def stamp(moment: datetime) -> str:
    """As `eventTime` is written: `2026-08-04T09:30:00Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def prose(moment: datetime) -> str:
    """As responses write a date: `Aug 4, 2026, 9:30:00 AM`."""
    hour = moment.hour % 12 or 12
    return f"{moment:%b} {moment.day}, {moment.year}, {hour}:{moment:%M:%S %p}"
