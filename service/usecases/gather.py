"""Read a trail once and keep what principals did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from catalog.model import Operation
from service.core.days import Window
from service.core.errors import InputError, PrincipalNotFound
from service.core.events import Event, Rejected
from service.core.inputs import Inputs
from service.core.known import Known
from service.core.nearest import nearest
from service.core.principals import Principal, PrincipalQuery, asks_for, attribute
from service.core.sightings import Sightings
from service.core.usage import Keep, call_of
from service.usecases.ports import FileRead, Trail


@dataclass(slots=True)
class Gathered:
    """What a trail, or a part of it, shows. `others` counts the records of principals that were not asked for.

    `days` has the times of the first and last event of each day that has any, whoever made them; `known` is what all
    records together say of names.
    """

    by_principal: dict[Principal, Sightings] = field(default_factory=dict)
    others: Counter[Principal] = field(default_factory=Counter)
    days: dict[str, tuple[str, str]] = field(default_factory=dict)
    known: Known = field(default_factory=Known)

    @property
    def last(self) -> str:
        """The time of the trail's last event; empty without any."""
        return self.covered(Window())[1]

    def covered(self, window: Window) -> tuple[str, str]:
        """The times of the first and last event inside a window; empty without any."""
        within = [span for day, span in self.days.items() if window.holds(day)]
        return min((first for first, _ in within), default=""), max((last for _, last in within), default="")

    def add(self, event: Event, principal: Principal, wanted: bool, keep: Keep) -> None:
        """Take in one event."""
        self._span(event.time, event.time)
        self.known.learn(event, principal)
        if not wanted:
            self.others[principal] += 1
            return
        sightings = self.by_principal.setdefault(principal, Sightings())
        sightings.add(event, call_of(event, principal, keep))

    def merge(self, other: Gathered) -> None:
        """Take in what another part of the trail shows; the order of merging does not matter."""
        for first, last in other.days.values():
            self._span(first, last)
        self.others.update(other.others)
        self.known.merge(other.known)
        for principal, sightings in other.by_principal.items():
            self.by_principal.setdefault(principal, Sightings()).merge(sightings)

    def _span(self, first: str, last: str) -> None:
        if not first:
            return
        known = self.days.setdefault(first[:10], (first, last))
        if first < known[0] or last > known[1]:
            self.days[first[:10]] = (min(first, known[0]), max(last, known[1]))


@dataclass(frozen=True, slots=True)
class Reading:
    """A trail that was read: what it shows, and what was read for it."""

    gathered: Gathered
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class GatherFile:
    """The fold over one file's events: keeps the principal asked for, or every one where there is no query."""

    query: PrincipalQuery | None
    keep: Keep

    def __call__(self, events: Iterable[Event]) -> Gathered:
        gathered = Gathered()
        for event in events:
            principal = attribute(event)
            wanted = self.query is None or asks_for(self.query, principal)
            gathered.add(event, principal, wanted, self.keep)
        return gathered


def gather(
    trail: Trail,
    keep: Keep,
    query: PrincipalQuery | None = None,
    progress: Callable[[FileRead], None] | None = None,
) -> Reading:
    """Read the whole trail for one principal, or for all of them.

    Raises:
        InputError: the trail holds no event at all.
    """
    gathered, files = Gathered(), []
    for read, part in trail.fold(GatherFile(query, keep), progress):
        files.append(read)
        gathered.merge(part)
    inputs = _inputs(trail, files)
    if not inputs.events:
        raise InputError(_nothing(inputs))
    return Reading(gathered, inputs)


def keep_nothing(operation: Operation) -> frozenset[str]:
    """Keeps no request members: enough to say who is in a trail."""
    del operation
    return frozenset()


def of_query(gathered: Gathered, query: PrincipalQuery) -> tuple[Principal, Sightings]:
    """The principal that a query means, and all of its events.

    Raises:
        PrincipalNotFound: it made no call in the trail; the error names the nearest that did.
    """
    found = sorted(each for each in gathered.by_principal if asks_for(query, each))
    if not found:
        raise _not_found(gathered, query)
    principal = next((each for each in found if each.arn), found[0])
    return principal, _together([gathered.by_principal[each] for each in found])


def _together(found: list[Sightings]) -> Sightings:
    """All of them; what was gathered stays as it is, for the next question."""
    if len(found) == 1:
        return found[0]
    together = Sightings()
    for each in found:
        together.merge(each)
    return together


def _not_found(gathered: Gathered, query: PrincipalQuery) -> PrincipalNotFound:
    near = nearest(query, {*gathered.others, *gathered.by_principal})
    hint = f"; the nearest that did: {', '.join(near)}" if near else "; no role or user did"
    return PrincipalNotFound(f"`{query.text}` made no call in this trail{hint}", near)


EXAMPLES = 10
"""How many rejections are told in words; all are counted."""


def _inputs(trail: Trail, files: list[FileRead]) -> Inputs:
    listing = trail.files()
    rejected = Counter(each.reason for each in listing.rejected)
    skipped = Counter(each.kind for each in listing.skipped)
    ignored: Counter[str] = Counter()
    for read in files:
        rejected.update(read.rejected)
        skipped.update(read.skipped)
        ignored.update(read.ignored)
    examples = [*listing.rejected, *(each for read in files for each in read.examples)]
    return Inputs(
        files=len(files),
        bytes=sum(read.bytes for read in files),
        records=sum(read.records for read in files),
        events=sum(read.events for read in files),
        rejected=dict(sorted(rejected.items())),
        skipped=dict(sorted(skipped.items())),
        ignored=dict(sorted(ignored.items())),
        examples=tuple(_sentence(each) for each in examples[:EXAMPLES]),
    )


def _sentence(rejected: Rejected) -> str:
    place = f"{rejected.file}, record {rejected.record}" if rejected.record else rejected.file
    return f"{place}: {rejected.reason}" + (f" ({rejected.detail})" if rejected.detail else "")


def _nothing(inputs: Inputs) -> str:
    why = [f"{count} {reason}" for reason, count in sorted({**inputs.skipped, **inputs.rejected}.items())]
    detail = f" ({', '.join(why)})" if why else ""
    files = "one file that was" if inputs.files == 1 else f"{inputs.files} files that were"
    return f"no CloudTrail event in the {files} read{detail}: give the folder that holds the logs"
