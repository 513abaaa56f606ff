"""Who calls: the root user, users that are workloads, users that are people."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from service.core.activity.activity import Activity
from service.core.advice.model import Advice, AdviceKind, advice
from service.core.days import Window
from service.core.outcome import Outcome
from service.core.principals import Principal, PrincipalType
from service.core.usage import Call, total

_NAMES = 5
_SIGN_IN = ("signin.amazonaws.com", "ConsoleLogin")
_FEW_DAYS = 14
"""Who was seen on fewer days than this may be anything."""


def people_advice(everybody: Iterable[tuple[Principal, Activity]], window: Window) -> Iterator[Advice]:
    """About every principal of a trail, by what it did within the window. A user that a trail names in several ways, as
    a sign-in does without its path, is one.
    """
    users: dict[tuple[str, str], list[tuple[Principal, Activity]]] = defaultdict(list)
    for principal, activity in everybody:
        if principal.type is PrincipalType.ROOT:
            yield from _root(principal, activity, window)
        if principal.type is PrincipalType.USER:
            users[principal.account, principal.name].append((principal, activity))
    for _, named in sorted(users.items()):
        label = next((each.arn for each, _ in named if each.arn), named[0][0].label)
        yield from _user(label, [activity for _, activity in named], window)


def signed_in(everybody: Iterable[tuple[Principal, Activity]], window: Window) -> frozenset[tuple[str, str]]:
    """The users who signed in to the console within the window: account and name."""
    return frozenset(
        (principal.account, principal.name)
        for principal, activity in everybody
        if principal.type is PrincipalType.USER and any(map(_is_sign_in, activity.used(window).usage))
    )


def _is_sign_in(call: Call) -> bool:
    """Whether a call is a sign-in to the console that succeeded."""
    return (call.operation.source, call.operation.name) == _SIGN_IN and call.outcome is Outcome.ALLOWED


def _root(principal: Principal, activity: Activity, window: Window) -> Iterator[Advice]:
    usage = activity.used(window).usage
    if not usage:
        return
    seen = total(usage.values())
    counts: Counter[str] = Counter()
    for call, evidence in usage.items():
        counts[f"{call.operation.source} {call.operation.name}"] += evidence.count
    often = ", ".join(f"{name} ({count:,})" for name, count in sorted(counts.items(), key=_most)[:_NAMES])
    summary = f"the root user made {seen.count:,} calls, the last on {seen.last_seen[:10] or 'an unknown day'}"
    yield advice(AdviceKind.ROOT_USE, principal.label, f"{summary}: use a role for that", often)


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _user(label: str, activities: Sequence[Activity], window: Window) -> Iterator[Advice]:
    calls = [(call, contexts) for each in activities for call, contexts in each.by_day(window).items()]
    days = {day for _, contexts in calls for each in contexts.values() for day in each if day}
    if not days:
        return
    signed_in = any(_is_sign_in(call) for call, _ in calls)
    weekdays = {weekday for each in activities for weekday in each.time_of_use(window)[2]}
    if signed_in:
        summary = "it signs in to the console: give the person access by Identity Center or another identity provider"
        yield advice(AdviceKind.USER_AS_PERSON, label, summary, f"seen on {len(days)} days")
    elif len(days) >= _FEW_DAYS and len(weekdays) == _ALL_WEEK:
        summary = "it is no person, by its days and as it never signs in: a role has no keys to lose"
        evidence = f"seen on {len(days)} days, among them each day of the week"
        yield advice(AdviceKind.USER_AS_ROLE, label, summary, evidence)


_ALL_WEEK = 7
