"""What an activity says: copies of two accounts, windows, contexts, and what collapsed calls stand for."""

from __future__ import annotations

import pytest

from service.core.activity.activity import Activity
from service.core.activity.collapse import collapsed
from service.core.activity.merging import disjoint, merged
from service.core.activity.moment import UNDATED
from service.core.activity.row import Row
from service.core.activity.segment import Segment
from service.core.days import Window
from service.core.principals import Principal, PrincipalType
from service.core.usage import COLLAPSED, Context, Evidence
from tests.core.activity.rows import ACCOUNT, DAY, ROLE, entry, row, segment

OTHER, THIRD = "000011112222", "999911112222"
"""One sorts before the principal's own account, one after it."""

NAMELESS = Principal(PrincipalType.ROLE, ACCOUNT, "app")


def copy_in(account: str, event_id: str, second: int = 0, shared: str = "s") -> tuple[Row, Segment]:
    made = row("k", account=account, shared=shared)
    return made, segment({made: [entry(made, event_id, second)]})


def said(*segments: Segment) -> list[tuple[str, int, tuple[str, ...]]]:
    usage = Activity(segments).used(Window()).usage
    return sorted((call.account, evidence.count, evidence.event_ids) for call, evidence in usage.items())


@pytest.mark.parametrize("others", [(OTHER,), (THIRD,), (OTHER, THIRD)])
def test_copies_of_two_accounts_are_one_event_that_of_the_caller(others: tuple[str, ...]) -> None:
    """An example is looked up by its own id, not by the shared one. Files and parts make no difference."""
    own, *copies = (copy_in(account, f"id-{account}")[1] for account in (ACCOUNT, *others))
    whole = merged(list(disjoint([*copies, own])))
    assert said(whole) == said(merged(list(disjoint([own, *copies])))) == [(ACCOUNT, 1, (f"id-{ACCOUNT}",))]
    assert (Activity([whole]).events, Activity([whole]).duplicates) == (1, len(others))


def test_copies_count_once_across_the_names_of_a_principal() -> None:
    _, one = copy_in(ACCOUNT, "a")
    made = row("k", account=OTHER, shared="s")
    assert said(segment({made: [entry(made, "b")]}, NAMELESS), one) == [(ACCOUNT, 1, ("a",))]


def test_without_the_callers_copy_the_first_accounts_counts() -> None:
    segments = [copy_in(account, f"id-{account}")[1] for account in (THIRD, OTHER)]
    assert said(merged(segments)) == said(merged(segments[::-1])) == [(OTHER, 1, (f"id-{OTHER}",))]


@pytest.mark.parametrize(("second", "shared"), [(1, "s"), (0, "t")])
def test_what_only_looks_like_a_copy(second: int, shared: str) -> None:
    """Another time, or another shared id, is another event."""
    _, one = copy_in(ACCOUNT, "a")
    _, two = copy_in(OTHER, "b", second, shared)
    assert [count for _, count, _ in said(merged([one, two]))] == [1, 1]


ONE = row("k")
DATED = segment(
    {ONE: [entry(ONE, "a", 1, DAY - 1), entry(ONE, "b", 2), entry(ONE, "c", 3), entry(ONE, "d", day=UNDATED)]}
)

WINDOWS: dict[str, tuple[Window, Evidence | None, tuple[int, int]]] = {
    "everything": (Window(), Evidence("2026-07-31T00:00:01Z", "2026-08-01T00:00:03Z", 4, ("a", "b", "d")), (0, 0)),
    "one day": (
        Window("2026-08-01", "2026-08-01"),
        Evidence("2026-08-01T00:00:02Z", "2026-08-01T00:00:03Z", 2, ("b",)),
        (1, 1),
    ),
    "until a day": (
        Window("", "2026-07-31"),
        Evidence("2026-07-31T00:00:01Z", "2026-07-31T00:00:01Z", 1, ("a",)),
        (2, 1),
    ),
    "no day of it": (Window("2026-09-01"), None, (3, 1)),
}


@pytest.mark.parametrize(("window", "evidence", "outside"), WINDOWS.values(), ids=WINDOWS)
def test_windows(window: Window, evidence: Evidence | None, outside: tuple[int, int]) -> None:
    activity = Activity([DATED])
    assert list(activity.used(window).usage.values()) == ([evidence] if evidence else [])
    assert activity.outside(window) == outside


def test_events_without_a_time_have_none() -> None:
    only = segment({ONE: [entry(ONE, "d", day=UNDATED)]})
    ((_, evidence),) = Activity([only]).used(Window()).usage.items()
    assert evidence == Evidence("", "", 1, ("d",))


def test_contexts_are_counted_and_those_with_too_many_values_have_none() -> None:
    shown: tuple[Context, ...] = (
        (("aws:SourceIp", "192.0.2.1"), ("aws:SourceVpce", "v")),
        (("aws:SourceIp", "192.0.2.2"), ("aws:SourceVpce", "v")),
        (("aws:SourceVpce", "v"),),
    )
    rows = [row("k", context=context) for context in shown]
    made = segment({each: [entry(each, str(number))] for number, each in enumerate(rows)})
    ((call, contexts),) = Activity([made]).used(Window()).contexts.items()
    assert contexts == dict.fromkeys(shown, 1)
    used = Activity([collapsed(made, most=1)]).used(Window())
    assert used.contexts == {call: {shown[2]: 3}}
    assert used.usage[call].count == 3


def test_how_many_calls_a_collapsed_one_stands_for() -> None:
    """In whatever context, and by whatever name the trail has for the principal."""
    rows = [row(f"k{number}", context=(("aws:SourceIp", address),)) for number in range(5) for address in "ab"]
    made = {each: [entry(each, str(number))] for number, each in enumerate(rows)}
    used = Activity([collapsed(segment(made, who), most=3) for who in (ROLE, NAMELESS)]).used(Window())
    assert {(call.principal, call.parameters): number for call, number in used.behind.items()} == {
        (who, (("p0", COLLAPSED),)): 5 for who in (ROLE, NAMELESS)
    }
    assert Activity([segment(made)]).used(Window()).behind == {}
