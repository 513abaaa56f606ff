"""What the trail does not show, put beside what it does: last accessed data, blind spots, the reviewer's keep list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from catalog.model import Catalog
from service.core.actions import Fate, Findings, Need, ReasonKind
from service.core.activity.activity import Used
from service.core.beside import Beside
from service.core.days import Window
from service.core.granted import Granted
from service.core.trail.delivered import UNSAID, holes
from service.core.unseen.blind_spots import Examiner
from service.core.unseen.coverage import Files, Shown
from service.core.unseen.keep_list import keep_list
from service.core.unseen.last_accessed import Settled, Testimony, Trail, kept, testimony
from service.core.unseen.logged import Hidden, Logged, together
from service.core.unseen.report import BlindSpots
from service.usecases.reading import Reading


@dataclass(frozen=True, slots=True)
class Unseen:
    """What is said of it, and the needs that are kept for it; none of them is in another twice."""

    needs: tuple[Need, ...]
    testimony: Testimony | None
    blind_spots: BlindSpots
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Beholder:
    """Looks for what the trail does not show, with one catalog."""

    catalog: Catalog
    examiner: Examiner

    def looked(  # what a proposal is made of
        self,
        reading: Reading,
        window: Window,
        beside: Beside,
        findings: Findings,
        used: Used,
        granted: Granted | None,
        principal_arn: str,
    ) -> Unseen:
        """What the trail does not show of a principal."""
        actions = frozenset(need.action for need in findings.needs)
        logged, notes = _logged(reading, beside.witnesses.trails, _account_of(principal_arn))
        days = reading.spans.days(window)
        shown_events = frozenset(need.action for need in findings.needs if need.reason.kind in _SHOWN)
        known = self.examiner.observability.assumed(shown_events) if logged is None else logged

        def hidden(action: str) -> str:
            why = self.examiner.observability.hidden(action, known)
            return why.value if why else ""

        said: Testimony | None = None
        extra: list[Need | str] = []
        if (given := beside.witnesses.last_accessed) is not None:
            covered = Window(days[0], days[-1]) if days else Window()
            regions = {call.region for call in used.usage}
            trail = Trail(
                actions, covered, regions, hidden, _denied(findings), self._granted(granted), _last_seen(findings)
            )
            said = testimony(given, trail, self.catalog, principal_arn)
            extra += kept(said, granted, self.catalog)
            notes += said.notes
        services = frozenset(each.split(":", 1)[0].lower() for each in actions) | (
            said.accessed if said else frozenset()
        )
        created = beside.current.created if beside.current else ""
        quiet = reading.spans.quiet(window)
        placeless = _placeless(findings, used)
        shown = Shown(
            actions,
            days,
            (window.first, window.last),
            services,
            created,
            quiet,
            placeless,
            shown_events,
            _accessed(said),
            _files(reading, used, _account_of(principal_arn), window),
            _tried(findings),
            frozenset(_denied(findings)),
            _witnessed(said, days),
            _patterns(findings),
        )
        if logged is not None:
            notes += _against_the_settings(shown_events, hidden)
        if granted is not None and UNSAID in reading.delivered and len(reading.delivered) > 1:
            notes.append(_SOME_UNSAID)
        blind = self.examiner.examined(shown, logged, granted, beside.choices.unobservable)
        extra += keep_list(beside.witnesses.keep, granted, self.catalog)
        extra += blind.needs
        needs = tuple(_first_of_each(each for each in extra if isinstance(each, Need)))
        notes += [*blind.report.notes, *(each for each in extra if isinstance(each, str))]
        return Unseen(needs, said, blind.report, tuple(dict.fromkeys(notes)))

    def _granted(self, granted: Granted | None) -> frozenset[str] | None:
        if granted is None:
            return None
        return frozenset(each.lower() for each in self.examiner.granted_actions(granted.policies))


_SHOWN = frozenset({ReasonKind.OBSERVED, ReasonKind.FORWARDED})
"""Reasons of what an event of the action itself shows."""


def _first_of_each(needs: Iterable[Need]) -> Iterator[Need]:
    """Of needs for the same thing, the one with the first reason."""
    seen: set[tuple[str, tuple[str, ...], object]] = set()
    for need in needs:
        key = need.action, need.patterns, need.conditions
        if key not in seen:
            seen.add(key)
            yield need


def _accessed(said: Testimony | None) -> frozenset[str]:
    """Actions, in lower case, that were accessed though the trail does not show it."""
    found = said.witnessed if said else ()
    return frozenset(each.name.lower() for each in found if each.settled is Settled.ACCESSED and ":" in each.name)


def _tried(findings: Findings) -> dict[str, Hidden]:
    """Actions, in lower case, of which there are calls that bring no permission and were not denied."""
    found: dict[str, Hidden] = {}
    for fate, why in ((Fate.UNDETERMINED, Hidden.UNDETERMINED), (Fate.UNRESOLVED, Hidden.NOT_KNOWN)):
        left = (each for each in findings.leftovers if each.fate is fate)
        found |= {action.lower(): why for each in left for action in each.actions}
    return found


def _witnessed(said: Testimony | None, days: Sequence[str]) -> frozenset[str]:
    """The services, in lower case, of which the other witness says that they were used since the days began, and not by
    what; and the trail does not show it. An action explains the last use of its service if it was used as late.
    """
    told = said.witnessed if said and days else ()
    by_action: dict[str, str] = {}
    for each in told:
        service, _, name = each.name.partition(":")
        if name and each.settled in _USED:
            by_action[service] = max(each.last, by_action.get(service, ""))
    return frozenset(
        each.name.lower()
        for each in told
        if each.settled is Settled.ACCESSED
        and days[0] <= each.last[:10]
        and by_action.get(each.name, "")[:10] < each.last[:10]
    )


_USED = (Settled.OBSERVED, Settled.ACCESSED)


def _last_seen(findings: Findings) -> dict[str, str]:
    """When the trail last shows anything of each service, in lower case; empty where no event has a time."""
    found: dict[str, str] = {}
    for places in (findings.needs, findings.leftovers):
        for each, calls in places.items():
            actions = (each.action,) if isinstance(each, Need) else each.actions
            last = findings.evidence_of(calls).last_seen
            for service in {action.partition(":")[0].lower() for action in actions}:
                found[service] = max(last, found.get(service, ""))
    return found


def _patterns(findings: Findings) -> dict[str, frozenset[str]]:
    """What was seen of each action, in lower case, as the policies will have it."""
    found: dict[str, set[str]] = {}
    for need in findings.needs:
        found.setdefault(need.action.lower(), set()).update(need.patterns)
    return {action: frozenset(each) for action, each in found.items()}


def _against_the_settings(seen: Iterable[str], hidden: Callable[[str], str]) -> Iterator[str]:
    """What the trail shows though its settings say that it cannot."""
    by_why: dict[str, list[str]] = {}
    for action in sorted(seen):
        if (why := hidden(action)) and why not in (Hidden.PARTLY_LOGGED, Hidden.PERHAPS_DATA):
            by_why.setdefault(why, []).append(action)
    for why, actions in sorted(by_why.items()):
        yield (
            f"the files have events of {_some(actions)}, which the settings leave out ({why}): "
            "are they of another trail, or were they changed?"
        )


def _some(names: Sequence[str]) -> str:
    return f"{', '.join(names[:_SOME])}{f' and {len(names) - _SOME} more' if len(names) > _SOME else ''}"


_SOME = 5
_SOME_UNSAID = (
    "the names of some files do not say of which account and Region they are: "
    "where files are missing is not known, and nothing is concluded from it"
)


def _denied(findings: Findings) -> dict[str, str]:
    """When each action, in lower case, was last denied."""
    found: dict[str, str] = {}
    for leftover, calls in findings.leftovers.items():
        last = findings.evidence_of(calls).last_seen if leftover.fate is Fate.DENIED else ""
        for action in leftover.actions:
            found[action.lower()] = max(last, found.get(action.lower(), ""))
    return found


def _account_of(arn: str) -> str:
    """The account of an ARN; empty where it names none."""
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""  # partition, service, Region, account


def _files(reading: Reading, used: Used, account: str, window: Window) -> Files | None:
    """Of what there are files; None where that is not said of all of them, or the account is not known."""
    if not account or not reading.delivered or UNSAID in reading.delivered:
        return None
    own = [each for each in reading.delivered if each.account == account]
    regions = {each.region for each in own}
    days = reading.spans.days(window)
    ends = (window.first or days[0], window.last or days[-1]) if days else None
    found = {each: holes(own, account, each, *ends) for each in ("", *sorted(regions))} if ends else {}
    stretches = {region: stretch for region, stretch in found.items() if stretch}
    if "" in stretches:
        stretches = {"": stretches[""]}
    return Files(frozenset(regions | {call.region for call in used.usage} - {""}), bool(regions), stretches)


def _placeless(findings: Findings, used: Used) -> dict[str, frozenset[str]]:
    """The Regions of the calls on resources whose ARNs name none, by their heads."""
    regions = [call.region for call in used.usage]
    found: dict[str, set[str]] = {}
    for need, places in findings.needs.items():
        if ":::" in need.request:
            found.setdefault(_head(need.request), set()).update(regions[place] for place in places)
    return {head: frozenset(each - {""}) for head, each in found.items() if each - {""}}


def _head(arn: str) -> str:
    """`arn:aws:s3:::data/in/a.csv` -> `arn:aws:s3:::data`."""
    return arn.partition("/")[0]


def _logged(reading: Reading, trails: tuple[Logged, ...] | None, account: str) -> tuple[Logged | None, list[str]]:
    """What the trails of the principal's account together log, as far as the files can be from them, and what to say of
    the others: what another account's trail logs does not show what this one's principals do.
    """
    if trails is None:
        return None, []
    accounts = {each.account for each in reading.principals()}
    own = {account} & accounts if account else accounts
    ours = [each for each in trails if not each.account or each.account in own]
    notes = [
        f"the settings of {each.name or 'a trail'} are not used: "
        + (
            f"no event of account {each.account} is in the files"
            if each.account not in accounts
            else f"it is of account {each.account}, and the principal of {account}"
        )
        + "; if it is an organization's, give what `aws cloudtrail describe-trails` answers, too"
        for each in trails
        if each not in ours
    ]
    notes += [
        f"{each.name or 'a trail'} logs {', '.join(sorted(each.regions))} only: "
        "what was done in other Regions is not in it"
        for each in ours
        if each.regions
    ]
    return (replace(together(ours), trails=tuple(ours)) if ours else None), notes
