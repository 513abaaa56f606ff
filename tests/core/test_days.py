"""The window that is asked for, what it becomes, and which moments lie inside."""

from __future__ import annotations

import msgspec
import pytest

from service.core.days import Window, WindowAsked, resolve
from service.core.errors import InputError
from tests.tables import Row, rows


class AskedRow(Row, frozen=True, rename={"asked_first": "from", "asked_last": "to"}):
    """What the user gave and the time of the trail's last event: the window's days, or what the error says."""

    days: int | None = None
    asked_first: str = ""
    asked_last: str = ""
    trail_end: str = ""
    first: str | msgspec.UnsetType = msgspec.UNSET
    last: str | msgspec.UnsetType = msgspec.UNSET
    says: str = ""


class MomentRow(Row, frozen=True):
    """A window, a moment, and whether it lies inside."""

    time: str
    holds: bool
    first: str = ""
    last: str = ""


@pytest.mark.parametrize("row", rows("window", AskedRow))
def test_window(row: AskedRow) -> None:
    if row.says:
        with pytest.raises(InputError, match=row.says):
            WindowAsked(row.days, row.asked_first, row.asked_last)
        return
    window = resolve(WindowAsked(row.days, row.asked_first, row.asked_last), row.trail_end)
    assert (window.first, window.last) == (row.first, row.last)


@pytest.mark.parametrize("row", rows("window_held", MomentRow))
def test_moment(row: MomentRow) -> None:
    assert Window(row.first, row.last).holds(row.time) is row.holds
