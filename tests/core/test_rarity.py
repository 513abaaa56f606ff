"""How rare permissions are: days, silences, periods, and what the next day may bring."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import AccessLevel, Operation
from service.core.actions import Findings, Need, Reason, ReasonKind
from service.core.outcome import Outcome
from service.core.principals import Principal, PrincipalType
from service.core.rarity import Rarity, rarity_of
from service.core.usage import NO_EVIDENCE, Call, Context

APP = Principal(PrincipalType.ROLE, "111122223333", "app", "")
START = date(2026, 1, 1)


def day(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


def rarity(*uses: list[int], window: int = 100) -> Rarity:
    """Of one permission for each list of days."""
    operations = [Operation("s3.amazonaws.com", f"Do{number}") for number in range(len(uses))]
    calls = [Call(APP, operation, "", "", "", Outcome.ALLOWED) for operation in operations]
    needs = {
        Need(f"s3:{each.name}", AccessLevel.READ, "*", ("*",), True, (), Reason(ReasonKind.OBSERVED, each, "")): place
        for place, each in enumerate(operations)
    }
    findings = Findings(
        {need: frozenset({place}) for need, place in needs.items()}, {}, {}, {}, [NO_EVIDENCE] * len(uses)
    )
    made: dict[Call, dict[Context, dict[str, int]]] = {}
    for call, found in zip(calls, uses, strict=True):
        made[call] = {(): {day(number): 1 for number in found}}
    return rarity_of(findings, made, [day(number) for number in range(window)])


@pytest.mark.parametrize(
    ("days", "period"),
    [
        ([0, 7, 14, 21], "weekly"),
        ([0, 8, 14, 21], "weekly"),
        ([0, 7, 14], ""),
        ([0, 7, 15, 24], ""),
        ([0, 30, 61, 91], "monthly"),
        ([0, 90, 181, 273], "quarterly"),
        ([0, 1, 2, 3], ""),
        ([0, 7, 14, 28, 35, 42], "weekly"),
        ([0, 7, 14, 29, 36, 43], "weekly"),
        ([0, 7, 14, 21, 35], ""),
        ([0, 7, 21, 28, 42, 49], ""),
        ([0, 7, 14, 25, 32, 39], ""),
        ([0, 1, 7, 8, 14, 15, 21, 22], "weekly"),
        ([0, 7, 8, 14, 21], "weekly"),
        ([0, 1, 2, 7, 8, 9, 14, 15, 16, 21, 22, 23], ""),
        ([0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 21], ""),
        (list(range(60)), ""),
        ([0, 30, 61, 122, 153, 183], "monthly"),
        ([0, 14, 28, 42, 56], ""),
    ],
)
def test_periods(days: list[int], period: str) -> None:
    assert rarity(days, window=300).permissions[0].period == period


def test_the_longest_silence_is_between_two_uses_or_since_the_last() -> None:
    assert rarity([0, 40, 99]).permissions[0].silence == 59
    assert rarity([0, 10]).permissions[0].silence == 89


def test_the_rarest_come_first_with_their_days() -> None:
    found = rarity([0, 1, 2], [5])
    assert [(each.action, each.days, each.first, each.last, each.seen_once) for each in found.permissions] == [
        ("s3:Do1", 1, day(5), day(5), True),
        ("s3:Do0", 3, day(0), day(2), False),
    ]


def test_the_curve_and_the_estimate() -> None:
    found = rarity([0, 1], [0], [7], [7, 8], window=10)
    assert [(each.day, each.new, each.known) for each in found.discovery] == [(day(0), 2, 2), (day(7), 2, 4)]
    assert found.expected_tomorrow == 0.2
    assert found.chance_tomorrow == 0.181269


def test_nothing_seen() -> None:
    assert (rarity(window=0).chance_tomorrow, rarity(window=10).chance_tomorrow) == (None, 0)


@given(st.lists(st.lists(st.integers(0, 99), min_size=1), max_size=8))
def test_a_chance_is_one(uses: list[list[int]]) -> None:
    found = rarity(*uses)
    assert found.chance_tomorrow is not None
    assert 0 <= found.chance_tomorrow <= 1
    assert sum(each.new for each in found.discovery) == len(found.permissions) == len(uses)
    assert all(0 <= each.silence <= 99 for each in found.permissions)
