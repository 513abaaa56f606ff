"""The back-test: policies made from one part of a window, put to what was done in a later part.

Terms of Sanders and Yue, "Minimizing privilege assignment errors in cloud services" (CODASPY 2018): recall is the share
of what was exercised that was granted; precision the share of what was granted that was exercised. Both over distinct
permissions, and weighed by events: of an event all that it needs has to be granted; a granted permission weighs as many
events as it was learned from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from catalog.model import AccessLevel
from service.core.actions import Fate, Findings
from service.core.activity.activity import ByDay
from service.core.covering import SortedNames
from service.core.current import GrantedLayer
from service.core.days import Window
from service.core.iam.shortfall import Cause
from service.core.observed import Basis, ObservedRequest, Requests, ShownKeys, requests_by_call
from service.core.principals import Principal
from service.core.replay import Asked
from service.core.synthesis import Grant
from service.core.usage import Context


class Lack(StrEnum):
    """What the policies do not have that a later event needs; the most telling first."""

    ACTION = "new action"
    RESOURCE = "new resource"
    CONTEXT = "new context"
    UNKNOWN = "not known"


_LACKS = {Cause.ACTION: Lack.ACTION, Cause.RESOURCE: Lack.RESOURCE, Cause.CONDITION: Lack.CONTEXT}


@dataclass(frozen=True, slots=True, order=True)
class Denied:
    """Events of one day that would not have been allowed, and what they lack first."""

    day: str
    lack: Lack
    access_level: AccessLevel
    action: str
    resource: str
    events: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share, as the two numbers that make it: `of` is 0 where there is nothing to take a share of."""

    part: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, rounded to six places; None of nothing."""
        return round(self.part / self.of, 6) if self.of else None

    def plus(self, other: Ratio) -> Ratio:
        """Both taken together."""
        return Ratio(self.part + other.part, self.of + other.of)


NOTHING = Ratio(0, 0)


@dataclass(frozen=True, slots=True)
class Trial:
    """One part of a window put to the policies of an earlier one. Days are those with both ends included."""

    train: Window
    test: Window
    recall_events: Ratio
    recall_permissions: Ratio
    precision_events: Ratio
    precision_permissions: Ratio
    denied: tuple[Denied, ...]


@dataclass(frozen=True, slots=True)
class BackTest:
    """One trial, or several one after the other."""

    trials: tuple[Trial, ...]

    @property
    def recall_events(self) -> Ratio:
        return _together(each.recall_events for each in self.trials)

    @property
    def recall_permissions(self) -> Ratio:
        return _together(each.recall_permissions for each in self.trials)

    @property
    def precision_events(self) -> Ratio:
        return _together(each.precision_events for each in self.trials)

    @property
    def precision_permissions(self) -> Ratio:
        return _together(each.precision_permissions for each in self.trials)

    @property
    def denied(self) -> tuple[Denied, ...]:
        """All denials, by day."""
        return tuple(sorted(each for trial in self.trials for each in trial.denied))

    def counted(self, member: str) -> dict[str, int]:
        """How many events were denied, by a member of the denials: `day`, `lack`, `access_level`."""
        counts: Counter[str] = Counter()
        for each in self.denied:
            counts[str(getattr(each, member))] += each.events
        return dict(sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class Learnt:
    """The policies of the earlier part, and what they were made of."""

    layer: GrantedLayer
    findings: Findings
    window: Window


@dataclass(frozen=True, slots=True)
class Later:
    """What was done in the later part: its findings, and the calls in their order, by context and day; `level_of` is
    the level of an action.
    """

    findings: Findings
    made: ByDay
    window: Window
    shown: ShownKeys
    level_of: Callable[[str], AccessLevel]


def tried(principal: Principal, learnt: Learnt, later: Later) -> Trial:
    """The later part put to the policies of the earlier one."""
    contexts = {
        call: {shown: sum(days.values()) for shown, days in found.items()} for call, found in later.made.items()
    }
    requests = {
        **_unknown(principal, later),
        **requests_by_call(principal, later.findings, contexts, later.shown),
    }
    lacking = _lacking({each for group in requests.values() for each in group}, learnt.layer)
    by_day = list(later.made.values())
    denied: Counter[tuple[str, Lack, AccessLevel, str, str]] = Counter()
    allowed = total = 0
    for (place, shown), group in requests.items():
        lacks = ((lacking[each], each.action, each.resource) for each in group if each in lacking)
        missed = min(lacks, key=_first_told, default=None)
        for day, events in by_day[place][shown].items():
            total += events
            if missed is None:
                allowed += events
            else:
                lack, action, resource = missed
                denied[day, lack, later.level_of(action), action, resource] += events
    exercised = {(each.action, each.resource) for group in requests.values() for each in group}
    missing = {(each.action, each.resource) for each in lacking}
    return Trial(
        train=learnt.window,
        test=later.window,
        recall_events=Ratio(allowed, total),
        recall_permissions=Ratio(len(exercised - missing), len(exercised)),
        **_precision(learnt, exercised - missing),
        denied=tuple(sorted(Denied(*key, events) for key, events in denied.items())),
    )


def _unknown(principal: Principal, later: Later) -> Requests:
    """What is asked for by calls of which it is not known what they are about: it is allowed where everything is."""
    calls = list(later.made.items())
    found: dict[tuple[int, Context], tuple[ObservedRequest, ...]] = {}
    for leftover, places in sorted(later.findings.leftovers.items()):
        for place in sorted(places) if leftover.fate is Fate.UNRESOLVED and leftover.actions else ():
            for shown, days in calls[place][1].items():
                count = sum(days.values())
                found[place, shown] = tuple(
                    ObservedRequest(principal.label, action, "*", (), count, Basis.OBSERVED, exact=False)
                    for action in leftover.actions
                )
    return found


def _first_told(lack: tuple[Lack, str, str]) -> tuple[int, str, str]:
    return list(Lack).index(lack[0]), lack[1], lack[2]


def _lacking(requests: Iterable[ObservedRequest], layer: GrantedLayer) -> dict[ObservedRequest, Lack]:
    """The requests that the policies do not certainly allow."""
    asked = Asked((layer,))
    found = ((each, asked.why_not(each)) for each in requests)
    return {
        each: Lack.UNKNOWN if each.resource == "*" and not each.exact else _LACKS.get(why[0].cause, Lack.UNKNOWN)
        for each, why in found
        if why is not None
    }


def _precision(learnt: Learnt, exercised: Iterable[tuple[str, str]]) -> Mapping[str, Ratio]:
    """How much of what is granted was exercised, by grants and by the events that they were learned from."""
    resources: dict[str, list[str]] = {}
    for action, resource in exercised:
        resources.setdefault(action, []).append(resource)
    weights: Counter[Grant] = Counter()
    for need, calls in learnt.findings.needs.items():
        events = learnt.findings.evidence_of(calls).count
        for pattern in need.patterns:
            weights[Grant(need.action, pattern, need.conditions)] += events
    granted = set(weights)
    names = {action: SortedNames(found) for action, found in resources.items()}
    used = {each for each in granted if each.action in names and any(names[each.action].covered(each.resource))}
    return {
        "precision_permissions": Ratio(len(used), len(granted)),
        "precision_events": Ratio(sum(weights[each] for each in used), sum(weights[each] for each in granted)),
    }


def _together(ratios: Iterable[Ratio]) -> Ratio:
    found = NOTHING
    for each in ratios:
        found = found.plus(each)
    return found


MIN_DAYS = 14
"""A window of fewer days is not split: the part to learn from would have no week of work, or the other no day of it."""


@dataclass(frozen=True, slots=True)
class Split:
    """Days to learn from, and later days to put to what was learned."""

    train: Window
    test: Window


def split_by_default(days: Sequence[str]) -> Split | None:
    """Three quarters to learn from, the last quarter to be tried; None where there are fewer than `MIN_DAYS` days.

    `days` are those that the trail covers, in order, without gaps.
    """
    if len(days) < MIN_DAYS:
        return None
    at = len(days) * 3 // 4
    return Split(Window(days[0], days[at - 1]), Window(days[at], days[-1]))


def split_by_days(days: Sequence[str], train: int, test: int) -> Split | None:
    """The last `test` days tried, the `train` days before them to learn from, as far as there are that many."""
    if not 0 < test < len(days):
        return None
    learning = days[: len(days) - test][-train:]
    return Split(Window(learning[0], learning[-1]), Window(days[len(days) - test], days[-1]))


def folds_of(days: Sequence[str], count: int) -> Iterator[Split]:
    """As many parts of about the same length; each but the first is tried with all before it to learn from."""
    cuts = [len(days) * number // count for number in range(count + 1)]
    for start, end in pairwise(cuts[1:]):
        yield Split(Window(days[0], days[start - 1]), Window(days[start], days[end - 1]))
