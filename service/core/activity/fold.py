"""Events to segments: the hot path of everything that reads a trail.

Most events repeat one that was seen before in all but its time and id. So an event is looked up as it stands in the
record: first its head, all that is not a name of a resource, and there its look, what may hold such names. Only a look
that was not there before is decoded and reduced to what matters, and only what is kept in the end becomes a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from service.core.activity.collapse import collapsed
from service.core.activity.examples import thinned
from service.core.activity.moment import NO_TIME, WITHOUT_ID, day_number, key, second
from service.core.activity.packing import Packed, packed, unpacked
from service.core.activity.profiles import Profile, is_filling, profile_of
from service.core.activity.row import Row, Spot, rows_of
from service.core.activity.segment import Entry, Segment
from service.core.activity.spans import Spans
from service.core.events import Batch, Event, EventResource, Identity
from service.core.principals import ROLE_TYPES, Principal, PrincipalType, attribute
from service.core.usage import (
    Call,
    Context,
    Keep,
    arns_within,
    context_of,
    head_of,
    kept,
    named_in,
    named_resources,
)

Wanted = Callable[[Principal], bool]
"""Whether a principal is one of those that are asked for."""


def place_of_head(event: Event) -> tuple[object, ...]:
    """Where the head of an event is looked up.

    INVARIANT: everything that heads are made from is here; what only some events have apart comes in looks.
    """
    return (
        id(event.identity),
        event.name,
        event.source,
        event.source_ip,
        event.region,
        event.account,
        event.type,
        event.error_code,
        event.error_message,
        event.vpc_endpoint,
        event.is_tls,
    )


POLICY_CAN_BE_CUT = frozenset({*ROLE_TYPES, PrincipalType.USER})
"""Of these, records say in which other account there is a copy."""

MOST_LOOKS = 100_000
MOST_EVENTS = 300_000
MOST_TEXT = 64 << 20
"""When it is time to pack: what a fold holds stays below 120 MB, and where records are long below 200 MB."""

_Moments = list[str]
_Look = tuple[bytes, tuple[EventResource, ...], tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Part:
    """What some files show: a packed segment for each principal asked for, and what they say beside that.

    `spans` are of everybody's events; `others` are the principals that were not asked for; `profiles` say which role
    an instance profile holds.
    """

    packed: tuple[Packed, ...]
    spans: Spans
    others: frozenset[Principal] = frozenset()
    profiles: frozenset[Profile] = frozenset()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, unpacked with their keys."""
        return tuple(unpacked(each, with_keys=True) for each in self.packed)


@dataclass(slots=True)
class _Head:
    """What many events have in common. `spans` takes the moments of a principal that was not asked for."""

    call: Call
    context: Context
    names: frozenset[str]
    may_be_shared: bool
    fills_profiles: bool
    spans: Spans | None
    looks: dict[_Look, _Moments] = field(default_factory=dict)
    spots: dict[Spot, _Moments] = field(default_factory=dict)


def segment_of(principal: Principal, rows: dict[Row, _Moments]) -> Segment:
    """All of one principal; an event that was read twice is there once."""
    entries = {row: tuple(_entries(moments, row.mark)) for row, moments in rows.items()}
    return thinned(collapsed(Segment(principal, entries, sum(map(len, rows.values())), {})))


class Fold:
    """Takes in events, file by file, and gives segments when asked to."""

    def __init__(self, keep: Keep, wanted: Wanted | None = None) -> None:
        self._keep = keep
        self._wanted = wanted
        self._file = ""
        self._nameless = 0
        self._begin()

    def _begin(self) -> None:
        self._heads: dict[tuple[object, ...], _Head] = {}
        self._identities: dict[int, Identity] = {}
        self._others: dict[Principal, Spans] = {}
        self._profiles: set[Profile] = set()
        self._looks = 0
        self._events = 0
        self._text = 0

    @property
    def is_full(self) -> bool:
        """Whether what is held should be packed and let go."""
        return self._looks > MOST_LOOKS or self._events > MOST_EVENTS or self._text > MOST_TEXT

    @property
    def is_nearly_full(self) -> bool:
        """Whether nine tenths are."""
        return self._looks * 10 > MOST_LOOKS * 9 or self._events * 10 > MOST_EVENTS * 9

    @property
    def scan(self) -> None:
        """No slices: all events must come by `add`."""

    def begin_file(self, name: str) -> None:
        """Say which file the next events are of; those without an id are told apart by it."""
        self._file, self._nameless = name, 0

    def add(self, batch: Batch) -> None:
        """Take in events of the file."""
        heads = self._heads
        for event in batch:
            at = place_of_head(event)
            head = heads.get(at) or self._new_head(at, event)
            if head.fills_profiles and (profile := profile_of(event, head.call.principal)) is not None:
                self._profiles.add(profile)
            if head.spans is None:
                self._moments(head, event).append((event.time or NO_TIME) + (event.id or self._made_up()))
            else:
                head.spans.append(event.time or NO_TIME)
        self._events += len(batch)

    def take(self) -> Part:
        """Everything since the last time."""
        by_principal: dict[Principal, dict[Row, _Moments]] = {}
        spans = Spans()
        for head in self._heads.values():
            rows = by_principal.setdefault(head.call.principal, {}) if head.spots else {}
            for row, moments in rows_of(head.call, head.context, head.spots):
                rows.setdefault(row, []).extend(moments)
                for hour in {moment[:_SECOND] for moment in moments}:
                    spans.append(hour)
        segments = tuple(segment_of(principal, rows) for principal, rows in sorted(by_principal.items()))
        for span in self._others.values():
            spans.merge(span)
        part = Part(tuple(map(packed, segments)), spans, frozenset(self._others), frozenset(self._profiles))
        self._begin()
        return part

    def _moments(self, head: _Head, event: Event) -> _Moments:
        """Where events of this head that look like this one are noted."""
        request = bytes(event.request)
        if not head.names and b"arn" not in request and b"\\" not in request:
            request = b""  # nothing of it would be kept
        response = arns_within(event.response) if event.response else ()
        # INVARIANT: with the head, everything that `_new_look` reads of an event is here.
        look = request, event.resources, response, event.shared_id
        moments = head.looks.get(look)
        return self._new_look(head, look, event) if moments is None else moments

    def _new_look(self, head: _Head, look: _Look, event: Event) -> _Moments:
        self._looks += 1
        self._text += len(look[0]) + sum(map(len, look[2]))
        parameters = kept(event.request, head.names)
        shared_id = event.shared_id if head.may_be_shared else ""
        spot = parameters, named_in(event.response, parameters), named_resources(event.resources), shared_id
        moments = head.looks[look] = head.spots.setdefault(spot, [])
        return moments

    def _new_head(self, at: tuple[object, ...], event: Event) -> _Head:
        self._looks += 1
        self._text += len(event.error_message)
        self._identities[id(event.identity)] = event.identity  # as long as it lives, no other has its id
        principal = attribute(event)
        spans = None
        if self._wanted is not None and not self._wanted(principal):
            spans = self._others.setdefault(principal, Spans())
        call = head_of(event, principal)
        may_be_shared = principal.type in POLICY_CAN_BE_CUT
        fills = is_filling(event)
        head = _Head(call, context_of(event), self._keep(call.operation), may_be_shared, fills, spans)
        self._heads[at] = head
        return head

    def _made_up(self) -> str:
        self._nameless += 1
        return f"{WITHOUT_ID}{self._nameless} {self._file}"


_SECOND = len("2026-08-01T12:00:00")


def _entries(moments: _Moments, mark: int) -> Iterator[Entry]:
    for day, group in groupby(sorted(set(moments)), _day):
        texts = list(group)
        first, last = texts[0], texts[-1]
        keys = tuple(sorted([key(text, mark) for text in texts]))
        yield Entry(day_number(day), len(texts), second(first[11:19]), second(last[11:19]), first[20:], keys)


def _day(moment: str) -> str:
    return moment[:10]
