"""What one principal did, and the answers that it gives: usage within a window, and how many events are where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalog.model import Operation
from service.core.activity.moment import UNDATED, WITHOUT_ID, day_number, day_text, time_text
from service.core.activity.row import Calls, Family, Row, Values
from service.core.activity.segment import Entry, Segment, Sketch, names_behind, united
from service.core.days import Window
from service.core.principals import Principal
from service.core.usage import COLLAPSED, EXAMPLES, Call, Context, Contexts, Evidence, Usage


@dataclass(frozen=True, slots=True)
class Used:
    """Usage, the contexts that each call was made in, and about how many calls each collapsed one stands for."""

    usage: Usage
    contexts: Contexts
    behind: Mapping[Call, int]


ByDay = Mapping[Call, Mapping[Context, Mapping[str, int]]]
"""How many events each call had in each context on each day (`2026-08-01`, empty for events without a time)."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """A row of one principal, less what another account's copy of an event says again."""

    principal: Principal
    row: Row
    entries: tuple[Entry, ...]


class _Group:
    """The rows of one call, which differ in their contexts."""

    __slots__ = ("contexts", "entries", "one", "sketches")

    def __init__(self, one: _Noted) -> None:
        self.one = one
        self.entries: list[Sequence[Entry]] = []
        self.contexts: dict[Context, int] = {}
        self.sketches: list[Sketch] = []


class _Kinds:
    """Numbers of the families of principals. Rows share theirs, so most are told by what they are, not by what they
    hold; all that is numbered lives as long as the rows.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], int] = {}
        self._numbers: dict[tuple[Principal, Family], int] = {}

    def of(self, noted: _Noted) -> int:
        principal, family = noted.principal, noted.row.family
        at = id(principal), id(family)
        if (number := self._known.get(at)) is None:
            number = self._known[at] = self._numbers.setdefault((principal, family), len(self._numbers))
        return number


class _Shown:
    """Contexts without the keys that had too many values to be kept; rows share theirs, too."""

    def __init__(self) -> None:
        self._known: dict[int, Context] = {}

    def of(self, context: Context) -> Context:
        if (known := self._known.get(id(context))) is None:
            known = self._known[id(context)] = _shown(context)
        return known


class Activity:
    """All segments of a principal: one for each way in which the trail names it, merged (`merging.merged`)."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self.records = sum(segment.records for segment in segments)
        self._noted = list(_own_first(segments))
        self._sketches: dict[tuple[Principal, Row], Sketch] = {
            (segment.principal, row): sketch for segment in segments for row, sketch in segment.sketches.items()
        }

    @property
    def principals(self) -> frozenset[Principal]:
        """Whose it is: one principal by every way in which the trail names it."""
        return frozenset(each.principal for each in self._noted)

    @property
    def events(self) -> int:
        """Distinct events."""
        return sum(entry.events for each in self._noted for entry in each.entries)

    @property
    def duplicates(self) -> int:
        """Records that told of an event again. A file whose records took the place of others may have told of fewer
        events than are known of it, so there are at least none.
        """
        return max(self.records - self.events, 0)

    def used(self, window: Window) -> Used:
        """What was done within the window."""
        groups: dict[tuple[int, Values], _Group] = {}
        days, kinds, shown = _days_of(window), _Kinds(), _Shown()
        for each in self._noted:
            if inside := _inside(each.entries, days):
                row = each.row
                key = kinds.of(each), row.values
                group = groups.get(key)
                if group is None:
                    group = groups[key] = _Group(each)
                group.entries.append(inside)
                context, contexts = shown.of(row.context), group.contexts
                contexts[context] = contexts.get(context, 0) + sum([entry.events for entry in inside])
                if (sketch := self._sketches.get((each.principal, row)) if self._sketches else None) is not None:
                    group.sketches.append(sketch)
        calls = Calls()
        made = [(calls.of(group.one.row, group.one.principal), group) for group in groups.values()]
        return Used(
            {call: _evidence(group.entries) for call, group in made},
            {call: group.contexts for call, group in made},
            {call: names_behind(united(group.sketches)) for call, group in made if group.sketches},
        )

    def by_day(self, window: Window) -> ByDay:
        """In which context each call was made on each day of the window, and how often."""
        calls, shown = Calls(), _Shown()
        found: dict[Call, dict[Context, dict[str, int]]] = {}
        within = _days_of(window)
        for each in self._noted:
            if inside := _inside(each.entries, within):
                contexts = found.setdefault(calls.of(each.row, each.principal), {})
                days = contexts.setdefault(shown.of(each.row.context), {})
                for entry in inside:
                    day = day_text(entry.day)
                    days[day] = days.get(day, 0) + entry.events
        return found

    def crowded(self, window: Window) -> frozenset[str]:
        """The condition keys that had too many values within the window for any to be kept."""
        days = _days_of(window)
        return frozenset(
            key
            for each in self._noted
            for key, value in each.row.context
            if value == COLLAPSED and _inside(each.entries, days)
        )

    def time_of_use(self, window: Window) -> tuple[int, int, frozenset[int]]:
        """The earliest and the latest second of a day (UTC) at which anything was done, and on which days of the week
        (0 is Monday); no days where nothing has a time.
        """
        days = _days_of(window)
        inside = [entry for each in self._noted for entry in _inside(each.entries, days) if entry.day != UNDATED]
        first = min((entry.first for entry in inside), default=0)
        last = max((entry.last for entry in inside), default=0)
        return first, last, frozenset((entry.day - 1) % 7 for entry in inside)  # day 1 was a Monday

    def calls(self, wants: Callable[[Operation], bool]) -> Iterator[tuple[Call, int]]:
        """Every distinct call of some operations, whenever it was made, with the number of the first day on which it
        was; that of a call without a time is before all others.
        """
        calls = Calls()
        wanted: dict[Family, bool] = {}
        seen: dict[tuple[Principal, Family, Values], tuple[_Noted, int]] = {}
        for each in self._noted:
            family = each.row.family
            if family not in wanted:
                wanted[family] = wants(Operation(family.source, family.name))
            if wanted[family]:
                key = each.principal, family, each.row.values
                day = min([entry.day for entry in each.entries])
                first, before = seen.get(key, (each, day))
                seen[key] = first, min(day, before)
        yield from ((calls.of(each.row, each.principal), day) for each, day in seen.values())

    def outside(self, window: Window) -> tuple[int, int]:
        """How many events a window leaves out: those of other days, and those without a time."""
        out: Counter[bool] = Counter()
        days = _days_of(window)
        if days is None:
            return 0, 0
        for each in self._noted:
            for entry in each.entries:
                if entry.day not in days:
                    out[entry.day != UNDATED] += entry.events
        return out[True], out[False]


def _own_first(segments: Iterable[Segment]) -> Iterator[_Noted]:
    """Every row, where the principal's own account and another each have a record of an event, with its own.

    "The events have the same sharedEventID, but the eventID and recipientAccountID are unique": a name in the request
    means a resource there, https://docs.aws.amazon.com/awscloudtrail/latest/userguide/shared-event-ID.html
    """
    copies: dict[tuple[str, int, int, int], list[tuple[bool, Row, Principal, Entry]]] = {}
    for segment in segments:
        own = segment.principal.account
        for row, entries in segment.rows.items():
            if not row.shared_id:
                yield _Noted(segment.principal, row, entries)
                continue
            for entry in entries:
                key = row.shared_id, entry.day, entry.first, entry.last
                copies.setdefault(key, []).append((row.family.account != own, row, segment.principal, entry))
    for found in copies.values():
        _, row, principal, entry = min(found)
        yield _Noted(principal, row, (entry,))


def _days_of(window: Window) -> range | None:
    """The numbers of a window's days, None for all; a day without a number is in no window that has a bound."""
    if not window.bounded:
        return None
    first = day_number(window.first) if window.first else 0
    return range(first, day_number(window.last) + 1 if window.last else _NO_DAY)


_NO_DAY = 1 << 31
"""Later than all."""


def _inside(entries: Sequence[Entry], days: range | None) -> Sequence[Entry]:
    return entries if days is None else [entry for entry in entries if entry.day in days]


def _shown(context: Context) -> Context:
    """The context without the keys that had too many values to be kept."""
    return tuple([each for each in context if each[1] != COLLAPSED])


def _evidence(rows: Sequence[Sequence[Entry]]) -> Evidence:
    """Of the entries of each row, sorted by day: one for each."""
    if len(rows) == 1 and len(rows[0]) == 1:
        return _evidence_of_one(rows[0][0])
    firsts, lasts, events, examples = [], [], 0, set[str]()
    for entries in rows:
        if entries[-1].day != UNDATED:
            earliest, latest = entries[entries[0].day == UNDATED], entries[-1]
            firsts.append((earliest.day, earliest.first))
            lasts.append((latest.day, latest.last))
        events += sum([entry.events for entry in entries])
        examples.update([entry.example for entry in entries])
    found = [each for each in examples if each and not each.startswith(WITHOUT_ID)]
    first, last = min(firsts, default=_NEVER), max(lasts, default=_NEVER)
    return Evidence(time_text(*first), time_text(*last), events, tuple(sorted(found)[:EXAMPLES]))


def _evidence_of_one(entry: Entry) -> Evidence:
    """As most calls have it."""
    day, events, first, last, example, _ = entry
    examples = (example,) if example and not example.startswith(WITHOUT_ID) else ()
    first_seen = time_text(day, first)
    return Evidence(first_seen, first_seen if first == last else time_text(day, last), events, examples)


_NEVER = UNDATED, 0
