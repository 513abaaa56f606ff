"""What the evidence could not show, computed: of each action granted now, whether it is used, unused or neither.

An action that no event could have shown is not called unused. It is kept where something says that it may be in use:
the principal uses the service, or the current policies name the action or the service (ADR 5).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from catalog.model import AccessLevel, Catalog
from service.core.actions import NO_OPERATION, Need, Reason, ReasonKind
from service.core.choices import UnobservableChoice
from service.core.granted import Granted
from service.core.iam.arn import matches
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.shortfall import is_about
from service.core.unseen.coverage import OF_ALL, Files, Shown, gaps_of, notes_on, why_of_all
from service.core.unseen.logged import Hidden, Logged, Observability
from service.core.unseen.places import GrantedOn, On, may_be_in, on_need, on_statement, regions_of
from service.core.unseen.report import BlindSpots, Group, Unused


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
        gaps = tuple(gaps_of(shown.days))
        notes = [*notes_on(shown, gaps)]
        look = _Look(shown, known, self.observability.hidden_by(known), why_of_all(shown))
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
        if found in (None, *OF_ALL) and action.partition(":")[0].lower() in look.shown.witnessed:
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
        return any(self._why_on_others(need.action, on, look) for on in on_need(need))

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
        together = cache(lambda places: tuple(sorted({on for place in places for on in on_statement(allowing[place])})))
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
            if why in _WHEREVER or any(self._why_on(need.action, on, look) for on in on_need(need)):
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
        uses, names = service.lower() in shown.services, why not in OF_ALL and f"{service.lower()}:*" in named
        if why == Hidden.PERHAPS_DATA:
            uses = uses and names
            names = any(_is_like(pattern, action) for pattern in named)
        if why == Hidden.NO_OPERATION or not (uses or names):
            return ""
        definition = self.catalog.action(action)
        if definition is None or definition.access_level is AccessLevel.PERMISSIONS_MANAGEMENT:
            return ""
        return "the principal uses the service" if uses else "the current policies name the service"


def _regions_in(on: On, look: _Look) -> frozenset[str]:
    if (known := look.regions.get(on)) is None:
        known = look.regions[on] = regions_of(on, look.shown)
    return known


def _files_in(on: On, look: _Look, files: Files) -> frozenset[str]:
    """The Regions, of those of the files, in which something may be used."""
    if (known := look.files.get(on)) is None:
        seen = look.shown.resources.get(on.pattern.partition("/")[0], files.regions)
        known = look.files[on] = frozenset(each for each in seen if may_be_in(on, each))
    return known


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


def _first(whys: Iterable[Hidden | None]) -> Hidden | None:
    """The one that comes first among all reasons; None without any."""
    return min((each for each in whys if each is not None), key=_PLACES.__getitem__, default=None)


_PLACES = {each: place for place, each in enumerate(Hidden)}


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
