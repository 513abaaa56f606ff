"""Moments as text and as numbers."""

from __future__ import annotations

from datetime import date

import pytest

from service.core.activity.moment import (
    NO_TIME,
    UNDATED,
    day_number,
    day_text,
    id_part,
    joined,
    key,
    moment,
    second,
    second_of,
    time_text,
)

DAYS = {"2026-08-01": date(2026, 8, 1).toordinal(), "1000-01-01": 364_878, "9999-12-31": 3_652_059, "": UNDATED}


@pytest.mark.parametrize("day", DAYS)
def test_days(day: str) -> None:
    assert day_number(day or NO_TIME[:10]) == DAYS[day]
    assert day_text(DAYS[day]) == day


CLOCKS = {"00:00:00": 0, "00:00:01": 1, "12:00:01": 43_201, "23:59:59": 86_399}


@pytest.mark.parametrize("clock", CLOCKS)
def test_seconds_of_a_day(clock: str) -> None:
    assert second(clock) == CLOCKS[clock]
    assert time_text(DAYS["2026-08-01"], CLOCKS[clock]) == f"2026-08-01T{clock}Z"


def test_no_time() -> None:
    assert second(NO_TIME[11:19]) == 0
    assert time_text(UNDATED, 0) == ""
    assert moment("", "a") == f"{NO_TIME}a"
    assert len(NO_TIME) == len("2026-08-01T12:00:00Z")


AT = "2026-08-01T12:00:01Z"
UUID = "12345678-9abc-def0-1234-56789abcdef0"

IDS: dict[str, tuple[str, int]] = {
    "a UUID, folded": (UUID, 0x123456789A ^ 0xBCDEF00000 ^ 0x0000123456 ^ 0x789ABCDEF0),
    "in capitals": (UUID.upper(), 0x123456789A ^ 0xBCDEF00000 ^ 0x0000123456 ^ 0x789ABCDEF0),
}


@pytest.mark.parametrize(("event_id", "bits"), IDS.values(), ids=IDS)
def test_a_key_is_a_second_and_bits_of_the_id(event_id: str, bits: int) -> None:
    made = key(moment(AT, event_id), 0)
    assert (second_of(made), id_part(made)) == (43_201, bits)
    assert joined(second_of(made), id_part(made)) == made
    assert made < 1 << 57


_MADE_UP = [f"12345678-1234-1234-1234-{each * 12}" for each in "123456789"]
_SIGNED = "-2345678-1234-1234-1234-123456789012"  # a number to Python
DIFFERENT = [
    _SIGNED,
    *_MADE_UP,
    "",
    "a",
    "b",
    "#1 a.json",
    "#1 b.json",
    "#2 a.json",
    "x" * 36,
    "y" * 36,
    UUID,
    "2" + UUID[1:],
    "\udcff",
]


def test_ids_are_told_apart() -> None:
    assert len({key(moment(AT, each), 0) for each in DIFFERENT}) == len(DIFFERENT)


def test_rows_are_told_apart() -> None:
    """One id and time in two rows are two events."""
    marks = (0, 1, 0xFFFFFFFF)
    assert len({key(moment(AT, UUID), mark) for mark in marks}) == len(marks)
    assert {second_of(key(moment(AT, UUID), mark)) for mark in marks} == {43_201}
