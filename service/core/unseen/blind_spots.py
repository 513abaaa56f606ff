"""What the evidence could not show, computed: of each action granted now, whether it is used, unused or neither.

An action that no event could have shown is not called unused. It is kept where something says that it may be in use:
the principal uses the service, or the current policies name the action or the service (ADR 5).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from catalog.model import AccessLevel, Catalog
from service.core.actions import NO_OPERATION, Need, Reason, ReasonKind
from service.core.activity.spans import HOURS, Quiet
from service.core.choices import UnobservableChoice
from service.core.granted import Granted
from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.shortfall import is_about
from service.core.iam.truth import Truth
from service.core.unseen.logged import Hidden, Logged, Observability

GAP_SHARE = 0.1
"""From this share of days without any event on, the evidence is not of the whole window, and nothing is unused."""

YOUNG_DAYS = 90
"""Evidence of fewer days than this may lack what is done once a quarter."""

MANY = "so much of the window is without any event that nothing can be called unused"


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
    principal was created, empty where that is not known, the hours that were quiet, and the resources that it was seen
    using and whose ARNs name no Region, each up to its first `/`; `logged` are the actions of which it shows
    events, `accessed` those, in lower case, that were used by the other witness alone; `files` is None where the names
    of the files do not say whose they are.
    """

    actions: frozenset[str]
    days: Sequence[str]
    asked: tuple[str, str]
    services: frozenset[str]
    created: str = ""
    quiet: Sequence[Quiet] = ()
    resources: frozenset[str] = frozenset()
    logged: frozenset[str] = frozenset()
    accessed: frozenset[str] = frozenset()
    files: Files | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """The Regions of which there are files of the principal's account, or events of its own; and whether there are
    files of its account at all.
    """

    regions: frozenset[str]
    has_account: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """The report, and what is kept for it."""

    report: BlindSpots
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """An action that could not be seen, why, and what is kept for it or why nothing is."""

    action: str
    why: str
    detail: str
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Examiner:
    """Looks for blind spots with one catalog and one table of what can be seen."""

    catalog: Catalog
    observability: Observability
    _known: dict[tuple[Policy, ...], tuple[str, ...]] = field(default_factory=dict, compare=False)

    def examined(
        self, shown: Shown, logged: Logged | None, granted: Granted | None, choice: UnobservableChoice
    ) -> Found:
        """What could not be seen. `logged` is None where the trail's settings are not given."""
        known = self.observability.assumed(shown.logged) if logged is None else logged
        gaps = tuple(_gaps(shown.days))
        notes = [*_notes(shown, gaps)]
        used, unused, hidden = self._told_apart(shown, known, granted) if granted is not None else (set(), set(), {})
        rows = [*self._kept(hidden, shown, granted, choice)]
        rows += self._on_others(used, known, granted, choice) if granted is not None else ()
        groups = _grouped(rows)
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

    def _told_apart(self, shown: Shown, known: Logged, granted: Granted) -> tuple[set[str], set[str], dict[str, str]]:
        """What is granted: used, unused, and why the rest could not be seen; less what the other witness alone has."""
        used, unused, hidden = set[str](), set[str](), dict[str, str]()
        lowered = {each.lower() for each in shown.actions}
        hidden_by, patchy = self.observability.hidden_by(known), _is_patchy(shown)
        for action in self._granted(granted.policies):
            if action.lower() in lowered:
                used.add(action)
            elif action.lower() in shown.accessed:
                continue
            elif (why := hidden_by(action)) is not None and not self._is_logged(action, why, known, granted):
                hidden[action] = why.value
            elif (reason := self._elsewhere(action, known, granted, shown)) is not None:
                hidden[action] = reason.value
            elif patchy:
                hidden[action] = MANY
            else:
                unused.add(action)
        return used, unused, hidden

    def _is_logged(self, action: str, why: Hidden, known: Logged, granted: Granted) -> bool:
        """Whether all of the resources on which an action is granted are among those of which its calls are logged."""
        granted_on = _resources_of(action, granted) if why is Hidden.PARTLY_LOGGED else frozenset[str]()
        return bool(granted_on) and all(self.observability.is_logged_on(action, known, each) for each in granted_on)

    def _on_others(
        self, used: Iterable[str], known: Logged, granted: Granted, choice: UnobservableChoice
    ) -> Iterator[_Row]:
        """Of actions that were seen, though only their calls on some resources could be: what the current policies
        grant by name beside these.
        """
        hidden_by, named = self.observability.hidden_by(known), _names_in(granted.policies)
        for action in sorted(used):
            why, definition = hidden_by(action), self.catalog.action(action)
            if why is not Hidden.PARTLY_LOGGED or definition is None or self._is_logged(action, why, known, granted):
                continue
            if definition.access_level is AccessLevel.PERMISSIONS_MANAGEMENT and action.lower() not in named:
                yield _Row(action, why.value, "it changes permissions, and the current policies do not name it")
                continue
            reason = Reason(ReasonKind.UNOBSERVABLE, NO_OPERATION, "", f"{why.value}; {_BY_NAME}")
            found = [
                each
                for each in granted.kept(action, definition.access_level, reason).needs
                if not any(self._is_no_other(action, known, text) for text in each.patterns)
            ]
            if not found:
                yield _Row(action, why.value, "the current policies name no other resource")
            elif choice is UnobservableChoice.DROP:
                yield _Row(action, why.value, _DROPPED)
            else:
                yield _Row(action, why.value, _BY_NAME, tuple(found))

    def _is_no_other(self, action: str, known: Logged, pattern: str) -> bool:
        """Whether a pattern names no resource, or one on which calls would have been seen."""
        return not _names_one(pattern) or self.observability.is_logged_on(action, known, pattern)

    def _elsewhere(self, action: str, known: Logged, granted: Granted, shown: Shown) -> Hidden | None:
        """Why it may have been used where the files show nothing; None where it could not."""
        files = shown.files
        if files is not None and not files.has_account:
            return Hidden.NO_FILE_OF_ACCOUNT
        regions = _regions_of(action, granted, shown) if known.regions or files is not None else frozenset[str]()
        if self.observability.is_elsewhere(action, known, regions):
            return Hidden.OTHER_REGIONS
        if files is None or (known.has_global and self.observability.has_home(action)):
            return None
        return Hidden.NO_FILE if self.observability.is_undelivered(action, files.regions, regions) else None

    def _granted(self, policies: tuple[Policy, ...]) -> tuple[str, ...]:
        """The actions that are granted, remembered: a back-test asks again."""
        found = self._known.get(policies)
        if found is None:  # any number of threads may ask: none of them looks into the table twice
            found = tuple(self._granted_actions(policies))
            self._known.clear()
            self._known[policies] = found
        return found

    def _granted_actions(self, policies: Sequence[Policy]) -> Iterator[str]:
        """The actions of the catalog that a statement allows, and none denies on everything."""
        allowing = [each for policy in policies for each in policy.statements if each.effect is Effect.ALLOW]
        denying = [each for policy in policies for each in policy.statements if _denies_all(each)]
        for prefix in self.catalog.prefixes():
            near = [each for each in allowing if _may_be_of(each, prefix)]
            service = self.catalog.service(prefix) if near else None
            for definition in service.actions.values() if service else ():
                name = definition.full_name
                allowed = any(is_about(each, name) for each in near)
                if allowed and not any(is_about(each, name) for each in denying):
                    yield name

    def _kept(
        self, hidden: Mapping[str, str], shown: Shown, granted: Granted | None, choice: UnobservableChoice
    ) -> Iterator[_Row]:
        named = _names_in(granted.policies) if granted is not None else frozenset[str]()
        for action, why in hidden.items():
            sign = self._sign(action, why, shown, named)
            if not sign:
                yield _Row(action, why, "nothing says that it is in use")
            elif choice is UnobservableChoice.DROP:
                yield _Row(action, why, _DROPPED)
            elif granted is None or (definition := self.catalog.action(action)) is None:
                yield _Row(action, why, sign)
            else:
                reason = Reason(ReasonKind.UNOBSERVABLE, NO_OPERATION, "", f"{why}; {sign}")
                found = tuple(granted.kept(action, definition.access_level, reason).needs)
                yield _Row(action, why, sign if found else _CANNOT, found)

    def _sign(self, action: str, why: str, shown: Shown, named: Collection[str]) -> str:
        """What says that an action may be in use; empty for nothing.

        Of one that no API call shows, or of which it is not known whether the trail would, as of one that changes
        permissions, only that somebody wrote its name.
        """
        service = action.split(":", 1)[0]
        if not shown.days:  # a policy that rests on nothing is none
            return ""
        if action.lower() in named:
            return "the current policies name it"
        uses, names = service.lower() in shown.services, why != MANY and f"{service.lower()}:*" in named
        if why in (Hidden.NO_OPERATION, Hidden.PERHAPS_DATA) or not (uses or names):
            return ""
        definition = self.catalog.action(action)
        if definition is None or definition.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
            return ""
        return "the principal uses the service" if uses else "the current policies name the service"


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


def _regions_of(action: str, granted: Granted, shown: Shown) -> frozenset[str]:
    """The Regions of the resources on which an action is granted, or that the conditions name beside those without one;
    an empty one for any.

    A bucket, whose ARN names no Region, is where the trail shows it: its events are logged in its own Region.
    """
    found: set[str] = set()
    for statement in _granting(action, granted):
        elsewhere = (each for each in _resources_in(statement) if each.partition("/")[0] not in shown.resources)
        for region in map(_region_of, elsewhere):
            found |= {region} if region else _asked_regions(statement)
    return frozenset(found)


def _asked_regions(statement: Statement) -> set[str]:
    """The Regions that a condition asks for; an empty one where none does, or one by a pattern.

    It asks for some where one that there is not does not meet it.
    """
    asked = (each for each in statement.conditions if each.key.lower() == "aws:requestedregion")
    naming = next((each for each in asked if holds(each, _NOWHERE) is Truth.NO), None)
    return {""} if naming is None else {"" if set(each) & set("*?$") else each for each in naming.values}


_NOWHERE = Context.of({"aws:RequestedRegion": ("nowhere",)})


def _resources_of(action: str, granted: Granted) -> frozenset[str]:
    """The patterns on which an action is granted."""
    return frozenset(resource for each in _granting(action, granted) for resource in _resources_in(each))


def _resources_in(statement: Statement) -> tuple[str, ...]:
    return statement.resources or ("*",)


def _granting(action: str, granted: Granted) -> Iterator[Statement]:
    """The statements that allow an action."""
    service = action.split(":", 1)[0]
    for policy in granted.policies:
        for each in policy.statements:
            if each.effect is Effect.ALLOW and _may_be_of(each, service) and is_about(each, action):
                yield each


def _names_one(pattern: str) -> bool:
    """Whether a pattern has something of a resource's name: not so `*`, nor `arn:aws:s3:::*/*`."""
    return bool(pattern.split(":", 5)[-1].strip("*/:?"))  # what is behind the place of an ARN


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
    """What Allow statements name: actions in lower case, and `service:*` for a pattern within a service."""
    found: set[str] = set()
    statements = (each for policy in policies for each in policy.statements if each.effect is Effect.ALLOW)
    for each in (action.lower() for statement in statements for action in statement.actions):
        service, _, name = each.partition(":")
        if not set(each) & set("*?"):
            found.add(each)
        elif name and not set(service) & set("*?"):
            found.add(f"{service}:*")
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
