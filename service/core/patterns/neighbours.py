"""The resources that everybody of a trail was seen using, for whoever must not be given those of another."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from service.core.actions import Mapper, Need
from service.core.activity.activity import Activity
from service.core.iam.arn import matches
from service.core.iam.pattern import parse_pattern
from service.core.iam.proving.glob import resource_glob
from service.core.known import Known
from service.core.principals import Principal
from service.core.usage import COLLAPSED

SHARED = 8
"""Principals with this many names in common under a pattern use the same names: the next may come to either of them."""

Everybody = Callable[[], Iterable[tuple[Principal, Activity]]]
"""What each principal of a trail did; it may take long."""


@dataclass(slots=True)
class _Used:
    """Resources by name, and patterns of names that were too many to be kept, each with those who used it."""

    names: dict[str, set[Principal]] = field(default_factory=dict)
    patterns: dict[str, set[Principal]] = field(default_factory=dict)
    sorted_names: tuple[str, ...] = ()


class Neighbours:
    """Looks once for each service at what everybody did, when it is first asked about."""

    def __init__(self, mapper: Mapper, known: Callable[[], Known], everybody: Everybody) -> None:
        self._mapper = mapper
        self._known = known
        self._everybody = everybody
        self._by_service: dict[str, _Used] = {}

    def look(self, services: Iterable[str]) -> None:
        """Look at what everybody did with these services, all at once; `foreign` does it one by one."""
        wanted = sorted(set(services) - self._by_service.keys())
        if not wanted:
            return
        found = {service: _Used() for service in wanted}
        for principal, activity in self._everybody():
            for need in self._needs(activity, frozenset(wanted)):
                if (used := found.get(_service_of(need.request))) is not None:
                    kept = used.names if need.exact else used.patterns
                    kept.setdefault(need.request if need.exact else need.patterns[0], set()).add(principal)
        for service, used in found.items():
            used.sorted_names = tuple(sorted(used.names))
            self._by_service[service] = used

    def foreign(self, pattern: str, own: Collection[Principal]) -> str:
        """The first resource that the pattern covers and that is another's; or empty.

        Another's is one that only principals beside `own` were seen using, none of whom draws from the same names as
        `own`: with at least `SHARED` of them in common.
        """
        service = _service_of(pattern)
        self.look([service])
        used = self._by_service[service]
        start = _literal_start(pattern)
        covered = {
            name: used.names[name] for name in _beginning_with(used.sorted_names, start) if matches(pattern, name)
        }
        ours = [users for users in covered.values() if not users.isdisjoint(own)]
        common = Counter(user for users in ours for user in users)
        for name, users in covered.items():
            if users.isdisjoint(own) and all(common[user] < SHARED for user in users):
                return name
        glob = resource_glob(pattern, variables=True)
        for text, users in sorted(used.patterns.items()):
            if users.isdisjoint(own) and resource_glob(text, variables=True).may_meet(glob):
                return text
        return ""

    def _needs(self, activity: Activity, services: frozenset[str]) -> Iterator[Need]:
        """Needs on a resource by name, or on names that were too many."""
        calls = activity.calls(lambda operation: not services.isdisjoint(self._mapper.services_of(operation)))
        for need, call in self._mapper.needs_of(calls, self._known()):
            collapsed = any(COLLAPSED in text for part in (call.parameters, call.resources) for _, text in part)
            if need.request != "*" and (need.exact or collapsed):
                yield need


def _service_of(arn: str) -> str:
    return arn.split(":", 3)[2] if arn.count(":") > 2 else ""


def _literal_start(pattern: str) -> str:
    first = parse_pattern(pattern).parts[:1]
    return first[0] if first and isinstance(first[0], str) else ""


def _beginning_with(names: tuple[str, ...], start: str) -> Iterator[str]:
    low = bisect_left(names, start)
    high = bisect_right(names, start + "\U0010ffff")
    return iter(names[low:high])
