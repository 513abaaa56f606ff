"""Condition operators, by table."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest

from service.core.iam.condition import COMPARISONS, Operator, Quantifier, holds, parse_operator
from service.core.iam.context import Context
from service.core.iam.policy import Condition
from service.core.iam.truth import Truth
from tests.tables import Row, rows

KEY = "aws:PrincipalTag/tested"


class Case(Row, frozen=True):
    operator: str
    values: list[str]
    context: list[str] | Literal["absent", "unknown"]
    holds: Literal["yes", "no", "unknown"]
    key: str = KEY
    others: dict[str, list[str]] = msgspec.field(default_factory=dict)
    unknown: list[str] = msgspec.field(default_factory=list)
    variables: bool = True


@pytest.mark.parametrize("row", rows("condition", Case))
def test_holds(row: Case) -> None:
    values = {key: tuple(each) for key, each in row.others.items()}
    unknown = set(row.unknown)
    if isinstance(row.context, list):
        values[row.key] = tuple(row.context)
    elif row.context == "unknown":
        unknown.add(row.key)
    condition = Condition(row.operator, row.key, tuple(row.values))
    found = holds(condition, Context.of(values, unknown), variables=row.variables)
    assert found is Truth[row.holds.upper()], row.why


def test_every_operator_has_a_row() -> None:
    tested = {parsed.comparison for row in _rows() if (parsed := parse_operator(row.operator)) is not None}
    assert tested == set(COMPARISONS)


def _rows() -> list[Case]:
    return [row for parameters in rows("condition", Case) for row in parameters.values if isinstance(row, Case)]


def test_parse_operator() -> None:
    like = next(each for each in COMPARISONS if each.name == "StringLike")
    assert parse_operator("ForAnyValue:StringLikeIfExists") == Operator(Quantifier.FOR_ANY, like, if_exists=True)
    assert parse_operator("StringLike") == Operator(Quantifier.ONE_VALUE, like, if_exists=False)


@pytest.mark.parametrize("name", ["", "String", "ForAnyValues:StringLike", " StringLike", "StringLikeIfExistsIfExists"])
def test_no_operator(name: str) -> None:
    assert parse_operator(name) is None
