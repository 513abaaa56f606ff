"""What the use cases need of a usage index: a store of segments, and of the files that they were read from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from catalog.model import Operation
from service.core.activity.packing import Packed
from service.core.activity.profiles import Profile
from service.core.activity.spans import Spans
from service.core.errors import InputError
from service.core.principals import Principal, PrincipalQuery
from service.core.trail.delivered import Delivered
from service.usecases.ports import FileRead


class IndexBusy(InputError):
    """Another process is adding to the index; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file that was read: where it is (an absolute path, or an object's key), as it was then, and what it held.

    `modified_ns` is the time of its last change in nanoseconds; `tag` a checksum or an ETag of what it held.
    """

    path: str
    modified_ns: int
    read: FileRead
    tag: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that was not read: `reason` a short fixed phrase, `is_fault` whether it is an error or on purpose."""

    path: str
    label: str
    reason: str
    detail: str
    is_fault: bool


@dataclass(frozen=True, slots=True)
class Addition:
    """What goes into an index in one transaction: some files, and everything that they show.

    `kept` are the members of requests that were kept, by operation: an index is of one reading of the catalog.
    `gone` are paths of files that are not left out any more, and of such that could not be read and are not there.
    """

    files: tuple[IndexedFile, ...]
    segments: tuple[Packed, ...]
    principals: frozenset[Principal] = frozenset()
    spans: Spans = field(default_factory=Spans)
    profiles: frozenset[Profile] = frozenset()
    delivered: frozenset[Delivered] = frozenset()
    kept: Mapping[Operation, frozenset[str]] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment in an index. `id` grows with each that is stored; `is_settled` says that no other has its events."""

    id: int
    is_settled: bool
    packed: Packed


@dataclass(frozen=True, slots=True)
class FileTotals:
    """All files of an index taken together; `reports` are those that say more than how many events they have.

    `reports` and `left_out` are sorted by label and path.
    """

    files: int
    bytes: int
    records: int
    events: int
    reports: tuple[FileRead, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexTotals:
    """An index in numbers. Days are texts like `2026-08-01`, empty without any; `bytes` is what it takes on disk.

    `pruned_before` is the first day that is kept, empty where nothing was pruned.
    """

    format: int
    files: FileTotals
    principals: int
    segments: int
    unsettled: int
    events: int
    first_day: str
    last_day: str
    pruned_before: str
    bytes: int


class UsageIndex(Protocol):
    """A store that many may read while one process, with its workers, adds to it.

    Everything raises `DamagedIndex` where what is stored cannot be what was stored, and `IndexUnusable` where the store
    cannot be reached or written to (a full disk, a read-only file, a server that is away); the message says what to do.
    """

    def adding(self) -> AbstractContextManager[None]:
        """Be the only process that changes the index. What an interrupted run left half done is taken away first.

        Raises:
            IndexBusy: another process is.
        """

    def known_files(self) -> Mapping[str, tuple[int, int, str]]:
        """By path: size as stored, time of the last change in nanoseconds, tag."""

    def events_of(self, paths: Iterable[str]) -> Mapping[str, int]:
        """By path, how many events the files had that are in the index already."""

    def version(self) -> int:
        """A number that is another after each change of what the index says; settling changes nothing of that."""

    def add(self, addition: Addition, pending: str = "") -> None:
        """Store it, all or nothing. An addition without files that is `pending` for a path is not seen by anybody
        until one with that file comes, in whose transaction it becomes so. May be called by several workers at once.
        A file that is there already is replaced by what is said of it now; its earlier segments stay.

        Raises:
            InputError: another catalog kept other members of an operation's requests.
        """

    def principals(self) -> tuple[Principal, ...]:
        """Everybody that occurs, sorted."""

    def segments(
        self, query: PrincipalQuery | None = None, principal: Principal | None = None, *, with_keys: bool
    ) -> Iterator[StoredSegment]:
        """The segments of the principals with the query's account and name (whoever of them is asked for), of one
        principal, or of all; by principal and id. `Packed.keys` is empty without keys.
        """

    def together(
        self, principals: Collection[Principal] | None = None, *, with_keys: bool
    ) -> Iterator[tuple[Principal, list[StoredSegment]]]:
        """The segments of each of these principals, or of everybody, by id; the principals in no order that means
        anything. Asked at once, which is faster than one by one.
        """

    def unsettled(self) -> tuple[Principal, ...]:
        """Principals that have more than one segment, not all of them settled; sorted."""

    def settle(self, changes: Iterable[tuple[Sequence[StoredSegment], Sequence[Packed]]]) -> None:
        """Replace segments of principals by others that are settled, all or nothing; each has its old ones and its new
        ones, which may be fewer. One that stays as it is, is only marked.
        """

    def mark_settled(self) -> None:
        """Say of everything that is left unsettled, that it is settled: each principal's only segment."""

    def spans(self) -> Spans:
        """The first and last event of each day."""

    def profiles(self) -> frozenset[Profile]:
        """Which roles instance profiles hold."""

    def delivered(self) -> frozenset[Delivered]:
        """Of which accounts and Regions there are, or once were, files."""

    def kept(self) -> Mapping[Operation, frozenset[str]]:
        """The members of requests that were kept, by operation."""

    def file_totals(self) -> FileTotals:
        """What was read for the index."""

    def totals(self) -> IndexTotals:
        """The index in numbers, without reading what is in the segments."""

    def prune(self, day: int, segments: Iterable[tuple[StoredSegment, Packed | None]]) -> None:
        """Replace or remove segments because of a day before which nothing is kept any more, which is noted, and
        forget the spans before it; all or nothing.
        """

    def pruned_before(self) -> int | None:
        """The number of the first day that is kept, if there is one."""

    def check(self) -> Iterator[str]:
        """What the store itself finds wrong, as sentences: pages, keys and references that do not fit."""

    def close(self) -> None:
        """Let go of everything."""
