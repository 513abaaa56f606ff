"""Of which rows an example is kept."""

from __future__ import annotations

import pytest

from service.core.activity import examples
from service.core.activity.collapse import collapsed
from service.core.activity.examples import MOST_EXAMPLES, thinned
from service.core.activity.merging import merged
from service.core.activity.row import Row
from service.core.activity.segment import Segment
from service.core.usage import COLLAPSED
from tests.core.activity.rows import DAY, entry, row, segment


def at_seconds(*seconds: int, name: str = "GetObject") -> dict[Row, list[int]]:
    return {row(f"k{place}", name=name): [second] for place, second in enumerate(seconds)}


def made(found: dict[Row, list[int]], day: int = DAY) -> Segment:
    return segment({each: [entry(each, f"{second}", second, day) for second in found[each]] for each in found})


def kept(found: Segment) -> list[str]:
    return sorted(entry.example for entries in found.rows.values() for entry in entries if entry.example)


def test_the_first_rows_of_a_day_keep_theirs() -> None:
    many = made(at_seconds(*range(10, 10 + 2 * MOST_EXAMPLES)))
    assert kept(thinned(many)) == sorted(str(10 + place) for place in range(MOST_EXAMPLES))
    assert thinned(many).events == many.events
    few = made(at_seconds(*range(MOST_EXAMPLES)))
    assert thinned(few) is few


def test_those_of_one_second_are_not_chosen_from() -> None:
    assert len(kept(thinned(made(at_seconds(*[7] * (2 * MOST_EXAMPLES)))))) == 2 * MOST_EXAMPLES


def test_families_and_days_have_their_own() -> None:
    seconds = range(MOST_EXAMPLES)
    one = made({**at_seconds(*seconds), **at_seconds(*seconds, name="PutObject")})
    assert len(kept(thinned(merged([one, made(at_seconds(*seconds), DAY + 1)])))) == 3 * MOST_EXAMPLES


def test_where_rows_collapsed_only_the_first_event_is_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """How many rows came before `q` depends on which of them were collapsed already; what came first does not."""
    monkeypatch.setattr(examples, "MOST_EXAMPLES", 2)
    first = {row("x/1"): [1], row("x/2"): [2], row("q"): [9]}
    last = {row("x/3"): [5]}
    whole = thinned(collapsed(made({**first, **last}), most=2))
    parts = [thinned(collapsed(made(each), most=2)) for each in (first, last)]
    assert thinned(collapsed(merged(parts), most=2)) == whole
    assert kept(whole) == ["1"]


def test_a_key_with_too_many_values_is_collapsed_too() -> None:
    crowded = [row(str(place), context=(("aws:SourceIp", COLLAPSED),)) for place in range(3)]
    assert kept(thinned(made({each: [place] for place, each in enumerate(crowded)}))) == ["0"]
