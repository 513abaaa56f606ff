"""Patterns, by table; and that no text makes matching slow."""

from __future__ import annotations

import time

import pytest

from service.core.iam.pattern import Variable, Wildcard, escape, parse_pattern
from tests.tables import Row, rows


class Matching(Row, frozen=True):
    pattern: str
    matched: list[str]
    others: list[str]
    variables: bool = True
    wildcards: bool = True
    fold: bool = False


class Escaping(Row, frozen=True):
    text: str
    escaped: str


@pytest.mark.parametrize("row", rows("pattern", Matching))
def test_matches(row: Matching) -> None:
    pattern = parse_pattern(row.pattern, variables=row.variables, wildcards=row.wildcards, fold=row.fold)
    assert [text for text in row.matched + row.others if pattern.matches(text)] == row.matched, row.why


@pytest.mark.parametrize("row", rows("escaping", Escaping))
def test_escape(row: Escaping) -> None:
    assert escape(row.text) == row.escaped, row.why


def test_parts_are_in_normal_form() -> None:
    pattern = parse_pattern("a*?*b${*}c${ aws:PrincipalTag/Team , 'No One' }${ aws:UserId }")
    expected = (
        "a",
        Wildcard.ONE,
        Wildcard.ANY,
        "b*c",
        Variable("aws:principaltag/team", "No One"),
        Variable("aws:userid"),
    )
    assert pattern.parts == expected


@pytest.mark.parametrize(("pattern", "text"), [("*a" * 200 + "b", "a" * 20_000), ("*?a" * 200 + "b", "a" * 5_000)])
def test_many_stars_stay_fast(pattern: str, text: str) -> None:
    parsed = parse_pattern(pattern)
    started = time.process_time()
    assert not parsed.matches(text)
    assert time.process_time() - started < 1
