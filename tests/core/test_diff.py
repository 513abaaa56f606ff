"""Comparisons by table: what becomes of actions, resources, conditions, and known ways to more permissions."""

from __future__ import annotations

import json

import msgspec
import pytest

from catalog.load import load_catalog, read_table
from service.core.diff.compare import Comparer
from service.core.diff.escalations import combinations
from service.core.diff.model import PolicyDiff
from service.core.diff.words import remarks, statement_condition_words
from service.core.iam.document import parse_policy
from service.core.iam.evaluate import Request
from service.core.iam.policy import CURRENT_VERSION, Policy
from service.core.iam.proving.verdict import words
from tests.tables import Row, rows

CATALOG = load_catalog()
KNOWN = combinations(read_table("escalations.tsv"))
COMPARER = Comparer(CATALOG, KNOWN)

Statements = list[dict[str, object]]


class Pair(Row, frozen=True, kw_only=True):
    current: Statements
    proposed: Statements
    relation: str
    same_text: bool = False
    kinds: dict[str, str] = msgspec.field(default_factory=dict)
    absent: list[str] = msgspec.field(default_factory=list)
    scopes: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    lost: dict[str, str] = msgspec.field(default_factory=dict)
    gained: dict[str, str] = msgspec.field(default_factory=dict)
    kept: dict[str, str] = msgspec.field(default_factory=dict)
    escalations: dict[str, str | None] | None = None
    conditions: list[str] = msgspec.field(default_factory=list)
    remarks: list[str] = msgspec.field(default_factory=list)


def policies(statements: Statements) -> list[Policy]:
    """A policy for each statement, with what is usual filled in."""
    usual: dict[str, object] = {"Effect": "Allow"}
    filled = [usual | ({} if "NotResource" in each else {"Resource": "*"}) | each for each in statements]
    return [parse_policy(json.dumps({"Version": CURRENT_VERSION, "Statement": each})) for each in filled]


@pytest.mark.parametrize("row", rows("diff", Pair))
def test_diff(row: Pair) -> None:
    diff = COMPARER.compare(policies(row.current), policies(row.proposed))
    by_action = {action: each for each in diff.changes for action in each.actions}
    assert (diff.relation.value, diff.same_text) == (row.relation, row.same_text), row.why
    assert {action: by_action[action].kind.value for action in row.kinds} == row.kinds, row.why
    assert by_action.keys().isdisjoint(row.absent), row.why
    for action, scopes in row.scopes.items():
        found = {str(each.scope): each.finding.kind.value for each in by_action[action].scopes}
        assert found == scopes, row.why
    for name in ("lost", "gained", "kept"):
        for action, sentence in getattr(row, name).items():
            request: Request = getattr(by_action[action].finding, name)
            assert words(request) == sentence, row.why
    assert _conditions(diff) == row.conditions or not row.conditions, row.why
    assert list(remarks(diff)) == row.remarks or not row.remarks, row.why
    if row.escalations is not None:
        ways = {each.combination.name: each.kind.value for each in diff.escalations}
        assert {name: ways.get(name) for name in row.escalations} == row.escalations, row.why


def _conditions(diff: PolicyDiff) -> list[str]:
    added = [f"+{statement_condition_words(tested)}" for each in diff.conditions for tested in each.added]
    return added + [f"-{statement_condition_words(tested)}" for each in diff.conditions for tested in each.removed]


def test_unknown_has_its_reason() -> None:
    def tag(value: str) -> Statements:
        return [{"Action": "s3:GetObject", "Condition": {"StringLike": {"aws:PrincipalTag/a": value}}}]

    (change,) = COMPARER.compare(policies(tag("?*")), policies(tag("${aws:username}"))).changes
    assert change.finding.reason == "a policy variable in the value of a condition (aws:principaltag/a)"


def test_the_combinations_name_actions_that_there_are_and_a_source() -> None:
    actions = {action for each in KNOWN for action in each.actions}
    spelled = {found.full_name for action in actions if (found := CATALOG.action(action)) is not None}
    assert len(KNOWN) > 50
    assert actions == spelled
    assert len({each.name for each in KNOWN}) == len({each.actions for each in KNOWN}) == len(KNOWN)
    assert all(each.source.startswith("https://docs.aws.amazon.com/") and each.gives for each in KNOWN)


def _names(prefix: str, count: int) -> list[str]:
    service = CATALOG.service(prefix)
    assert service is not None
    return [each.full_name for each in list(service.actions.values())[:count]]
