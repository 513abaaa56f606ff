"""The same as `service.core.activity.fold`, by the native core: reading, reducing and packing in C, deciding in Python.

The core takes slices of a file as they are, and gives back the records that it does not plainly read; these come as
events, from the reference lanes. What it was not told yet of a record (who made the call, what the operation is, in
which context) it asks here, once for all records that agree in what decides about it.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

import msgspec

from catalog.model import Operation
from service.core.activity._native import Core
from service.core.activity.abridging import SHORTEST
from service.core.activity.collapse import MOST_CHILDREN, MOST_PARTS
from service.core.activity.examples import MOST_EXAMPLES
from service.core.activity.fold import MOST_LOOKS, POLICY_CAN_BE_CUT, Part, Wanted, place_of_head, segment_of
from service.core.activity.moment import NO_TIME, UNDATED, WITHOUT_ID, day_text
from service.core.activity.packing import Columns, Packed, packed, packed_columns
from service.core.activity.profiles import Profile, is_filling, profile_of
from service.core.activity.row import Common, Family, Row, common_of
from service.core.activity.segment import SKETCH
from service.core.activity.spans import Day, Spans
from service.core.events import NO_TLS, SOME_TLS, Batch, Event, Identity
from service.core.principals import Principal, PrincipalType, attribute
from service.core.trail.framing import Scan
from service.core.trail.records import parse_record
from service.core.usage import COLLAPSED, Context, Keep, context_of, head_of, kept, mfa_of, named_in, named_resources

READS = 3
"""The core's interface that this is written for; one more with each change of it, or of what it gives."""

MOST_HELD = 64 << 20
"""When it is time to pack, in bytes of texts and moments. So it is when there are many rows: each takes some more."""

_UNWANTED, _MAY_BE_SHARED, _BY_ISSUER = 1, 2, 4

_Decision = tuple[int, int, int, bytes]
"""A number, a group, flags and a text, as service/native/event.h has them."""

_T = TypeVar("_T", bound=Hashable)


class _Numbers(dict[_T, int], Generic[_T]):
    """Values by number, in the order in which they come."""

    def __missing__(self, value: _T) -> int:
        number = self[value] = len(self)
        return number


class _Kept(dict[Operation, frozenset[str]]):
    """Which members matter, asked once for each operation."""

    def __init__(self, keep: Keep) -> None:
        super().__init__()
        self._keep = keep

    def __missing__(self, operation: Operation) -> frozenset[str]:
        found = self[operation] = self._keep(operation)
        return found


class _Who(NamedTuple):
    number: int
    group: int
    flags: int
    principal: Principal


class _What(NamedTuple):
    number: int
    names: frozenset[str]
    denied: bytes
    fills_profiles: bool


class _Head(NamedTuple):
    """What many events have in common that come one by one."""

    who: _Who
    what: _What
    context: int


class NativeFold:
    """Takes in slices and events, file by file, and gives segments when asked to."""

    def __init__(self, keep: Keep, wanted: Wanted | None = None) -> None:
        self._kept = _Kept(keep)
        self._wanted = wanted
        self._file = ""
        self._nameless = 0
        self._core = Core(self._decide_who, self._decide_what, self._decide_where)
        self._begin()

    def _begin(self) -> None:
        self._principals = _Numbers[Principal]()
        self._groups = _Numbers[tuple[str, str, str]]()
        self._examples: list[tuple[str, Identity]] = []
        self._commons = _Numbers[Common]()
        self._contexts = _Numbers[Context]()
        self._kept.clear()
        self._names: dict[frozenset[str], int] = {}
        self._others: set[Principal] = set()
        self._profiles: set[Profile] = set()
        self._heads: dict[tuple[object, ...], _Head] = {}
        self._identities: dict[int, Identity] = {}
        self._crowded: set[int] = set()

    @property
    def is_full(self) -> bool:
        """Whether what is held should be packed and let go."""
        return self._core.held > MOST_HELD or self._core.row_count > MOST_LOOKS

    @property
    def is_nearly_full(self) -> bool:
        """Whether nine tenths are."""
        return self._core.held * 10 > MOST_HELD * 9

    def begin_file(self, label: str) -> None:
        """Say which file the next events are of; those without an id are told apart by it."""
        self._file, self._nameless = label, 0

    @property
    def scan(self) -> Scan:
        """Takes in slices of the file."""
        return self._core.scan

    def add(self, batch: Batch) -> None:
        """Take in events of the file."""
        for event in batch:
            at = place_of_head(event)
            head = self._heads.get(at)
            if head is None:
                head = self._heads[at] = self._head(event)
            self._note(head, event)

    def take(self) -> Part:
        """Everything since the last time."""
        spans = Spans({day: Day(*found) for day, *found in self._core.spans()})
        part = Part(tuple(self._packed()), spans, frozenset(self._others), frozenset(self._profiles))
        self._core.clear()
        self._begin()
        return part

    # ---- decisions

    def _decide_who(self, record: bytes) -> _Decision | None:
        event = parse_record(record)
        if not isinstance(event, Event):
            return None
        who = self._who(event)
        return who.number, who.group, who.flags | (_BY_ISSUER if _rests_on_issuer(event) else 0), b""

    def _decide_what(
        self, group: int, source: str, name: str, kind: str, account: str, region: str, code: str, message: str
    ) -> _Decision:
        owner, identity = self._examples[group]
        common, operation, denied = _reduced(
            owner, identity.invoked_by, source, name, kind, account, region, code, message
        )
        kept_names = self._kept[operation]
        if (names := self._names.get(kept_names)) is None:
            names = self._names[kept_names] = self._core.names(sorted(kept_names))
        return self._commons[common], names, 0, denied

    def _decide_where(
        self, group: int, region: str, source_ip: str, vpc_endpoint: str, is_tls: bool
    ) -> _Decision:  # called by place
        _, identity = self._examples[group]
        tls = SOME_TLS if is_tls else NO_TLS
        event = Event("", "", region, source_ip, vpc_endpoint=vpc_endpoint, identity=identity, tls=tls)
        return self._contexts[context_of(event)], 0, 0, b""

    def _who(self, event: Event) -> _Who:
        principal = attribute(event)
        if self._wanted is not None and not self._wanted(principal):
            self._others.add(principal)
            return _Who(0, 0, _UNWANTED, principal)
        group = self._groups[principal.account, event.identity.invoked_by or "", mfa_of(event.identity)]
        if group == len(self._examples):
            self._examples.append((principal.account, event.identity))
        flags = _MAY_BE_SHARED if principal.type in POLICY_CAN_BE_CUT else 0
        return _Who(self._principals[principal], group, flags, principal)

    def _what(self, event: Event, principal: Principal) -> _What:
        call = head_of(event, principal)
        denied = call.denial.resource.encode()
        return _What(self._commons[common_of(call)], self._kept[call.operation], denied, is_filling(event))

    # ---- events that come one by one

    def _head(self, event: Event) -> _Head:
        self._identities[id(event.identity)] = event.identity  # as long as it lives, no other has its id
        who = self._who(event)
        if who.flags & _UNWANTED:
            return _Head(who, _What(0, frozenset(), b"", is_filling(event)), 0)
        context = context_of(event)
        if any(COLLAPSED in value for _, value in context):
            self._crowded.add(who.number)
        return _Head(who, self._what(event, who.principal), self._contexts[context])

    def _note(self, head: _Head, event: Event) -> None:
        who, what, context = head
        if what.fills_profiles and (profile := profile_of(event, who.principal)) is not None:
            self._profiles.add(profile)
        if who.flags & _UNWANTED:
            self._core.span(event.time)
            return
        parameters = kept(event.request, what.names)
        self._core.note(
            who.number,
            what.number,
            context,
            what.denied,
            parameters,
            named_in(event.response, parameters),
            named_resources(event.resources),
            event.shared_id if who.flags & _MAY_BE_SHARED else "",
            event.time,
            event.id or self._made_up(),
        )

    def _made_up(self) -> str:
        self._nameless += 1
        return f"{WITHOUT_ID}{self._nameless} {self._file}"

    # ---- segments

    def _packed(self) -> Sequence[Packed]:
        commons = tuple(self._commons)
        shapes = self._core.shapes()
        families = [Family(*commons[common], *shapes[shape]) for common, shape in self._core.families()]
        contexts = list(self._contexts)
        self._core.rank(
            _ranks(families),
            tuple(map(_encode, families)),
            _ranks(contexts),
            tuple(map(_encode, contexts)),
            (MOST_CHILDREN, MOST_PARTS, SKETCH, MOST_EXAMPLES, SHORTEST),
        )
        principals = list(self._principals)
        numbers = sorted(self._core.principals(), key=principals.__getitem__)
        return [self._one(number, principals[number], families, contexts) for number in numbers]

    def _one(self, number: int, principal: Principal, families: list[Family], contexts: list[Context]) -> Packed:
        found = None if number in self._crowded else self._core.columns(number)
        if found is not None:
            return packed_columns(principal, families, contexts, Columns._make(found))
        rows: dict[Row, list[str]] = {}
        for family, context, values, shared_id, moments in self._core.rows(number):
            texts = [
                (day_text(day) + clock if day != UNDATED else NO_TIME) + event_id for day, clock, event_id in moments
            ]
            rows[Row(families[family], contexts[context], values, shared_id)] = texts
        return packed(segment_of(principal, rows))


@lru_cache(maxsize=1 << 14)
def _reduced(
    owner: str,
    invoked_by: str | None,
    source: str,
    name: str,
    kind: str,
    account: str,
    region: str,
    code: str,
    message: str,
) -> tuple[Common, Operation, bytes]:
    """What a family has beside its paths, its operation, and the resource that was denied."""
    event = Event(
        source,
        name,
        region,
        error_code=code,
        error_message=message,
        type=kind,
        account=account,
        identity=Identity(invoked_by=invoked_by),
    )
    call = head_of(event, Principal(PrincipalType.UNKNOWN, owner, ""))
    return common_of(call), call.operation, call.denial.resource.encode()


def _rests_on_issuer(event: Event) -> bool:
    """Whether all that `attribute` says of an assumed role comes from the issuer, and nothing from its session."""
    identity = Identity(type="AssumedRole", account_id="0", session_context=event.identity.session_context)
    alone: Event = msgspec.structs.replace(event, identity=identity)
    return event.identity.type == identity.type and attribute(alone).type is not PrincipalType.UNKNOWN


_encode = msgspec.msgpack.Encoder().encode


def _ranks(values: Sequence[Family] | Sequence[Context]) -> bytes:
    """The place of each in their order."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = array("I", bytes(4 * len(order)))
    for rank, place in enumerate(order):
        ranks[place] = rank
    return ranks.tobytes()
