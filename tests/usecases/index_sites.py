"""A trail of one file with a place for an index, and what tests put there and look at."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from service.usecases.index_port import IndexTotals
from service.wiring import usage_index
from tests.api.site import record
from tests.laws.random_rows import uuid

Site = tuple[Path, str]


def call(number: int, *given: Any) -> dict[str, Any]:
    """A record whose id is as CloudTrail makes them: by chance."""
    return record(number, *given, eventID=uuid(number))


def totals(place: str) -> IndexTotals:
    with closing(usage_index(place)) as index:
        return index.totals()


def unpacked_day(day: str) -> int:
    """A day's number, as the index counts them."""
    return date.fromisoformat(day).toordinal()
