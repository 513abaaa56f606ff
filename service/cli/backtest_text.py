"""A back-test and what is rare, for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from service.core.backtest import BackTest, Denied, Ratio
from service.core.rarity import Rarity
from service.core.shown import shown

_ROWS = 20
"""How many of a kind are listed; JSON has all of them."""


def backtest_lines(test: BackTest) -> Iterator[str]:
    """What a reviewer reads first: how much of what came later would have been allowed."""
    for trial in test.trials:
        yield (
            f"back-test: made of {trial.train.first} to {trial.train.last}, "
            f"tried on {trial.test.first} to {trial.test.last}"
        )
    yield f"  recall: {_share(test.recall_events)} events, {_share(test.recall_permissions)} permissions allowed"
    again = _share(test.precision_permissions)
    yield f"  precision: {again} permissions used again, {_share(test.precision_events)} by events"


def denied_lines(test: BackTest) -> Iterator[str]:
    """What would have been denied: by day, access level and cause, then the most frequent."""
    if not test.denied:
        return
    yield "would have been denied:"
    for title, member in (("by day", "day"), ("by access level", "access_level"), ("by cause", "lack")):
        yield f"  {title}: {_counts(test.counted(member))}"
    events = Counter[tuple[str, str, str]]()
    for each in test.denied:
        events[_what(each)] += each.events
    for (lack, action, resource), count in sorted(events.items(), key=lambda each: (-each[1], each[0]))[:_ROWS]:
        yield f"  {lack}: {action} on {shown(resource)} ({count:,} events)"
    if len(events) > _ROWS:
        yield f"  and {len(events) - _ROWS} more; --format json lists them all"


def rarity_lines(rarity: Rarity) -> Iterator[str]:
    """How likely the next day brings something else, and what was seen on one day or in periods."""
    if rarity.chance_tomorrow is None or not rarity.permissions:
        return
    yield (
        f"rarely seen: {rarity.seen_once:,} of {len(rarity.permissions):,} permissions on one day only in "
        f"{rarity.days:,} days, so the next day brings one that is not here with a chance of about "
        f"{rarity.chance_tomorrow:.0%}"
    )
    periodic = [each for each in rarity.permissions if each.period]
    for each in periodic[:_ROWS]:
        yield f"  {each.period}: {each.action} on {shown(each.resource)}, last {each.last}"
    if len(periodic) > _ROWS:
        yield f"  and {len(periodic) - _ROWS} more; --format json lists them all"


def _what(each: Denied) -> tuple[str, str, str]:
    return each.lack.value, each.action, each.resource


def _share(ratio: Ratio) -> str:
    value = "-" if ratio.value is None else f"{ratio.value:.2%}"
    return f"{ratio.part:,} of {ratio.of:,} ({value})"


def _counts(counts: Mapping[str, int]) -> str:
    shown_ = [f"{name or 'without a time'} {count:,}" for name, count in counts.items()]
    more = f" and {len(shown_) - _ROWS} more" if len(shown_) > _ROWS else ""
    return ", ".join(shown_[:_ROWS]) + more
