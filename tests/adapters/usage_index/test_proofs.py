"""Numbers and notes that were changed by accident: no question is answered with them."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters.usage_index.proofs import proof, proof_of
from service.core.errors import DamagedIndex
from service.usecases.index_port import Addition, LeftOut
from service.wiring import usage_index
from tests.adapters.usage_index.additions import DAY, numbered
from tests.adapters.usage_index.test_opening import _change

CHANGES = [
    ("UPDATE usage_file SET records = records + 1", "the counts of 2 files are not what was stored"),
    ("UPDATE usage_file SET events = 0, bytes = bytes + 1", "the counts of 2 files are not what was stored"),
    ("UPDATE usage_span SET hours = hours + 1", "what is noted of .* is not what was stored"),
    ("UPDATE usage_span SET day = 9999999", "what is noted of day 9999999 is not what was stored"),
    ("UPDATE usage_left_out SET reason = detail", "which was not read, is not what was stored"),
    ("UPDATE usage_state SET value = value + 1 WHERE name = 'pruned_before'", "note `pruned_before` is not what was"),
    ("UPDATE usage_state SET name = 'pruned_befors' WHERE name = 'pruned_before'", "`pruned_befors` is not what was"),
]


@pytest.mark.parametrize(("statement", "says"), CHANGES)
def test_no_question_is_answered_with_what_was_changed(place: str, statement: str, says: str) -> None:
    index = usage_index(place)
    index.add(numbered(1))
    index.add(Addition((), (), left_out=(LeftOut("/trail/x", "x", "cannot be read", "no rights", True),)))
    index.prune(DAY, [])
    before = index.totals()
    index.close()
    _change(place, statement)
    again = usage_index(place, create=False)
    with pytest.raises(DamagedIndex, match=says):
        again.totals()
    assert any("not what was" in each for each in again.check())
    again.close()
    assert before.files.files == 2


NUMBERS = st.lists(st.integers(0, 2**62), min_size=1, max_size=4)


@given(NUMBERS)
def test_the_database_works_out_the_same(numbers: list[int]) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        (found,) = connection.execute(f"SELECT {proof_of(*map(str, numbers))}").fetchone()
    assert found == proof(numbers)


@given(NUMBERS, st.integers(0, 3), st.integers(1, 2**31 - 2))
def test_another_number_has_another_proof(numbers: list[int], place: int, more: int) -> None:
    changed = list(numbers)
    changed[place % len(numbers)] += more
    assert proof(changed) != proof(numbers)
