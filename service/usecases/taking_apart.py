"""A shared role by its sessions: the trail read twice, once to see of which kinds they are, once kind by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from service.core.actions import Need
from service.core.activity.activity import Activity
from service.core.activity.folding import AnyFold, new_fold
from service.core.beside import Beside
from service.core.choices import Choices, ConditionChoice, ResourceChoice, Rung, UnobservableChoice
from service.core.days import Window, WindowAsked, resolve
from service.core.errors import InputError
from service.core.events import Batch, Event
from service.core.principals import PrincipalQuery, asks_for, attribute
from service.core.sessions import OTHERS, SessionKind, Taken, TakenApart, kind_of, taken_apart
from service.core.synthesis import Grant
from service.core.trail.framing import Scan
from service.core.usage import Keep, total
from service.usecases.gather import Gathered, TrailReading, gather
from service.usecases.making import Wanted
from service.usecases.ports import FileRead, ListedFile, Trail
from service.usecases.propose import Proposer, as_asked
from service.usecases.reading import of_query

MOST_KINDS = 20
"""So many kinds are told apart, the busiest; the others are one."""

MOST_COUNTED = 50_000
"""Of so many kinds the events are counted; of more, those that come later are others."""

Progress = Callable[[FileRead], None]


@dataclass(slots=True)
class _Counting:
    """Counts the events of a role by the kind of their session."""

    query: PrincipalQuery
    counts: Counter[SessionKind] = field(default_factory=Counter)
    scan: Scan | None = None

    def begin(self, file: ListedFile) -> None:
        del file

    def add(self, batch: Batch) -> None:
        for event in batch:
            if asks_for(self.query, attribute(event)):
                kind = kind_of(event)
                known = kind in self.counts or len(self.counts) < MOST_COUNTED
                self.counts[kind if known else OTHERS] += 1

    def end(self, read: FileRead) -> None:
        del read

    def result(self) -> Counter[SessionKind]:
        return self.counts


class _Apart:
    """Folds the events of a role, each kind of session by itself."""

    def __init__(self, keep: Keep, query: PrincipalQuery, kinds: frozenset[SessionKind]) -> None:
        self._keep, self._query, self._kinds = keep, query, kinds
        self._folds: dict[SessionKind, AnyFold] = {}
        self._gathered: dict[SessionKind, Gathered] = {}
        self._name = ""
        self.scan: Scan | None = None

    def begin(self, file: ListedFile) -> None:
        self._name = file.path or file.label
        for fold in self._folds.values():
            fold.begin_file(self._name)

    def add(self, batch: Batch) -> None:
        by_kind: dict[SessionKind, list[Event]] = {}
        for event in batch:
            if asks_for(self._query, attribute(event)):
                kind = kind_of(event)
                by_kind.setdefault(kind if kind in self._kinds else OTHERS, []).append(event)
        for kind, events in by_kind.items():
            fold = self._fold(kind)
            fold.add(events)
            if fold.is_full:
                self._take(kind)

    def _fold(self, kind: SessionKind) -> AnyFold:
        if kind not in self._folds:
            wanted = partial(asks_for, self._query)
            self._folds[kind] = new_fold(self._keep, wanted, native=False)
            self._folds[kind].begin_file(self._name)
        return self._folds[kind]

    def _take(self, kind: SessionKind) -> None:
        self._gathered.setdefault(kind, Gathered()).take(self._folds[kind].take())

    def end(self, read: FileRead) -> None:
        del read

    def result(self) -> dict[SessionKind, Gathered]:
        for kind in self._folds:
            self._take(kind)
        return self._gathered


@dataclass(frozen=True, slots=True)
class TakerApart:
    """Takes roles apart, with the maker of the proposals."""

    proposer: Proposer
    keep: Keep

    def apart(
        self,
        trail: Trail,
        query: PrincipalQuery,
        asked: WindowAsked,
        resources: ResourceChoice,
        progress: Progress | None = None,
    ) -> TakenApart:
        """The kinds of sessions behind a role.

        Raises:
            InputError: it is a user, which has no sessions of this sort, or the trail cannot be used.
            PrincipalNotFound: it made no call in the trail.
        """
        if query.is_user:
            raise InputError("a user has no sessions that differ: only a role can be taken apart")
        reading = gather(trail, self.keep, query, progress)
        principal, _ = of_query(reading, query)
        counts = _counted(trail, query)
        kinds = frozenset(kind for kind, _ in sorted(counts.items(), key=_busiest)[:MOST_KINDS] if kind != OTHERS)
        window = resolve(asked, reading.spans.covered(Window())[1])
        # without what would differ between kinds for other reasons than what they did
        beside = Beside(choices=Choices(resources, ConditionChoice.NONE, UnobservableChoice.DROP, fit=Rung.EXACT))
        wanted = Wanted(as_asked(principal, query), window, beside)
        taken: list[Taken] = []
        levels: dict[str, str] = {}
        for kind, gathered in sorted(_by_kind(trail, self.keep, query, kinds).items()):
            activity = _activity(reading, gathered)
            if activity.used(window).usage:
                needs = self.proposer.maker.made(reading, activity, wanted).findings.needs
                levels |= {need.action: need.access_level.value for need in needs}
                taken.append(_taken(kind, activity, window, needs))
        return taken_apart(wanted.principal.label, taken, levels, _notes(counts, kinds))


def _taken(kind: SessionKind, activity: Activity, window: Window, needs: Iterable[Need]) -> Taken:
    seen = total(activity.used(window).usage.values())
    by_day = activity.by_day(window).values()
    return Taken(
        kind=kind,
        events=seen.count,
        days=len({day for contexts in by_day for each in contexts.values() for day in each if day}),
        first_seen=seen.first_seen,
        last_seen=seen.last_seen,
        grants=frozenset(Grant(need.action, each, need.conditions) for need in needs for each in need.patterns),
    )


def _busiest(item: tuple[SessionKind, int]) -> tuple[int, SessionKind]:
    return -item[1], item[0]


def _counted(trail: Trail, query: PrincipalQuery) -> Counter[SessionKind]:
    counts: Counter[SessionKind] = Counter()
    for _, part in trail.fold(partial(_Counting, query)):
        counts.update(part)
    return counts


def _by_kind(
    trail: Trail, keep: Keep, query: PrincipalQuery, kinds: frozenset[SessionKind]
) -> dict[SessionKind, Gathered]:
    found: dict[SessionKind, Gathered] = {}
    for _, part in trail.fold(partial(_Apart, keep, query, kinds)):
        for kind, gathered in part.items():
            found.setdefault(kind, Gathered()).merge(gathered)
    return found


def _activity(reading: TrailReading, gathered: Gathered) -> Activity:
    return TrailReading(gathered, reading.inputs, frozenset()).activity(sorted(gathered.segments))


def _notes(counts: Counter[SessionKind], kinds: frozenset[SessionKind]) -> list[str]:
    others = sum(count for kind, count in counts.items() if kind not in kinds)
    notes = []
    if len(counts) > 1:
        notes.append(
            "splitting a role pays where kinds of sessions need different things: compare what each could do without"
        )
    if others:
        notes.append(f"{others:,} events are of {len(counts) - len(kinds):,} kinds that are not told apart")
    return notes
