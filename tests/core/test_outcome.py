"""What errors say about permission."""

from __future__ import annotations

import pytest

from service.core import outcome as outcome_module
from service.core.outcome import OUTCOME_BY_ERROR_CODE, Denial, Outcome, denial, outcome
from tests.tables import Row, rows


class OutcomeRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An error code, perhaps with its message, and what it shows."""

    code: str = ""
    message: str = ""
    outcome: Outcome


class DenialRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A message, and what it names."""

    message: str
    action: str = ""
    resource: str = ""
    policy_type: str = ""
    explicit: bool = False
    policy_arn: str = ""


OUTCOMES = rows("outcome", OutcomeRow)


@pytest.mark.parametrize("row", OUTCOMES)
def test_outcome(row: OutcomeRow) -> None:
    assert outcome(row.code, row.message) is row.outcome


@pytest.mark.parametrize("rule", range(len(OUTCOME_BY_ERROR_CODE)))
def test_every_rule_is_needed(rule: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some row of the table fails without it."""
    table = outcome_module._TABLE
    monkeypatch.setattr(outcome_module, "_TABLE", table[:rule] + table[rule + 1 :])
    outcome_module._by_code.cache_clear()
    table_rows = [row for each in OUTCOMES for row in each.values if isinstance(row, OutcomeRow)]
    wrong = [row for row in table_rows if outcome(row.code, row.message) is not row.outcome]
    outcome_module._by_code.cache_clear()
    assert wrong, OUTCOME_BY_ERROR_CODE[rule]


@pytest.mark.parametrize("row", rows("denial", DenialRow))
def test_denial(row: DenialRow) -> None:
    assert denial(row.message) == Denial(row.action, row.resource, row.policy_type, row.explicit, row.policy_arn)


@pytest.mark.parametrize("row", rows("denial", DenialRow))
def test_a_denied_call_never_becomes_a_grant(row: DenialRow) -> None:
    assert outcome("AccessDenied", row.message) is Outcome.DENIED
