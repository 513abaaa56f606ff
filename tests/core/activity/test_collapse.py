"""Which names are taken together. That it makes no difference when is a law (`tests/laws/test_collapsing.py`)."""

from __future__ import annotations

import pytest

from service.core.activity.collapse import MOST_CHILDREN, collapsed
from service.core.activity.segment import names_behind
from service.core.usage import COLLAPSED
from tests.core.activity.rows import entry, row, segment
from tests.tables import Row, rows


class Case(Row, frozen=True, kw_only=True):
    """`rows` are values of calls, `*` for what was collapsed; `left` says how many names each row that is left stands
    for, 0 for one that was not collapsed. At most three names stay below a prefix.
    """

    rows: list[list[str]]
    left: dict[str, int]


@pytest.mark.parametrize("case", rows("collapse", Case))
def test_names(case: Case) -> None:
    made = [row(*(value.replace("*", COLLAPSED) for value in values)) for values in case.rows]
    found = collapsed(segment({each: [entry(each, str(number))] for number, each in enumerate(made)}), most=3)
    left = {
        " ".join(each.values[:-1]).replace(COLLAPSED, "*"): names_behind(found.sketches.get(each, ()))
        for each in found.rows
    }
    assert left == case.left
    assert found.events == len(made)


def test_the_default_is_generous() -> None:
    made = [row(f"k{number}") for number in range(MOST_CHILDREN + 1)]
    few = segment({each: [entry(each, "a")] for each in made[:-1]})
    assert collapsed(few) is few
    (left,) = collapsed(segment({each: [entry(each, "a")] for each in made})).rows
    assert left.values == (COLLAPSED, "")


def test_rows_of_other_families_do_not_count() -> None:
    made = [row(f"k{number}", name=f"Operation{number}") for number in range(9)]
    found = segment({each: [entry(each, "a")] for each in made})
    assert collapsed(found, most=3) is found


@pytest.mark.parametrize(
    ("addresses", "left"),
    [
        ("abc", {"a", "b", "c"}),
        ("abcd", {COLLAPSED}),
        (["a", COLLAPSED], {COLLAPSED}),
    ],
)
def test_a_key_with_too_many_values_has_none(addresses: list[str], left: set[str]) -> None:
    """Of the whole principal, whatever the operation; the other keys keep theirs."""
    made = [
        row("k", name=f"Operation{number}", context=(("aws:SourceIp", address), ("aws:SourceVpce", "v")))
        for number, address in enumerate(addresses)
    ]
    found = collapsed(segment({each: [entry(each, "a")] for each in made}), most=3)
    assert {dict(each.context)["aws:SourceIp"] for each in found.rows} == left
    assert {dict(each.context)["aws:SourceVpce"] for each in found.rows} == {"v"}
    assert len(found.rows) == len(addresses)
    assert not found.sketches


def test_rows_under_one_name_are_added() -> None:
    one, two, three = (row("k", context=(("aws:SourceIp", address),)) for address in "abc")
    found = collapsed(segment({one: [entry(one, "1", 5)], two: [entry(two, "2", 3)], three: [entry(three, "3", 4)]}), 2)
    ((left, (added,)),) = found.rows.items()
    assert left.context == (("aws:SourceIp", COLLAPSED),)
    assert (added.events, added.first, added.last, added.example, len(added.keys)) == (3, 3, 5, "2", 3)
