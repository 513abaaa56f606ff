"""The table loader refuses tables that would test nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tables import BrokenTable, Row, rows


class _Row(Row, frozen=True):
    value: int


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[]", "holds no rows"),
        ("- {name: a, why: b, valeu: 1}", "valeu"),
        ("- {name: a, why: b}", "value"),
        ("- {name: a, why: b, value: x}", "int"),
        ("- {name: a, why: b, value: 1}\n- {name: a, why: b, value: 2}", "twice"),
        ("- {name: a", "expected"),
    ],
)
def test_broken_tables_are_errors(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "topic").mkdir()
    (tmp_path / "topic" / "table.yaml").write_text(text, "utf-8")
    with pytest.raises(BrokenTable, match=says):
        rows("topic", _Row, tmp_path)


def test_a_topic_without_a_table_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BrokenTable, match="no rows"):
        rows("nothing", _Row, tmp_path)
