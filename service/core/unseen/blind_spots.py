"""What the evidence could not show, computed: of each action granted now, whether it is used, unused or neither.

An action that no event could have shown is not called unused. It is kept where something says that it may be in use:
the principal uses the service, or the current policies name the action or the service (ADR 5).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import pairwise

from catalog.model import AccessLevel, Catalog
from service.core.actions import NO_OPERATION, Need, Reason, ReasonKind
from service.core.activity.spans import HOURS, Quiet
from service.core.choices import UnobservableChoice
from service.core.granted import Granted
from service.core.iam.arn import matches
from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.shortfall import is_about
from service.core.iam.truth import Truth
from service.core.trail.delivered import Stretch
from service.core.unseen.logged import Hidden, Logged, Observability

GAP_SHARE = 0.1
"""From this share of days without any event on, the evidence is not of the whole window, and nothing is unused."""

YOUNG_DAYS = 90
"""Evidence of fewer days than this may lack what is done once a quarter."""

YOUNG_SHARE = 0.5
"""Of a principal that was there for less than this share of the window, nothing is unused."""


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """Actions of one service that could not be seen for one reason, and whether they are kept and why or why not."""

    service: str
    why: str
    is_kept: bool
    detail: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Unused:
    """How many actions of a service are granted and unused. They are named where the principal uses the service or the
    current policies name it: of the others, under `*`, there may be twenty thousand.
    """

    service: str
    count: int
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BlindSpots:
    """`used`, `unused` and `unobservable` are what is granted now; empty where that is not known.

    `gaps` are spans of days without any event between days that have some, `quiet` hours of other days that are quiet
    though they are busy on nearly all days: beginning and end. `assumed` says that no settings of the trail
    were given; `data` are the types of data events that it logs, as far as they matter here.
    """

    assumed: bool
    data: tuple[str, ...]
    used: tuple[str, ...]
    unused: tuple[Unused, ...]
    unobservable: tuple[Group, ...]
    gaps: tuple[tuple[str, str], ...]
    quiet: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class KeepRow:
    """An action of the reviewer's keep list, `*` at its end for all that begin so, with the reviewer's reason."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What the trail shows: the principal's actions, the days with events of anybody in the window, the window asked
    for (empty for no bound), the services that it was seen using, here or by another witness, the day on which the
    principal was created, empty where that is not known, the hours that were quiet, and the Regions in which it was
    seen using resources whose ARNs name none, each up to its first `/`; `logged` are the actions of which it shows
    events, `accessed` those, in lower case, that were used by the other witness alone; `files` is None where the names
    of the files do not say whose they are. `tried` says of actions, in lower case, that are in none of these why it is
    not known whether they are used, `denied` are those of which every call was denied; `witnessed` are services that
    were used by the other witness, who does not say by what. `patterns` are what the proposal grants of each action.
    """

    actions: frozenset[str]
    days: Sequence[str]
    asked: tuple[str, str]
    services: frozenset[str]
    created: str = ""
    quiet: Sequence[Quiet] = ()
    resources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    logged: frozenset[str] = frozenset()
    accessed: frozenset[str] = frozenset()
    files: Files | None = None
    tried: Mapping[str, Hidden] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
    witnessed: frozenset[str] = frozenset()
    patterns: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Files:
    """The Regions of which there are files of the principal's account, or events of its own; and whether there are
    files of its account at all. `holes` are stretches of the window without any file, by Region, that of the whole
    account under the empty text.
    """

    regions: frozenset[str]
    has_account: bool = True
    holes: Mapping[str, tuple[Stretch, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The report, and what is kept for it."""

    report: BlindSpots
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """An action that could not be seen, why, and what is kept for it or why nothing is; `lost` are sentences on what of
    it cannot be kept.
    """

    action: str
    why: str
    detail: str
    needs: tuple[Need, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class On:
    """The resources of one pattern on which an action is granted, and the conditions that are about the Region."""

    pattern: str
    conditions: tuple[Condition, ...] = ()


GrantedOn = Mapping[str, tuple[On, ...]]
"""What each action is granted on, sorted."""


@dataclass(frozen=True, slots=True)
class _Look:
    """What is looked at. `of_all` is why nothing can be called unused, whatever it is; None where something can.
    `regions` and `files`, the Regions of files in which something may be used, are remembered.
    """

    shown: Shown
    known: Logged
    hidden_by: Callable[[str], Hidden | None]
    of_all: Hidden | None
    regions: dict[On, frozenset[str]] = field(default_factory=dict)
    files: dict[On, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Examiner:
    """Looks for blind spots with one catalog and one table of what can be seen."""

    catalog: Catalog
    observability: Observability
    _known: dict[tuple[Policy, ...], GrantedOn] = field(default_factory=dict, compare=False)

    def examined(
        self, shown: Shown, logged: Logged | None, granted: Granted | None, choice: UnobservableChoice
    ) -> Found:
        """What could not be seen. `logged` is None where the trail's settings are not given."""
        known = self.observability.assumed(shown.logged) if logged is None else logged
        gaps = tuple(_gaps(shown.days))
        notes = [*_notes(shown, gaps)]
        look = _Look(shown, known, self.observability.hidden_by(known), _of_all(shown))
        used, unused, hidden = self._told_apart(look, granted) if granted is not None else (set(), set(), {})
        rows = [*self._kept(hidden, look, granted, choice)]
        rows += self._on_others(used, look, granted, choice) if granted is not None else ()
        groups = _grouped(rows)
        notes += _denied(unused, shown)
        notes += _lost(rows)
        notes += self._of_unknown_services(granted.policies) if granted is not None else ()
        if lost := [each for each in groups if not each.is_kept]:
            count = sum(len(each.actions) for each in lost)
            what, stay = ("1 granted action", "is") if count == 1 else (f"{count:,} granted actions", "are")
            notes.append(f"{what} could not have been seen, and {stay} not kept: blind_spots has why")
        report = BlindSpots(
            assumed=logged is None,
            data=tuple(sorted({*(kind for kind, _ in known.data), *known.some_data})),
            used=tuple(sorted(used)),
            unused=tuple(_by_service(unused, shown, granted)),
            unobservable=tuple(groups),
            gaps=gaps,
            quiet=tuple((each.first, each.end) for each in shown.quiet),
            notes=tuple(notes),
        )
        return Found(report, tuple(need for each in rows for need in each.needs))

    def _told_apart(self, look: _Look, granted: Granted) -> tuple[set[str], set[str], dict[str, str]]:
        """What is granted: used, unused, and why the rest could not be seen; less what the other witness alone has."""
        used, unused, hidden = set[str](), set[str](), dict[str, str]()
        lowered = {each.lower() for each in look.shown.actions}
        for action, granted_on in self.granted_actions(granted.policies).items():
            if action.lower() in lowered:
                used.add(action)
            elif action.lower() in look.shown.accessed:
                continue
            elif (why := self._why(action, granted_on, look)) is not None:
                hidden[action] = why.value
            else:
                unused.add(action)
        return used, unused, hidden

    def _why(self, action: str, granted_on: Iterable[On], look: _Look) -> Hidden | None:
        """Why it is not known whether an action is unused, which is granted and was not seen; None where it is."""
        if (tried := look.shown.tried.get(action.lower())) is not None:
            return tried
        if self.catalog.action(action) is None:
            return Hidden.NO_SUCH_ACTION
        found = _first(self._why_on(action, each, look) for each in granted_on)
        if found in (None, *_OF_ALL) and action.partition(":")[0].lower() in look.shown.witnessed:
            return Hidden.WITNESSED
        return found

    def _why_on(self, action: str, on: On, look: _Look) -> Hidden | None:
        """Why a call of an action on the resources of one pattern could not have been seen; None where it could."""
        why = look.hidden_by(action)
        if why is None or why is Hidden.PARTLY_LOGGED:
            why = self._unlogged(action, on, look) or self._undelivered(action, on, look)
        return why or look.of_all

    def _unlogged(self, action: str, on: On, look: _Look) -> Hidden | None:
        """Why none of the trails would log it in one of the places where it may be used."""
        home, whys = self.observability.home_of(action), list[Hidden | None]()
        for region in self.observability.places_of(action, _regions_in(on, look)):
            there = [each for each in look.known.each_trail if each.covers(region, home)]
            found = [self._unlogged_by(action, on, each) for each in there]
            whys.append(_first(found) if None not in found and found else None if found else Hidden.OTHER_REGIONS)
        return _first(whys)

    def _unlogged_by(self, action: str, on: On, trail: Logged) -> Hidden | None:
        why = self.observability.hidden(action, trail)
        is_logged = why is Hidden.PARTLY_LOGGED and self.observability.is_logged_on(action, trail, on.pattern)
        return None if is_logged else why

    def _on_others(
        self, used: Iterable[str], look: _Look, granted: Granted, choice: UnobservableChoice
    ) -> Iterator[_Row]:
        """Of actions that were seen: what the current policies grant by name beside that, where calls could not have
        been.
        """
        named, granted_on = _names_in(granted.policies), self.granted_actions(granted.policies)
        for action in sorted(used):
            definition = self.catalog.action(action)
            why = _first(self._why_on_others(action, each, look) for each in granted_on[action])
            if why is None or definition is None:
                continue
            reason = Reason(ReasonKind.UNOBSERVABLE, NO_OPERATION, "", f"{why.value}; {_BY_NAME}")
            kept = granted.kept(action, definition.access_level, reason).needs
            found = [each for each in kept if self._is_another(each, look)]
            if not found:
                yield from [_Row(action, why.value, _NO_OTHER)] if why is Hidden.PARTLY_LOGGED else ()
            elif definition.access_level is AccessLevel.PERMISSIONS_MANAGEMENT and action.lower() not in named:
                yield _Row(action, why.value, "it changes permissions, and the current policies do not name it")
            elif choice is UnobservableChoice.DROP:
                yield _Row(action, why.value, _DROPPED)
            else:
                yield _Row(action, why.value, _BY_NAME, tuple(found))

    def _is_another(self, need: Need, look: _Look) -> bool:
        """Whether what is granted is named, beyond what was seen, and where calls could not have been."""
        (pattern,) = need.patterns
        if not _names_one(pattern) or _is_covered(pattern, need.action, look.shown):
            return False
        return any(self._why_on_others(need.action, on, look) for on in _kept_on(need))

    def _why_on_others(self, action: str, on: On, look: _Look) -> Hidden | None:
        """The same for an action that was seen: of what other calls bring, these are the witnesses, wherever it is."""
        why = self._why_on(action, on, look)
        is_of_others = action not in look.shown.logged and why in (Hidden.NEVER_LOGGED, Hidden.NO_OPERATION)
        return None if is_of_others else why

    def _undelivered(self, action: str, on: On, look: _Look) -> Hidden | None:
        """Why it may have been used where files are missing; None where it could not."""
        files = look.shown.files
        if files is None:
            return None
        if not files.has_account:
            return Hidden.NO_FILE_OF_ACCOUNT
        if files.holes.get(""):
            return Hidden.HOLE_OF_ACCOUNT
        home, reached = self.observability.home_of(action), _files_in(on, look, files)
        places = self.observability.places_of(action, reached)
        if any(files.holes.get(each) for each in places):
            return Hidden.HOLE
        if self.observability.is_undelivered(action, files.regions, _regions_in(on, look)):
            return Hidden.NO_FILE
        return None if home or reached else Hidden.NO_FILE

    def granted_actions(self, policies: tuple[Policy, ...]) -> GrantedOn:
        """The actions that are granted and what on, remembered: a back-test asks again."""
        found = self._known.get(policies)
        if found is None:  # any number of threads may ask: none of them looks into the table twice
            found = dict(self._granted_actions(policies))
            self._known.clear()
            self._known[policies] = found
        return found

    def _granted_actions(self, policies: Sequence[Policy]) -> Iterator[tuple[str, tuple[On, ...]]]:
        """The actions of the catalog that a statement allows, and none denies on everything; and those written out that
        it does not know.
        """
        allowing = [each for policy in policies for each in policy.statements if each.effect is Effect.ALLOW]
        denying = [each for policy in policies for each in policy.statements if _denies_all(each)]
        together = cache(lambda places: tuple(sorted({on for place in places for on in _on(allowing[place])})))
        for prefix, names in self._names(allowing):
            near = [place for place, each in enumerate(allowing) if _may_be_of(each, prefix)]
            for name in names if near else ():
                places = tuple(place for place in near if is_about(allowing[place], name))
                if places and not any(is_about(each, name) for each in denying):
                    yield name, together(places)

    def _names(self, allowing: Iterable[Statement]) -> Iterator[tuple[str, Iterable[str]]]:
        """Actions by service: those of the catalog, then those that statements write out and it does not know."""
        for prefix in self.catalog.prefixes():
            yield prefix, self._names_of(prefix)
        written = {each for statement in allowing for each in statement.actions if not set(each) & set("*?")}
        for name in sorted(each for each in written if ":" in each and self.catalog.action(each) is None):
            yield name.partition(":")[0], (name,)

    def _of_unknown_services(self, policies: Sequence[Policy]) -> Iterator[str]:
        """What is granted by patterns of actions whose services the catalog does not know."""
        statements = (each for policy in policies for each in policy.statements if each.effect is Effect.ALLOW)
        patterns = {each for statement in statements for each in statement.actions if set(each) & set("*?")}
        services = {each: each.partition(":")[0] for each in patterns}
        plain = {each: service for each, service in services.items() if not set(service) & set("*?")}
        if found := sorted(each for each, service in plain.items() if self.catalog.service(service) is None):
            yield (
                f"granted now and not kept, since the catalog does not know the service: {', '.join(found)}; "
                "refresh the catalog, or keep the statement beside"
            )

    def _names_of(self, prefix: str) -> Iterator[str]:
        service = self.catalog.service(prefix)
        yield from (each.full_name for each in service.actions.values()) if service else ()

    def _kept(
        self,
        hidden: Mapping[str, str],
        look: _Look,
        granted: Granted | None,
        choice: UnobservableChoice,
    ) -> Iterator[_Row]:
        shown = look.shown
        named = _names_in(granted.policies) if granted is not None else frozenset[str]()
        for action, why in hidden.items():
            sign = self._sign(action, why, shown, named)
            if not sign:
                uses = action.partition(":")[0].lower() in shown.services
                yield _Row(action, why, _NOT_NAMED if uses else _NO_SIGN)
            elif choice is UnobservableChoice.DROP:
                yield _Row(action, why, _DROPPED)
            elif granted is None:
                yield _Row(action, why, sign)
            else:
                definition = self.catalog.action(action)
                level = AccessLevel.WRITE if definition is None else definition.access_level
                reason = Reason(ReasonKind.UNOBSERVABLE, NO_OPERATION, "", f"{why}; {sign}")
                held = granted.kept(action, level, reason)
                found = tuple(self._unseen(held.needs, why, look))
                yield _Row(action, why, sign if found else _CANNOT, found, held.lost)

    def _unseen(self, needs: Iterable[Need], why: str, look: _Look) -> Iterator[Need]:
        """Those on whose resources calls could not have been seen."""
        for need in needs:
            if why in _WHEREVER or any(self._why_on(need.action, on, look) for on in _kept_on(need)):
                yield need

    def _sign(self, action: str, why: str, shown: Shown, named: Collection[str]) -> str:
        """What says that an action may be in use; empty for nothing.

        Of one that no API call shows, or of which it is not known whether the trail would, as of one that changes
        permissions, only that somebody wrote its name.
        """
        service = action.split(":", 1)[0]
        if not shown.days:  # a policy that rests on nothing is none
            return ""
        if why in (Hidden.NOT_KNOWN, Hidden.UNDETERMINED):
            return "the principal called it"
        if action.lower() in named:
            return "the current policies name it"
        uses, names = service.lower() in shown.services, why not in _OF_ALL and f"{service.lower()}:*" in named
        if why == Hidden.PERHAPS_DATA:
            uses = uses and names
            names = any(_is_like(pattern, action) for pattern in named)
        if why == Hidden.NO_OPERATION or not (uses or names):
            return ""
        definition = self.catalog.action(action)
        if definition is None or definition.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
            return ""
        return "the principal uses the service" if uses else "the current policies name the service"


def without_kept(report: BlindSpots, gone: Collection[str], why_not: str) -> BlindSpots:
    """The report, where these actions were to be kept and could not be in the end."""
    groups: list[Group] = []
    for group in report.unobservable:
        lost = tuple(each for each in group.actions if group.is_kept and each in gone)
        left = tuple(each for each in group.actions if each not in lost)
        groups += [replace(group, actions=left)] if left else ()
        groups += [replace(group, is_kept=False, detail=why_not, actions=lost)] if lost else ()
    return replace(report, unobservable=tuple(sorted(groups)))


def keep_list(rows: Iterable[KeepRow], granted: Granted | None, catalog: Catalog) -> Iterator[Need | str]:
    """What a keep list asks for, as far as it is granted now; in words what it cannot give."""
    for row in rows:
        actions = list(_actions_of(row.action, catalog))
        if not actions:
            yield f"keep list: the catalog has no action `{row.action}`"
        elif granted is None:
            yield f"keep list: `{row.action}` cannot be kept without the current policies: give --current"
        found = 0
        for action, level in actions if granted is not None else ():
            assert granted is not None  # noqa: S101  # the loop is empty else
            held = granted.kept(action, level, Reason(ReasonKind.KEEP_LIST, NO_OPERATION, "", row.reason))
            found += len(held.needs)
            yield from held.needs
            yield from held.lost
        if granted is not None and actions and not found:
            yield f"keep list: the current policies do not grant `{row.action}`"


def _actions_of(pattern: str, catalog: Catalog) -> Iterator[tuple[str, AccessLevel]]:
    prefix, _, name = pattern.partition(":")
    service = catalog.service(prefix)
    if service is None:
        return
    parsed = parse_pattern(name.lower(), variables=False)
    for each in service.actions.values():
        if parsed.matches(each.name.lower()):
            yield each.full_name, each.access_level


def _on(statement: Statement) -> list[On]:
    conditions = _about_regions(statement.conditions)
    return [On(pattern, conditions) for pattern in statement.resources or ("*",)]


def _kept_on(need: Need) -> list[On]:
    """What a need is on that was made of a current statement."""
    conditions = _about_regions(need.conditions)
    return [On(pattern, conditions) for pattern in need.patterns]


_OF_REGION = ("aws:RequestedRegion", "ec2:Region")
_LOWERED = tuple(map(str.lower, _OF_REGION))


def _about_regions(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(each for each in conditions if each.key.lower() in _LOWERED)


def _regions_in(on: On, look: _Look) -> frozenset[str]:
    if (known := look.regions.get(on)) is None:
        known = look.regions[on] = _regions_of(on, look.shown)
    return known


def _regions_of(on: On, shown: Shown) -> frozenset[str]:
    """The Regions of the resources, or that the conditions name where the pattern does not; an empty one for any.

    A bucket, whose ARN names no Region, is where the trail shows it: its events are logged in its own Region.
    """
    if (seen := shown.resources.get(on.pattern.partition("/")[0])) is not None:
        return seen
    region = _region_of(on.pattern)
    return frozenset({region} if region else _asked_regions(on.conditions))


def _asked_regions(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """The Regions that a condition asks for; an empty one where none does, or one by a pattern.

    It asks for some where it is about texts and one that there is not does not meet it.
    """
    asked = (each for each in conditions if "string" in each.operator.lower())
    naming = next((each for each in asked if holds(each, _in("nowhere")) is Truth.NO), None)
    return tuple("" if set(each) & set("*?$") else each for each in naming.values) if naming else ("",)


def _files_in(on: On, look: _Look, files: Files) -> frozenset[str]:
    """The Regions, of those of the files, in which something may be used."""
    if (known := look.files.get(on)) is None:
        seen = look.shown.resources.get(on.pattern.partition("/")[0], files.regions)
        known = look.files[on] = frozenset(each for each in seen if _may_be_in(on, each))
    return known


def _may_be_in(on: On, region: str) -> bool:
    """Whether neither the resources nor the conditions are about other Regions only."""
    parts = on.pattern.split(":", 5)
    written = parts[3] if len(parts) > 3 else ""  # the Region of an ARN
    is_there = not written or "$" in written or parse_pattern(written, variables=False).matches(region)
    return is_there and all(holds(each, _in(region)) is not Truth.NO for each in on.conditions)


@cache
def _in(region: str) -> Context:
    return Context.of(dict.fromkeys(_OF_REGION, (region,)))


def _is_covered(pattern: str, action: str, shown: Shown) -> bool:
    """Whether the proposal grants it for what was seen."""
    return any(matches(each, pattern) for each in shown.patterns.get(action.lower(), ()))


def _is_like(pattern: str, action: str) -> bool:
    """Whether a pattern of actions, in lower case, that says more than the service is about the action."""
    is_narrow = "*" in pattern and not pattern.endswith(":*")
    return is_narrow and parse_pattern(pattern, variables=False).matches(action.lower())


def _names_one(pattern: str) -> bool:
    """Whether a pattern has something of a resource's name: not so `*`, nor `arn:aws:s3:::*/*`."""
    return bool(pattern.split(":", 5)[-1].strip("*/:?"))  # what is behind the place of an ARN


_OF_ALL = (Hidden.TOO_LITTLE, Hidden.TOO_YOUNG)
"""Reasons that hold for every action."""

_WHEREVER = (Hidden.NOT_KNOWN, Hidden.UNDETERMINED, Hidden.WITNESSED, Hidden.NO_SUCH_ACTION)
"""Reasons that hold for every resource."""

_NO_OTHER = "the current policies name no other resource"
_NO_SIGN = "nothing says that it is in use"
_NOT_NAMED = "the principal uses the service, but nobody wrote the action out"
_BY_NAME = "it is in use, and the current policies name these resources"
_DROPPED = "dropped, as chosen"
_CANNOT = "it is denied, or cannot be kept as it is granted"


def _grouped(rows: Iterable[_Row]) -> list[Group]:
    """Actions of a service that are alike, together."""
    groups: dict[tuple[str, str, bool, str], list[str]] = {}
    for each in rows:
        key = each.action.split(":", 1)[0], each.why, bool(each.needs), each.detail
        groups.setdefault(key, []).append(each.action)
    return sorted(Group(*key, tuple(sorted(found))) for key, found in groups.items())


def _region_of(resource: str) -> str:
    """The Region of an ARN; empty where it names none, or a pattern of some."""
    parts = resource.split(":", 5)
    found = parts[3] if len(parts) > 3 else ""  # the Region of an ARN
    return "" if set(found) & set("*?$") else found


def _denies_all(statement: Statement) -> bool:
    return statement.effect is Effect.DENY and "*" in statement.resources and not statement.conditions


def _may_be_of(statement: Statement, prefix: str) -> bool:
    """Whether it may be about actions of a service."""
    services = (each.partition(":")[0].lower() for each in statement.actions)
    return not statement.actions or any(
        parse_pattern(each, variables=False).matches(prefix.lower()) for each in services
    )


def _names_in(policies: Sequence[Policy]) -> frozenset[str]:
    """What Allow statements name in lower case: actions, patterns, and `service:*` for a pattern within a service."""
    found: set[str] = set()
    statements = (each for policy in policies for each in policy.statements if each.effect is Effect.ALLOW)
    for each in (action.lower() for statement in statements for action in statement.actions):
        service, _, name = each.partition(":")
        if not set(each) & set("*?"):
            found.add(each)
        elif name and not set(service) & set("*?"):
            found |= {f"{service}:*", each}
    return frozenset(found)


def _by_service(actions: Iterable[str], shown: Shown, granted: Granted | None) -> Iterator[Unused]:
    found: dict[str, list[str]] = {}
    for action in sorted(actions):
        found.setdefault(action.split(":", 1)[0], []).append(action)
    named = {each.partition(":")[0] for each in (_names_in(granted.policies) if granted is not None else ())}
    for service, each in sorted(found.items()):
        is_told = service.lower() in named | shown.services
        yield Unused(service, len(each), tuple(each) if is_told else ())


def _gaps(days: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Spans without an event between days that have some, both ends included."""
    for earlier, later in pairwise(days):
        first, last = date.fromisoformat(earlier).toordinal() + 1, date.fromisoformat(later).toordinal() - 1
        if first <= last:
            yield date.fromordinal(first).isoformat(), date.fromordinal(last).isoformat()


def _span(days: Sequence[str]) -> int:
    return (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1 if days else 0


def _is_patchy(shown: Shown) -> bool:
    """Whether the evidence is of less of the window asked for than may be missing, its ends included."""
    if not shown.days:
        return True
    first, last = shown.asked[0] or shown.days[0], shown.asked[1] or shown.days[-1]
    window = _span((min(first, shown.days[0]), max(last, shown.days[-1])))
    hours = (window - len(shown.days)) * HOURS + _quiet_hours(shown)
    return hours / (window * HOURS) >= GAP_SHARE


def _of_all(shown: Shown) -> Hidden | None:
    """Why nothing at all can be called unused; None where something can."""
    if _is_patchy(shown):
        return Hidden.TOO_LITTLE
    return Hidden.TOO_YOUNG if _is_too_young(shown) else None


def _first(whys: Iterable[Hidden | None]) -> Hidden | None:
    """The one that comes first among all reasons; None without any."""
    return min((each for each in whys if each is not None), key=_PLACES.__getitem__, default=None)


_PLACES = {each: place for place, each in enumerate(Hidden)}


def _is_too_young(shown: Shown) -> bool:
    """Whether the principal was there for a small part of the window only."""
    first, last = shown.asked[0] or shown.days[0], shown.asked[1] or shown.days[-1]
    if not first < shown.created <= last:
        return False
    return _span((shown.created, last)) / _span((first, last)) < YOUNG_SHARE


def _lost(rows: Iterable[_Row]) -> Iterator[str]:
    """What could not have been seen, may be in use, and cannot be kept as it is granted now."""
    lost = sorted({each for row in rows for each in row.lost})
    if lost:
        more = f"; and {len(lost) - _TOLD:,} more" if lost[_TOLD:] else ""
        yield f"could not have been seen, may be in use, and cannot be kept: {'; '.join(lost[:_TOLD])}{more}"


_TOLD = 5


def _denied(unused: Collection[str], shown: Shown) -> Iterator[str]:
    if tried := sorted(each for each in unused if each.lower() in shown.denied):
        yield f"granted now and not used, though it was tried and denied: {', '.join(tried)}"


def _quiet_hours(shown: Shown) -> int:
    return sum(each.count for each in shown.quiet)


def _notes(shown: Shown, gaps: Sequence[tuple[str, str]]) -> Iterator[str]:
    if not shown.days:
        yield "the trail has no event of anybody in the window: nothing can be called unused, and nothing is kept"
        return
    first, last = shown.days[0], shown.days[-1]
    if missing := _span(shown.days) - len(shown.days):
        spans = ", ".join(each if each == to else f"{each} to {to}" for each, to in gaps[:5])
        told = f"{spans}{', ...' if gaps[5:] else ''}"
        yield f"the trail has no event of anybody on {_days(missing)} of the window: {told}"
    if shown.quiet:
        spans = ", ".join(f"{each.first} to {each.end}" for each in shown.quiet[:5])
        told = f"{spans}{', ...' if shown.quiet[5:] else ''}"
        hours = f"{_quiet_hours(shown)} hours that are busy on nearly all days"
        yield f"the trail has no event of anybody in {hours}: {told}"
    yield from _ends(shown, first, last)
    for region, stretches in sorted((shown.files.holes if shown.files is not None else {}).items()):
        spans = ", ".join(f"{begin} to {end}" for begin, end in stretches)
        of = f"Region {region}" if region else "the principal's account"
        yield f"there is no file of {of} from {spans}, though there are some of other days"
    if _span(shown.days) < YOUNG_DAYS:
        yield f"the evidence covers {_days(_span(shown.days))}: what is done once a quarter may not be in it"


def _ends(shown: Shown, first: str, last: str) -> Iterator[str]:
    """What the evidence, from its first day to its last, does not reach."""
    if shown.asked[0] and shown.asked[0] < first:
        yield f"the window begins on {shown.asked[0]}, and the trail's first event in it is of {first}"
    if shown.asked[1] and shown.asked[1] > last:
        yield f"the window ends on {shown.asked[1]}, and the trail's last event in it is of {last}"
    if shown.files is not None and not shown.files.has_account:
        yield "no file is of the principal's account: what it did there is not in the trail"
    if shown.created > first:
        yield f"the principal was created on {shown.created}, within the window: the days before show nothing of it"


def _days(count: int) -> str:
    return "one day" if count == 1 else f"{count} days"
