"""From what a principal did within a window to policies for it: step by step, each of which only changes the needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Lock

from cachetools import LRUCache

from catalog.model import AccessLevel, Catalog
from service.core.actions import (
    GRANTED,
    NO_OPERATION,
    Fate,
    Findings,
    Leftover,
    Mapped,
    Mapper,
    Need,
    Reason,
    ReasonKind,
)
from service.core.activity.activity import Activity, ByDay, Used
from service.core.activity.moment import day_number
from service.core.beside import NOTHING_BESIDE, Beside
from service.core.choices import ResourceChoice, Rung, SharedNames
from service.core.confine import confined
from service.core.current import Current
from service.core.days import Window
from service.core.errors import InternalError
from service.core.fit.climbing import Fitted, Fitter, Wish
from service.core.fit.model import Added, Fit
from service.core.granted import Granted, granted_by, literal
from service.core.iam.arn import matches
from service.core.iam.document import characters
from service.core.iam.policy import Effect, Policy
from service.core.observed import ObservedRequest, observed_requests, of_principal
from service.core.patterns.generalising import Generaliser, Report
from service.core.patterns.neighbours import Covered, Neighbours, Words
from service.core.principals import Principal, PrincipalType
from service.core.quotas import Room, room_for
from service.core.suggest.applying import conditioned
from service.core.suggest.model import Suggestion
from service.core.suggest.suggesting import Suggester
from service.core.synthesis import Grant, NamedPolicy, Synthesis, service_of, synthesize
from service.core.unseen.report import without_kept
from service.usecases.reading import Reading
from service.usecases.unseen import Beholder, Unseen


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom policies are wanted, from which days, and beside what. `principal` has the ARN that it is known by;
    `until` is the last day of which anything is known of others, empty for all there is.
    """

    principal: Principal
    window: Window
    beside: Beside = NOTHING_BESIDE
    until: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a principal did, before anything is made of it."""

    findings: Findings
    used: Used
    current: Current | None


@dataclass(frozen=True, slots=True)
class Made:
    """Policies, and what they were made of: the findings as they are in the policies, and the requests behind them.

    `current` is what is granted now, with what is known of the principal; `by_day` has the calls in their order;
    `too_many` are sentences about keys that had too many values for a condition.
    """

    findings: Findings
    synthesis: Synthesis
    fit: Fit
    requests: tuple[ObservedRequest, ...]
    current: Current | None
    by_day: ByDay
    generalised: Report
    unseen: Unseen
    suggestions: tuple[Suggestion, ...]
    too_many: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes policies with one catalog; `exact_resources` are the types of resources that are never generalised."""

    catalog: Catalog
    mapper: Mapper
    exact_resources: frozenset[tuple[str, str]]
    beholder: Beholder
    suggester: Suggester
    fitter: Fitter
    words: Words
    _neighbours: LRUCache[int, tuple[Reading, Neighbours, Lock]] = field(default_factory=lambda: LRUCache(2))
    _looking: Lock = field(default_factory=Lock)

    def found(self, reading: Reading, activity: Activity, wanted: Wanted, mapped: Mapped | None = None) -> Found:
        """What a principal did, which is `activity`, as needs within what it is granted now."""
        principal, current = wanted.principal, wanted.beside.current
        used = activity.used(wanted.window)
        findings = self.mapper.findings(used.usage, reading.known, used.behind, mapped)
        if current is not None:
            current = of_principal(current, principal)
            findings = confined(findings, current, self._requests(principal, findings, used))
        findings = _without(findings, dict(self._not_told_apart(findings, current)), Fate.UNRESOLVED)
        return Found(_editable(principal, findings), used, current)

    def _not_told_apart(self, findings: Findings, current: Current | None) -> Iterator[tuple[Need, Leftover]]:
        """Needs on names that were too many to be kept, of which each must be granted by itself: one more of them is
        another's secret, key or identity. What the current policies write with a wildcard themselves, stays.
        """
        granted = {
            resource for policy in (current.identity if current else ()) for each in policy.statements
            for resource in each.resources if each.effect is Effect.ALLOW and resource != "*"
        }  # fmt: skip
        for need in findings.needs:
            never = (service_of(need.action), "*") in self.exact_resources
            if not need.names or not (never or need.access_level is AccessLevel.PERMISSIONS_MANAGEMENT):
                continue
            if not all(any(matches(each, pattern) for each in granted) for pattern in need.patterns):
                reason = "too many different names were seen to be told apart, and no wildcard may stand for them"
                yield need, Leftover(Fate.UNRESOLVED, need.reason.operation, reason, (need.action,), need.request)

    def made(self, reading: Reading, activity: Activity, wanted: Wanted, mapped: Mapped | None = None) -> Made:
        """The policies for what a principal did, which is `activity`. `mapped` keeps what calls mean."""
        found = self.found(reading, activity, wanted, mapped)
        made = self._made(reading, activity, wanted, found)
        if made.fit.fits or wanted.beside.choices.fit is not Rung.RESOURCES or found.current is None:
            return made
        return self._coarser(reading, activity, wanted, found, made)

    def _coarser(self, reading: Reading, activity: Activity, wanted: Wanted, found: Found, made: Made) -> Made:
        """The last rung: all of a type in the place of resources, for the services that take most room, and for more of
        them until the policies fit.
        """
        services = _by_size(made.synthesis.policies)
        for count in _doubling(len(services)):
            coarse = self._made(reading, activity, wanted, found, frozenset(services[:count]))
            if coarse.fit.fits or count == len(services):
                policies = granted_by(found.current).policies if found.current else None
                step = self.fitter.widened(coarse.fit.chosen, coarse.synthesis, made.synthesis, policies)
                steps = (*made.fit.steps, step)
                if not coarse.fit.fits:
                    return replace(made, fit=replace(made.fit, steps=steps))
                return replace(coarse, fit=replace(coarse.fit, rung=Rung.RESOURCES, steps=steps))
        return made

    def _made(
        self,
        reading: Reading,
        activity: Activity,
        wanted: Wanted,
        found: Found,
        coarse: frozenset[str] = frozenset(),
    ) -> Made:
        """The policies; the resources of `coarse` services are all of their type."""
        principal, findings, used, current = wanted.principal, found.findings, found.used, found.current
        granted = granted_by(current) if current is not None else None
        findings, report = self._generalised(reading, activity, findings, granted, wanted, coarse)
        unseen = self.beholder.looked(reading, wanted.window, wanted.beside, findings, used, granted, principal.arn)
        days = activity.by_day(wanted.window)
        by_day = {call: days[call] for call in used.usage}
        findings = _editable(principal, _with_extra(findings, unseen.needs))
        end = reading.spans.covered(wanted.window)[1][:10]
        crowded = activity.crowded(wanted.window) | self._crowded(findings, used)
        suggested = self.suggester.suggested(findings, by_day, principal, end, self.mapper.shown, crowded)
        choices = wanted.beside.choices
        room = room_for(choices.target, is_user=principal.type is PrincipalType.USER, slots=choices.slots)
        findings, suggestions = conditioned(
            findings, suggested.conditions, choices.conditions, _fits(principal, findings, room)
        )
        wish = Wish(principal.name, room, choices.fit, granted.policies if granted else None)
        findings, fitted = self._fitted(findings, wish)
        gone = {each.actions[0] for each in findings.leftovers if each.detail == _TOO_LARGE}
        gone -= {need.action for need in findings.needs if need.is_extra}
        unseen = replace(unseen, blind_spots=without_kept(unseen.blind_spots, gone, _TOO_LARGE))
        requests = self._requests(principal, findings, used)
        return Made(
            findings,
            fitted.synthesis,
            fitted.fit,
            requests,
            current,
            by_day,
            report,
            unseen,
            suggestions,
            suggested.too_many,
        )

    def _crowded(self, findings: Findings, used: Used) -> frozenset[str]:
        """The keys that requests carried with too many values for any to be kept."""
        calls = list(used.usage)
        return frozenset(
            key
            for need, places in (findings.needs.items() if used.behind else ())
            for call in (calls[place] for place in places)
            if call in used.behind
            for key in self.mapper.crowded(need.action, need.request, call)
        )

    def _requests(self, principal: Principal, findings: Findings, used: Used) -> tuple[ObservedRequest, ...]:
        return observed_requests(principal, findings, used.contexts, self.mapper.shown)

    def _fitted(self, findings: Findings, wish: Wish) -> tuple[Findings, Fitted]:
        """The findings as far as policies can hold them, with what was added for these to fit."""
        fitted = self.fitter.fitted(_granted_by(findings), _levels(findings), wish)
        if out := set(fitted.synthesis.too_large):
            # again: of a need with several patterns, those that fit must not stay alone
            return self._fitted(_without_large(findings, out), wish)
        return _with_extra(findings, map(self._added, fitted.added)), fitted

    def _added(self, added: Added) -> Need:
        """A need of a rung: it was not seen, and no request stands for it."""
        definition = self.catalog.action(added.grant.action)
        if definition is None:
            raise InternalError(f"a rung added `{added.grant.action}`, which the catalog does not have")
        reason = Reason(_KINDS[added.rung], NO_OPERATION, "", added.why)
        pattern = added.grant.resource
        return Need(
            added.grant.action,
            definition.access_level,
            literal(pattern),
            (pattern,),
            exact=False,
            conditions=added.grant.conditions,
            reason=reason,
        )

    def _generalised(
        self,
        reading: Reading,
        activity: Activity,
        findings: Findings,
        granted: Granted | None,
        wanted: Wanted,
        coarse: frozenset[str],
    ) -> tuple[Findings, Report]:
        choices, until = wanted.beside.choices, day_number(wanted.until) if wanted.until else None
        generaliser = Generaliser(self.catalog, self.exact_resources, choices.permissions_patterns)
        within = granted.holds if granted is not None else _anything
        own = activity.principals

        def foreign(pattern: str) -> Covered:
            neighbours, looking = self._neighbours_in(reading)
            with looking:
                return neighbours.covered(pattern, own, until, sharing=choices.shared_names is SharedNames.COVER)

        def ahead(patterns: Iterable[str]) -> None:
            neighbours, looking = self._neighbours_in(reading)
            with looking:
                neighbours.look_for(patterns)

        choice = _by_service(choices.resources, coarse)
        return generaliser.generalised(findings, choice, within, foreign, ahead)

    def _neighbours_in(self, reading: Reading) -> tuple[Neighbours, Lock]:
        """Those of a reading, looked at once, and what keeps other threads from asking meanwhile."""
        with self._looking:
            found = self._neighbours.get(id(reading))
            if found is None:
                known = Neighbours(self.mapper, lambda: reading.known, reading.everybody, self.words)
                found = self._neighbours[id(reading)] = reading, known, Lock()
            return found[1:]


def _with_extra(findings: Findings, extra: Iterable[Need]) -> Findings:
    """The findings with needs that no call shows, less those that are there."""
    seen = {(need.action, pattern, need.conditions) for need in findings.needs for pattern in need.patterns}
    more = {
        need: frozenset[int]()
        for need in extra
        if not {(need.action, pattern, need.conditions) for pattern in need.patterns} <= seen
    }
    return replace(findings, needs={**findings.needs, **more})


def _by_service(choice: ResourceChoice, coarse: frozenset[str]) -> Callable[[str], ResourceChoice]:
    """The choice for the actions of a service."""
    return lambda action: ResourceChoice.SERVICE if service_of(action) in coarse else choice


def _by_size(policies: Iterable[NamedPolicy]) -> list[str]:
    """The services of the policies, those first that take most room."""
    sizes: Counter[str] = Counter()
    for named in policies:
        for each in named.policy.statements:
            sizes[service_of(each.actions[0])] += characters(Policy((each,)))
    return sorted(sizes, key=lambda service: (-sizes[service], service))


def _doubling(most: int) -> Iterator[int]:
    """1, 2, 4 and so on up to `most`, which is the last."""
    count = 1
    while count < most:
        yield count
        count *= 2
    if most:
        yield most


def _fits(principal: Principal, findings: Findings, room: Room) -> Callable[[Findings], bool]:
    """Whether policies still fit with conditions, which break statements apart: into as many as there is room for, or
    into as many as without.
    """

    def count(found: Findings) -> int:
        made = synthesize(_granted_by(found), principal.name, _levels(found), room)
        return len(made.policies) + len(made.too_large) * _FAR_TOO_MANY

    @cache
    def without() -> int:
        return count(findings)

    def fits(conditioned: Findings) -> bool:
        policies = count(conditioned)
        return policies <= room.documents or policies <= without()

    return fits


_FAR_TOO_MANY = 1000
"""For how many policies a grant counts that none can hold."""


def _anything(need: Need) -> bool:
    """Where it is not known what is granted, nothing is beyond it."""
    del need
    return True


def _editable(principal: Principal, findings: Findings) -> Findings:
    """The findings, without needs for a principal that IAM lets nobody edit."""
    if principal.type is not PrincipalType.SERVICE_LINKED_ROLE:
        return findings
    return _without(findings, {need: _kept_by_aws(need) for need in findings.needs}, Fate.EXEMPT)


_KINDS = {Rung.MERGED: ReasonKind.MERGED, Rung.WILDCARDS: ReasonKind.WILDCARD}
"""Why a need is there that a rung added."""


def _granted_by(findings: Findings) -> set[Grant]:
    return {grant for need in findings.needs for grant in _grants(need)}


def _levels(findings: Findings) -> dict[str, str]:
    return {need.action: need.access_level.value for need in findings.needs}


def _without_large(findings: Findings, out: set[Grant]) -> Findings:
    large = {need: _too_large(need) for need in findings.needs if out.intersection(_grants(need))}
    return _without(findings, large, Fate.UNRESOLVED)


def _grants(need: Need) -> Iterator[Grant]:
    return (Grant(need.action, pattern, need.conditions) for pattern in need.patterns)


def _without(findings: Findings, out: Mapping[Need, Leftover], fate: Fate) -> Findings:
    """The findings with some needs as leftovers instead, and the events that lose their last need with that fate."""
    needs = {need: calls for need, calls in findings.needs.items() if need not in out}
    leftovers = dict(findings.leftovers)
    for need, leftover in out.items():
        leftovers[leftover] = leftovers.get(leftover, frozenset()) | findings.needs[need]
    lost = frozenset[int]().union(*(findings.needs[need] for need in out)).difference(*needs.values())
    moved = findings.evidence_of(lost).count
    events = Counter({**findings.events, fate.value: findings.events.get(fate.value, 0) + moved})
    events[GRANTED] -= moved
    return replace(findings, needs=needs, leftovers=leftovers, events=+events)


def _kept_by_aws(need: Need) -> Leftover:
    reason = "AWS keeps the policy of a service-linked role"
    return Leftover(Fate.EXEMPT, need.reason.operation, reason, (need.action,))


def _too_large(need: Need) -> Leftover:
    return Leftover(Fate.UNRESOLVED, need.reason.operation, _TOO_LARGE, (need.action,), need.request)


_TOO_LARGE = "one permission alone is larger than the policy may be"
