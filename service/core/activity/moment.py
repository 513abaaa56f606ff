"""Moments: when an event was and which one it is, as text while events are folded and as a number once they are packed.

As text, the time in 20 characters and the event's id behind it. As a number, a key of 57 bits: the second of the day
and 40 bits that the id is folded into, told apart by the row that notes the event. Within a principal and a day two
events share a key only if they are in one row, in one second, and their ids fold into the same 40 bits.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from hashlib import blake2b

NO_TIME = " " * 20
"""What stands for a time that a record does not have."""

UNDATED = -1
"""The day of events without a time."""

WITHOUT_ID = "#"
"""How the id begins that an event without an id is given: the number of the record, and the file's name."""

_ID_BITS = 40
_ID_MASK = (1 << _ID_BITS) - 1
_UUID_LENGTH = 36


def moment(time: str, event_id: str) -> str:
    """As text."""
    return (time or NO_TIME) + event_id


@lru_cache(maxsize=4096)
def day_number(day: str) -> int:
    """`2026-08-01` as a count of days; `UNDATED` for the day of `NO_TIME`."""
    return date.fromisoformat(day).toordinal() if day.strip() else UNDATED


@lru_cache(maxsize=4096)
def day_text(number: int) -> str:
    """A day's number as `2026-08-01`; empty for `UNDATED`."""
    return date.fromordinal(number).isoformat() if number != UNDATED else ""


@lru_cache(maxsize=1 << 17)
def second(clock: str) -> int:
    """`12:00:01` as the second of the day; 0 for the spaces of `NO_TIME`."""
    return int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:8]) if clock.strip() else 0


def time_text(day: int, second_of_day: int) -> str:
    """`2026-08-01T12:00:01Z`; empty for an event without a time."""
    if day == UNDATED:
        return ""
    minute, second_of_minute = divmod(second_of_day, 60)
    return f"{day_text(day)}T{_minute_text(minute)}:{second_of_minute:02d}Z"


@lru_cache(maxsize=24 * 60)
def _minute_text(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def key(text: str, mark: int) -> int:
    """A moment's key; `mark` is that of the row that notes the event."""
    return (second(text[11:19]) << _ID_BITS) | (_id_bits(text[20:]) ^ mark)


def second_of(key_: int) -> int:
    """The second of the day that a key holds."""
    return key_ >> _ID_BITS


def id_part(key_: int) -> int:
    """The 40 bits of a key that are not its time."""
    return key_ & _ID_MASK


def joined(second_of_day: int, id_part_: int) -> int:
    """A key from its two parts."""
    return (second_of_day << _ID_BITS) | id_part_


def _id_bits(event_id: str) -> int:
    if len(event_id) == _UUID_LENGTH:
        try:
            # All of it: ids that somebody made up often differ only in a part.
            high = int(event_id[:8] + event_id[9:13] + event_id[14:18], 16)
            low = int(event_id[19:23] + event_id[24:], 16)
            return ((high >> 24) ^ (high & 0xFFFFFF) << 16 ^ (low >> 40) ^ low) & _ID_MASK
        except ValueError:
            pass
    return int.from_bytes(blake2b(event_id.encode(errors="surrogatepass"), digest_size=5).digest())
