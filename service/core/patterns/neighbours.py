"""The resources that everybody of a trail was seen using, for whoever must not be given those of another."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from functools import cache, partial

from catalog.model import Catalog, Operation
from service.core.actions import Mapper, Need
from service.core.activity.activity import Activity
from service.core.activity.words import WordsOf, holds_a_word
from service.core.covering import SortedNames
from service.core.iam.arn import matches
from service.core.iam.proving.glob import resource_glob
from service.core.known import SERVICES, Known
from service.core.principals import Principal
from service.core.usage import COLLAPSED, Call

SHARED = 5
"""Principals with this many names in common under a pattern use the same names: the next may come to either of them."""

SHARED_PART = 20
"""And it is at least one in so many of the names of whoever has fewer: of many names some are common to all."""

Everybody = Callable[[WordsOf], Iterable[tuple[Principal, Activity]]]
"""What each principal of a trail did, less those none of whose calls may name one of the words; it may take long."""


@dataclass(frozen=True, slots=True, order=True)
class Sharing:
    """A principal that draws from the same names: how many both were seen using, how many of the others only this one
    was and not ours, and the first of these.
    """

    principal: str
    in_common: int
    alone: int
    example: str


@dataclass(frozen=True, slots=True)
class Covered:
    """What a pattern covers that only others were seen using: a resource of another's, empty without any; and else who
    draws from the same names and was seen using more of them.
    """

    foreign: str
    sharing: tuple[Sharing, ...] = ()


_Users = dict[Principal, int]


@dataclass(slots=True)
class _Used:
    """Resources by name, and patterns of those of which only a part is known, each with those who used it, and the
    number of the day on which they first did.
    """

    names: dict[str, _Users] = field(default_factory=dict)
    patterns: dict[str, _Users] = field(default_factory=dict)
    in_order: SortedNames = field(default_factory=lambda: SortedNames(()))


AIMED = 3
"""So often only what some patterns may cover is looked for; who asks more often, as a server, gets all of a service."""


class Neighbours:
    """Looks at what everybody did, when it is first asked about: for some patterns, or for all of a service.

    For one thread at a time. What a call means is costly to find, and most calls cannot be about what a pattern covers:
    none of their names has the words of the pattern in it.
    """

    def __init__(self, mapper: Mapper, known: Callable[[], Known], everybody: Everybody, words: Words) -> None:
        self._mapper = mapper
        self._known = known
        self._everybody = everybody
        self._words = words
        self._by_service: dict[str, _Used] = {}
        self._aimed: dict[str, tuple[frozenset[str], _Used]] = {}
        self._looks = 0

    def look(self, services: Iterable[str]) -> None:
        """Look at all that everybody did with these services, at once."""
        if wanted := sorted(set(services) - self._by_service.keys()):
            self._by_service |= self._found(dict.fromkeys(wanted, _ANY))

    def look_for(self, patterns: Iterable[str]) -> None:
        """Look at everything that these patterns may be about, at once."""
        words: dict[str, set[str]] = {}
        for each in patterns:
            words.setdefault(_service_of(each), set()).add(self._words(each))
        missing = {service: found for service, found in words.items() if not self._has(service, found)}
        if not missing:
            return
        self._looks += 1
        if self._looks > AIMED:
            self.look(missing)
            return
        aims = {service: found | self._aimed.get(service, (_NONE, None))[0] for service, found in missing.items()}
        for service, used in self._found(aims).items():
            self._aimed[service] = frozenset(aims[service]), used

    def _has(self, service: str, words: Collection[str]) -> bool:
        aimed, _ = self._aimed.get(service, (_NONE, None))
        return service in self._by_service or "" in aimed or aimed.issuperset(words)

    def _found(self, aims: Mapping[str, Collection[str]]) -> dict[str, _Used]:
        """What everybody used of some services, of calls one of whose names has one of the words in it."""
        found = {service: _Used() for service in aims}
        words = cache(partial(self._words_of, aims))
        for principal, activity in self._everybody(words):
            for need, day in self._needs(activity, words):
                if (used := found.get(_service_of(need.request))) is None:
                    continue
                kept, texts = (used.names, [need.request]) if need.exact else (used.patterns, need.patterns)
                for text in texts:
                    users = kept.setdefault(text, {})
                    users[principal] = min(day, users.get(principal, day))
        for used in found.values():
            used.in_order = SortedNames(used.names)
        return found

    def covered(
        self, pattern: str, own: Collection[Principal], until: int | None = None, *, sharing: bool = True
    ) -> Covered:
        """What the pattern covers that only others were seen using. What was done after the day `until` is not known.

        Another's is what only principals beside `own` were seen using, none of whom draws from the same names as
        `own`: with at least `SHARED` of them in common, and one in `SHARED_PART`. Without `sharing` nobody does.
        """
        service = _service_of(pattern)
        self.look_for([pattern])
        used = self._by_service.get(service) or self._aimed[service][1]
        by_then = ((name, _by(used.names[name], until)) for name in used.in_order.covered(pattern))
        below = {name: users for name, users in by_then if users}
        same = _sharing(below, own) if sharing else {}
        for name, users in below.items():
            if users.isdisjoint(own) and users.isdisjoint(same):
                return Covered(name)
        glob = resource_glob(pattern, variables=True)
        for text, ever in sorted(used.patterns.items()):
            users = _by(ever, until)
            if not users or not users.isdisjoint(own):
                continue
            if matches(pattern, text) or (_ends_in_a_name(text) and resource_glob(text, variables=True).may_meet(glob)):
                return Covered(text)
        return Covered("", tuple(_shared(below, own, same)))

    def _words_of(self, aims: Mapping[str, Collection[str]], operation: Operation) -> frozenset[str]:
        """The words that a call of the operation has one of, where it matters; none where none of them matter."""
        services = self._mapper.services_of(operation) & aims.keys()
        return frozenset(word for service in services for word in aims[service])

    def _needs(self, activity: Activity, words: WordsOf) -> Iterator[tuple[Need, int]]:
        """Needs on a resource by name, on one of which a part is shown, or on names that were too many, of calls that
        may be about what is aimed at; each with the first day on which its call was made.
        """

        def wants(operation: Operation) -> bool:
            return bool(words(operation))

        for call, day in activity.calls(wants):
            if not _may_name(call, words(call.operation)):
                continue
            collapsed = any(COLLAPSED in text for part in (call.parameters, call.resources) for _, text in part)
            for need in self._mapper.needs_of(call, self._known()):
                if need.request != "*" and (need.exact or collapsed or self._is_shown(need.patterns)):
                    yield need, day

    def _is_shown(self, patterns: Iterable[str]) -> bool:
        """Whether a part of the name is shown in each: of `instance/*`, nothing of the resource is."""
        return all(self._words(each) or _ends_in_a_name(each) for each in patterns)


def _sharing(below: Mapping[str, Set[Principal]], own: Collection[Principal]) -> dict[Principal, int]:
    """Who draws from the same names as `own`, with how many in common."""
    ours = [users for users in below.values() if not users.isdisjoint(own)]
    common = Counter(user for users in ours for user in users)
    all_of = Counter(user for users in below.values() for user in users)
    return {
        user: count
        for user, count in common.items()
        if count >= SHARED and count * SHARED_PART >= min(len(ours), all_of[user])
    }


def _shared(
    below: Mapping[str, Set[Principal]], own: Collection[Principal], same: Mapping[Principal, int]
) -> Iterator[Sharing]:
    """Those of them with names that none of `own` was seen using."""
    alone: dict[Principal, list[str]] = {}
    for name, users in below.items():
        for user in users & same.keys() if users.isdisjoint(own) else ():
            alone.setdefault(user, []).append(name)
    yield from sorted(Sharing(user.label, same[user], len(names), min(names)) for user, names in alone.items())


def _by(users: _Users, until: int | None) -> Set[Principal]:
    """Those who used something by the end of a day."""
    return users.keys() if until is None else {each for each, day in users.items() if day <= until}


_ANY = frozenset({""})
_NONE = frozenset[str]()

Words = Callable[[str], str]
"""A word that stands in the names of every resource which a pattern covers, and comes from a request; empty where there
is none that is sure to."""


def _may_name(call: Call, words: Collection[str]) -> bool:
    """Whether a name of a call has one of the words in it, or stands for names that were too many."""
    if "" in words:
        return True
    texts = (text for part in (call.parameters, call.response, call.resources) for _, text in part)
    return holds_a_word(texts, words)


def _ends_in_a_name(pattern: str) -> bool:
    """Whether the last part of a pattern is more than a wildcard."""
    return bool(set(_SEPARATOR.split(_split(pattern)[2])[-1]) - set("*?"))


class SureWords:
    """Parts of patterns that only a request can bring, as they are: no ARN format of the service has them, nor its
    place, and they are none of the names `taken` where a request says none.
    """

    def __init__(self, catalog: Catalog, taken: Collection[str]) -> None:
        self._catalog = catalog
        self._taken = frozenset(taken)
        self._of_formats: dict[str, frozenset[str] | None] = {}

    def __call__(self, pattern: str) -> str:
        """The longest part between separators, without wildcards; empty where there is none."""
        place, _, resource = _split(pattern)
        service = _service_of(pattern)
        formats = self._formats(service)
        if not resource or formats is None or service in SERVICES:
            return ""
        known = formats | self._taken | set(place.split(":"))
        sure = (each for each in _SEPARATOR.split(resource) if _PLAIN.fullmatch(each) and each not in known)
        return max(sure, key=lambda each: (len(each), each), default="")

    def _formats(self, name: str) -> frozenset[str] | None:
        """What stands between separators in the ARN formats of a service, by its name in ARNs; None where something
        there is made of a variable and more.
        """
        if name not in self._of_formats:
            resources = [_split(text)[2] for text in self._texts() if _service_of(text) == name]
            mixed = any(_MIXED.search(each) for each in resources)
            parts = frozenset(part for each in resources for part in _SEPARATOR.split(each))
            self._of_formats[name] = None if mixed or not resources else parts
        return self._of_formats[name]

    def _texts(self) -> Iterator[str]:
        for prefix in self._catalog.prefixes():
            service = self._catalog.service(prefix)
            for kind in service.resource_types.values() if service else ():
                yield from kind.arn_formats


_RESOURCE = 5
_SEPARATOR = re.compile("[/:]")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{3,}")
"""Letters that no client encodes, so that a copy's source has them as the object's name does."""
_MIXED = re.compile(r"[^/:]\$\{|\}[^/:]")


def _split(arn: str) -> tuple[str, str, str]:
    """The place of an ARN or a pattern, and its resource."""
    parts = arn.split(":", _RESOURCE)
    return (":".join(parts[:_RESOURCE]), ":", parts[_RESOURCE]) if len(parts) > _RESOURCE else (arn, "", "")


def _service_of(arn: str) -> str:
    return arn.split(":", 3)[2] if arn.count(":") > 2 else ""
