"""Every line of samples/TRAPS.md points at a record that is in the trail."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.samples.test_trail import delivered

TRAPS = Path(__file__).parents[2] / "samples" / "TRAPS.md"

_ROW = re.compile(r"\| (?P<trap>[^|]+) \| `(?P<event>[^`]+)` \| `(?P<who>[^`]+)` \| `(?P<mark>[^`]+)` \|")


def rows() -> list[tuple[str, str, str, str]]:
    lines = TRAPS.read_text("utf-8").splitlines()
    table = [line for line in lines if line.startswith("| ") and not line.startswith("| trap ")]
    found = [_ROW.fullmatch(line) for line in table]
    assert table, "samples/TRAPS.md holds no table"
    assert all(found), [line for line, match in zip(table, found, strict=True) if not match]
    return [(match["trap"], match["event"], match["who"], match["mark"]) for match in found if match]


@cache
def _by_event() -> dict[str, list[tuple[str, str]]]:
    """Event name -> (identity, record) as compact JSON; `*` is every late record."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for record in delivered():
        pair = (_compact(record["userIdentity"]), _compact(record))
        found[record["eventName"]].append(pair)
        if "addendum" in record:
            found["*"].append(pair)
    return found


@pytest.mark.parametrize(("trap", "event", "who", "mark"), rows())
def test_the_trap_is_in_the_trail(trap: str, event: str, who: str, mark: str) -> None:
    records = [record for identity, record in _by_event()[event] if who in identity or who == "userIdentity"]
    assert records, f"{trap}: no {event} by {who}"
    assert any(mark in record for record in records), f"{trap}: no {event} by {who} with {mark}"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
