"""Adding a trail to a usage index: new files are read once, what they show is stored with the fact that they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import Protocol

import msgspec

from catalog.model import Operation
from service.core.activity.folding import new_fold
from service.core.activity.moment import UNDATED, day_number, day_text
from service.core.activity.packing import Packed, packed, unpacked
from service.core.activity.pruning import since
from service.core.events import Batch, Event, Rejected
from service.core.principals import Principal, attribute
from service.core.trail.delivered import delivered_of
from service.core.trail.framing import Scan
from service.core.usage import Keep
from service.usecases.gather import EXAMPLES, sentence
from service.usecases.index_port import Addition, IndexedFile, LeftOut, UsageIndex
from service.usecases.index_upkeep import settle
from service.usecases.ports import UNREADABLE, FileRead, ListedFile, Listing, Trail

OpenIndex = Callable[[], UsageIndex]
"""Opens the index; called once in each process that works on it."""


class FileTrail(Trail, Protocol):
    """A trail of which some files can be left out, and whose reading can be ended between two files."""

    @property
    def is_finishing(self) -> bool:
        """Whether no other file is begun."""

    def without(self, paths: Collection[str]) -> FileTrail:
        """The trail without the files at these places."""

    def tag_of(self, path: str, size: int) -> str:
        """The checksum of so many bytes of a file, as `FileRead` has it; empty where it has fewer, or none that can be
        read.
        """


class Watch(Protocol):
    """Whoever looks on."""

    def begin(self, files: int, size: int) -> None:
        """So many files, of so many bytes as stored, are to be read."""

    def read(self, read: FileRead) -> None:
        """One of them was."""

    def settle(self) -> None:
        """All were; what is in the index is put in order."""


@dataclass(slots=True)
class Added:
    """What became of the files in one run. `grown` and `replaced` were read again, as they are now: the former begin
    with all that they held.

    `rejected`, `skipped` and `ignored` count as `FileRead` does, over all files of the run and what was left out;
    `examples` are sentences. `left` are files that were not begun, because the run was to end. `pruned_before` is the
    first day of which events are taken in, empty where nothing was pruned.
    """

    files: int = 0
    events: int = 0
    records: int = 0
    bytes: int = 0
    known: int = 0
    grown: int = 0
    replaced: int = 0
    left: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    pruned_before: str = ""

    @property
    def new(self) -> int:
        """Files that were not known at all; of those that were left, nobody says what they are."""
        return max(self.files + self.left - self.grown - self.replaced, 0)

    def take(self, read: FileRead) -> None:
        """Count one file."""
        self.files += 1
        self.events += read.events
        self.records += read.records
        self.bytes += read.bytes
        self.rejected.update(read.rejected)
        self.skipped.update(read.skipped)
        self.ignored.update(read.ignored)
        self._tell(read.examples)

    def take_left_out(self, listing: Listing) -> None:
        """Count what was not even listed."""
        self.rejected.update(each.reason for each in listing.rejected)
        self.skipped.update(each.kind for each in listing.skipped)
        self._tell(listing.rejected)

    def _tell(self, rejected: Iterable[Rejected]) -> None:
        self.examples.extend(islice(map(sentence, rejected), EXAMPLES - len(self.examples)))


def add_trail(
    open_index: OpenIndex,
    trail: FileTrail,
    keep: Keep,
    watch: Watch | None = None,
    not_yet: Collection[str] = frozenset(),
    *,
    native: bool = True,
) -> Added:
    """Add every file that the index does not have as it is now, but for those that are not to be taken yet.

    They are read by the native core where there is one.
    A run that is interrupted is gone on with by the next.

    Raises:
        IndexBusy: another process is adding.
        DamagedIndex, IndexUnusable: the index cannot be read or written to.
        InputError: the index was made with another reading of the catalog.
    """
    index = open_index()
    try:
        with index.adding():
            added, new, read_before = _compared(index, trail, not_yet)
            _note_left_out(index, trail.files())
            first_day = index.pruned_before()
            added.pruned_before = "" if first_day is None else day_text(first_day)
            start = partial(_Indexing, open_index, keep, first_day, read_before, native)
            _read(added, new, start, watch)
            settle(index, lambda: trail.is_finishing)
            return added
    finally:
        index.close()


def _read(added: Added, new: FileTrail, start: Callable[[], _Indexing], watch: Watch | None) -> None:
    files = new.files().files
    if watch is not None:
        watch.begin(len(files), sum(each.bytes for each in files))
    for reads, _ in new.fold(start, None if watch is None else watch.read):
        for read in reads:
            added.take(read)
    added.left = len(files) - added.files
    if watch is not None:
        watch.settle()


def _compared(
    index: UsageIndex, trail: FileTrail, not_yet: Collection[str]
) -> tuple[Added, FileTrail, Mapping[str, int]]:
    """The trail less the files that are known as they are; of those that are not, how many events are known."""
    listing, known = trail.files(), index.known_files()
    changes = {file.path: _change(known, file, trail.tag_of) for file in listing.files if file.path not in not_yet}
    counts = Counter(changes.values())
    added = Added(known=counts["known"], grown=counts["grown"], replaced=counts["replaced"])
    added.take_left_out(listing)
    new = trail.without({*not_yet, *(path for path, change in changes.items() if change == "known")})
    return added, new, index.events_of(path for path, change in changes.items() if change not in {"known", "new"})


_TRY_AGAIN = -1
"""The time of the last change of a file that could not be read to its end, though it may be another day."""


def _change(known: Mapping[str, tuple[int, int, str]], file: ListedFile, tag_of: Callable[[str, int], str]) -> str:
    if file.path not in known:
        return "new"
    size, modified_ns, tag = known[file.path]
    if (size, modified_ns) == (file.bytes, file.modified_ns):
        return "known"
    if modified_ns == _TRY_AGAIN:
        return "unread"
    begins_alike = tag_of(file.path, size) == tag if tag else file.bytes > size
    return "grown" if begins_alike else "replaced"


def _note_left_out(index: UsageIndex, listing: Listing) -> None:
    """What is not read, and that what was not read before is no longer so."""
    now = tuple(_left_out(listing))
    stay = {each.path for each in now} | {file.path for file in listing.files}
    before, known = index.file_totals().left_out, index.known_files()
    unread = [path for path, (_, modified_ns, _) in known.items() if modified_ns == _TRY_AGAIN]
    lost = {path for path in {*(each.path for each in before), *unread} - stay if listing.covers(path)}
    renamed = {each.path for each in now if not each.is_fault and each.path in known}
    gone = tuple(sorted(lost | renamed))
    if now or gone:
        index.add(Addition((), (), left_out=now, gone=gone))


def _left_out(listing: Listing) -> Iterator[LeftOut]:
    for rejected, place in zip(listing.rejected, listing.rejected_at, strict=True):
        yield LeftOut(place, rejected.file, rejected.reason, rejected.detail, True)
    for skipped, place in zip(listing.skipped, listing.skipped_at, strict=True):
        yield LeftOut(place, skipped.file, skipped.kind, "", False)


class _Indexing:
    """Folds files, and stores what it holds together with the files that it is from, whenever that is much.

    `read_before` says of files that are read again how many of their events are in the index: these are records that
    were counted already.
    """

    def __init__(
        self, open_index: OpenIndex, keep: Keep, first_day: int | None, read_before: Mapping[str, int], native: bool
    ) -> None:
        self._index = open_index()
        self._kept: dict[Operation, frozenset[str]] = {}
        self._keep = keep
        self._fold = new_fold(self._noted, native=native)
        self._first_day = first_day
        self._read_before = read_before
        self._files: list[IndexedFile] = []
        self._is_awaited = False
        self._file = ListedFile("", 0)
        self._known = 0
        self._counted: Counter[Principal] = Counter()
        self._counted_pruned: Counter[Principal] = Counter()

    def begin(self, file: ListedFile) -> None:
        self._file = file
        self._known = self._read_before.get(file.path, 0)
        self._fold.begin_file(file.path)

    @property
    def scan(self) -> Scan | None:
        return None if self._known else self._fold.scan

    def add(self, batch: Batch) -> None:
        if self._known:
            known = batch[: self._known]
            self._counted.update(map(attribute, known))
            self._counted_pruned.update(attribute(each) for each in known if self._is_pruned(each))
            self._known -= len(known)
        self._fold.add(batch)
        if self._fold.is_full:  # what is held is also of files that are read to their end: all of it waits for this one
            self._store((), pending=self._file.path)
            self._is_awaited = True

    def end(self, read: FileRead) -> None:
        modified_ns = _TRY_AGAIN if UNREADABLE in read.rejected else self._file.modified_ns
        self._files.append(IndexedFile(self._file.path, modified_ns, read, read.tag))
        # Stored now, or it would be put by in the middle of the next file, and written twice.
        if self._fold.is_nearly_full or self._is_awaited:
            self._store_files()

    def result(self) -> None:
        if self._files:
            self._store_files()
        self._index.close()

    def _store_files(self) -> None:
        self._store(tuple(self._files))
        self._files, self._is_awaited = [], False

    def _store(self, files: tuple[IndexedFile, ...], pending: str = "") -> None:
        part = self._fold.take()
        segments, spans = tuple(map(self._as_kept, part.packed)), part.spans
        if self._first_day is not None:
            spans = spans.since(self._first_day)
        kept, self._kept = self._kept, {}
        self._counted, self._counted_pruned = Counter(), Counter()
        stored = tuple(each for each in segments if each is not None)
        delivered = delivered_of((each.read.label, each.read.events) for each in files)
        if self._first_day is not None:
            delivered = frozenset(each for each in delivered if not each.day or each.day >= self._first_day)
        self._index.add(Addition(files, stored, part.others, spans, part.profiles, delivered, kept), pending)

    def _as_kept(self, segment: Packed) -> Packed | None:
        if counted := self._counted[segment.principal]:
            segment = msgspec.structs.replace(segment, records=segment.records - counted)
        if self._first_day is None or segment.first_day >= self._first_day:
            return segment
        left = since(unpacked(segment, with_keys=True), self._first_day)
        # Records of days that were pruned are no duplicates of anything; those that were counted already are left out.
        again = min(segment.events - left.events, self._counted_pruned[segment.principal])
        return packed(replace(left, records=left.records + again)) if left.rows else None

    def _is_pruned(self, event: Event) -> bool:
        return self._first_day is not None and UNDATED < day_number(event.time[:10]) < self._first_day

    def _noted(self, operation: Operation) -> frozenset[str]:
        if (found := self._kept.get(operation)) is None:
            found = self._kept[operation] = self._keep(operation)
        return found
