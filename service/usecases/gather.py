"""Read a trail once and keep what principals did, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from service.core.activity.activity import Activity
from service.core.activity.fold import Part
from service.core.activity.folding import new_fold
from service.core.activity.merging import disjoint, merged
from service.core.activity.packing import Packed, may_name, unpacked
from service.core.activity.profiles import Profile
from service.core.activity.segment import Segment
from service.core.activity.spans import Spans
from service.core.activity.words import WordsOf
from service.core.errors import InputError
from service.core.events import Batch, Rejected, Skipped
from service.core.inputs import Inputs
from service.core.known import Known, known_of
from service.core.principals import Directory, Principal, PrincipalQuery, asks_for
from service.core.trail.delivered import Delivered, delivered_of
from service.core.trail.framing import Scan
from service.core.usage import Keep
from service.usecases.ports import FileRead, ListedFile, Trail


@dataclass(slots=True)
class Gathered:
    """What a trail, or a part of it, shows; segments of one principal may have events in common."""

    segments: dict[Principal, list[Packed]] = field(default_factory=dict)
    others: set[Principal] = field(default_factory=set)
    spans: Spans = field(default_factory=Spans)
    profiles: set[Profile] = field(default_factory=set)

    def take(self, part: Part) -> None:
        """Take in what some files show."""
        for segment in part.packed:
            self.segments.setdefault(segment.principal, []).append(segment)
        self._beside(part.others, part.spans, part.profiles)

    def merge(self, other: Gathered) -> None:
        """Take in what another part of the trail shows; the order of merging does not matter."""
        for principal, found in other.segments.items():
            self.segments.setdefault(principal, []).extend(found)
        self._beside(other.others, other.spans, other.profiles)

    def _beside(self, others: Iterable[Principal], spans: Spans, profiles: Iterable[Profile]) -> None:
        self.others.update(others)
        self.spans.merge(spans)
        self.profiles.update(profiles)


@dataclass(frozen=True)
class TrailReading:
    """A trail that was read (`service.usecases.reading`). `again` reads it for everybody, where that was not done."""

    gathered: Gathered
    inputs: Inputs
    delivered: frozenset[Delivered]
    again: Callable[[], TrailReading] | None = None

    @property
    def spans(self) -> Spans:
        """The first and the last event of each day, whoever made them."""
        return self.gathered.spans

    @cached_property
    def known(self) -> Known:
        """What all records together say of names."""
        return known_of(self.principals(), self.gathered.profiles)

    def principals(self) -> Collection[Principal]:
        """Everybody who made a call."""
        return self.gathered.others | self.gathered.segments.keys()

    def asked(self, query: PrincipalQuery) -> Sequence[Principal]:
        """Those of them that a query asks for, sorted."""
        return self._directory.asked(query)

    @cached_property
    def _directory(self) -> Directory:
        return Directory(self.principals())

    def activity(self, principals: Sequence[Principal]) -> Activity:
        """What these did; nothing for those that were not asked for when the trail was read."""
        return Activity([self._segment(each) for each in principals if each in self.gathered.segments])

    def everybody(self, words: WordsOf | None = None) -> Iterator[tuple[Principal, Activity]]:
        """What each principal did."""
        for principal, stored in sorted(self._whole.gathered.segments.items()):
            if words is None or any(may_name(each, words) for each in stored):
                yield principal, self._whole.activity([principal])

    @cached_property
    def _whole(self) -> TrailReading:
        """The trail read for everybody: once, whoever asks."""
        return self.again() if self.again else self

    def _segment(self, principal: Principal) -> Segment:
        found = self.gathered.segments[principal]
        if len(found) == 1:
            return unpacked(found[0], with_keys=False)
        return merged(list(disjoint(unpacked(each, with_keys=True) for each in found)))


class _Gathering:
    """Folds files, and lets go of what it holds whenever that is much."""

    def __init__(self, keep: Keep, query: PrincipalQuery | None, native: bool) -> None:
        self._fold = new_fold(keep, None if query is None else partial(asks_for, query), native=native)
        self._gathered = Gathered()

    def begin(self, file: ListedFile) -> None:
        self._fold.begin_file(file.path or file.label)  # a label is cut to size, and not its own

    @property
    def scan(self) -> Scan | None:
        return self._fold.scan

    def add(self, batch: Batch) -> None:
        self._fold.add(batch)
        if self._fold.is_full:
            self._gathered.take(self._fold.take())

    def end(self, read: FileRead) -> None:
        del read

    def result(self) -> Gathered:
        self._gathered.take(self._fold.take())
        return self._gathered


def gather(
    trail: Trail,
    keep: Keep,
    query: PrincipalQuery | None = None,
    progress: Callable[[FileRead], None] | None = None,
    *,
    native: bool = True,
) -> TrailReading:
    """Read the whole trail for one principal, or for all of them; by the native core where there is one.

    Raises:
        InputError: the trail holds no event at all.
    """
    gathered, files = Gathered(), list[FileRead]()
    for reads, part in trail.fold(partial(_Gathering, keep, query, native), progress):
        files.extend(reads)
        gathered.merge(part)
    listing = trail.files()
    inputs = inputs_of(files, listing.rejected, listing.skipped)
    if not inputs.events:
        raise InputError(nothing_in(inputs))
    again = None if query is None else partial(gather, trail, keep, native=native)
    return TrailReading(gathered, inputs, delivered_of((each.label, each.events) for each in files), again)


EXAMPLES = 10
"""How many rejections are told in words; all are counted."""


def inputs_of(files: Sequence[FileRead], unread: Sequence[Rejected], passed_over: Sequence[Skipped]) -> Inputs:
    """What was read, all files taken together, with those that were not."""
    rejected = Counter(each.reason for each in unread)
    skipped = Counter(each.kind for each in passed_over)
    ignored: Counter[str] = Counter()
    for read in files:
        rejected.update(read.rejected)
        skipped.update(read.skipped)
        ignored.update(read.ignored)
    examples = [*unread, *(each for read in files for each in read.examples)]
    return Inputs(
        files=len(files),
        bytes=sum(read.bytes for read in files),
        records=sum(read.records for read in files),
        events=sum(read.events for read in files),
        rejected=dict(sorted(rejected.items())),
        skipped=dict(sorted(skipped.items())),
        ignored=dict(sorted(ignored.items())),
        examples=tuple(sentence(each) for each in examples[:EXAMPLES]),
    )


def sentence(rejected: Rejected) -> str:
    """A rejection in words."""
    place = f"{rejected.file}, record {rejected.record}" if rejected.record else rejected.file
    return f"{place}: {rejected.reason}" + (f" ({rejected.detail})" if rejected.detail else "")


def nothing_in(inputs: Inputs) -> str:
    """Why there is nothing to make a proposal from."""
    why = [f"{count} {reason}" for reason, count in sorted({**inputs.skipped, **inputs.rejected}.items())]
    detail = f" ({', '.join(why)})" if why else ""
    files = "one file that was" if inputs.files == 1 else f"{inputs.files} files that were"
    return f"no CloudTrail event in the {files} read{detail}: give the folder that holds the logs"
