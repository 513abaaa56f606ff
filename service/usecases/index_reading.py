"""A usage index as a trail that was read: any principal at once, and the same answers as from the files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from catalog.model import Operation
from service.core.activity.activity import Activity
from service.core.activity.merging import disjoint, merged
from service.core.activity.packing import may_name, unpacked
from service.core.activity.segment import Segment
from service.core.activity.spans import Spans
from service.core.activity.words import WordsOf
from service.core.errors import InputError
from service.core.events import Rejected, Skipped
from service.core.inputs import Inputs
from service.core.known import Known, known_of
from service.core.principals import Directory, Principal, PrincipalQuery
from service.core.trail.delivered import Delivered
from service.core.usage import Keep
from service.usecases.gather import inputs_of, nothing_in
from service.usecases.index_port import FileTotals, IndexBusy, StoredSegment, UsageIndex
from service.usecases.index_upkeep import check_kept

T = TypeVar("T")

_TRIES = 5


def of_one_state(index: UsageIndex, keep: Keep | None, make: Callable[[IndexReading], T]) -> T:
    """What is made of an index that nobody changed meanwhile.

    Raises:
        IndexBusy: somebody did, each time.
    """
    for _ in range(_TRIES):
        version = index.version()
        made = make(IndexReading(index, keep))
        if index.version() == version:
            return made
    raise IndexBusy("the index changes faster than it can be read: give the command again when less is added to it")


def inputs_of_totals(totals: FileTotals) -> Inputs:
    """What was read, and what was left out, as a trail of the same files says it."""
    rejected = [Rejected(each.label, 0, each.reason, each.detail) for each in totals.left_out if each.is_fault]
    skipped = [Skipped(each.label, each.reason) for each in totals.left_out if not each.is_fault]
    of_reports = inputs_of(totals.reports, rejected, skipped)
    return replace(of_reports, files=totals.files, bytes=totals.bytes, records=totals.records, events=totals.events)


class IndexReading:
    """What an index holds (`service.usecases.reading`), as it was when each part was first asked for.

    Without `keep`, nobody needs the members of requests, and so not those of today's catalog.

    Raises:
        InputError: there is no event in it.
    """

    def __init__(self, index: UsageIndex, keep: Keep | None) -> None:
        self._index = index
        self._keep = keep
        if not self.inputs.events:
            raise InputError(nothing_in(self.inputs))

    @cached_property
    def inputs(self) -> Inputs:
        """What was read for it, and what was left out."""
        return inputs_of_totals(self._index.file_totals())

    @cached_property
    def spans(self) -> Spans:
        """The first and the last event of each day, whoever made them."""
        return self._index.spans()

    @cached_property
    def known(self) -> Known:
        """What all records together say of names."""
        return known_of(self.principals(), self._index.profiles())

    @cached_property
    def delivered(self) -> frozenset[Delivered]:
        """Of which accounts and Regions there are files."""
        return self._index.delivered()

    @cached_property
    def _principals(self) -> tuple[Principal, ...]:
        return self._index.principals()

    @cached_property
    def _directory(self) -> Directory:
        return Directory(self._principals)

    @cached_property
    def _kept(self) -> Mapping[Operation, frozenset[str]]:
        return self._index.kept()

    def principals(self) -> Sequence[Principal]:
        """Everybody who made a call."""
        return self._principals

    def asked(self, query: PrincipalQuery) -> Sequence[Principal]:
        """Those of them that a query asks for, sorted."""
        return self._directory.asked(query)

    def activity(self, principals: Sequence[Principal]) -> Activity:
        """What these did.

        Raises:
            InputError: the index was made with another reading of the catalog.
            DamagedIndex: what it keeps of them cannot be read.
        """
        stored = (list(self._index.segments(principal=each, with_keys=False)) for each in principals)
        return self._activity([self._of(each) for each in stored if each])

    def _activity(self, segments: Sequence[Segment]) -> Activity:
        if self._keep is not None:
            families = {row.family for segment in segments for row in segment.rows}
            check_kept(self._kept, self._keep, {Operation(each.source, each.name) for each in families})
        return Activity(segments)

    def everybody(self, words: WordsOf | None = None) -> Iterator[tuple[Principal, Activity]]:
        """What each principal did; raises what `activity` does."""
        for principal, stored in self._index.together(with_keys=False):
            if words is None or any(may_name(each.packed, words) for each in stored):
                yield principal, self._activity([self._of(stored)])

    def _of(self, stored: Sequence[StoredSegment]) -> Segment:
        """The segments of one principal, which come without keys, as one."""
        if len(stored) > 1 and not all(each.is_settled for each in stored):  # the last run was interrupted
            stored = list(self._index.segments(principal=stored[0].packed.principal, with_keys=True))
            return merged(list(disjoint(unpacked(each.packed, with_keys=True) for each in stored)))
        return merged([unpacked(each.packed, with_keys=False) for each in stored])
