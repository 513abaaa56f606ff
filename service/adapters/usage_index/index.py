"""The usage index over its tables: which transaction each question and each change is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from catalog.model import Operation
from service.adapters.usage_index import checking, reading
from service.adapters.usage_index.connections import Connections
from service.adapters.usage_index.opening import backend_of, opened
from service.adapters.usage_index.rows import rows_of
from service.adapters.usage_index.writing import Writer
from service.core.activity.packing import Packed
from service.core.activity.profiles import Profile
from service.core.activity.spans import Spans
from service.core.errors import InternalError
from service.core.principals import Principal, PrincipalQuery
from service.core.trail.delivered import Delivered
from service.usecases.index_port import Addition, FileTotals, IndexTotals, StoredSegment


class SqlUsageIndex:
    """`UsageIndex` in an SQL database. It can be used in threads, after a fork, and sent to other processes."""

    def __init__(self, place: str, *, create: bool = True) -> None:
        self._place = place
        self._put_by: Counter[str] = Counter()
        self._connections: Connections = opened(backend_of(place), create=create)

    def __reduce__(self) -> tuple[type[SqlUsageIndex], tuple[str]]:
        return SqlUsageIndex, (self._place,)

    @contextmanager
    def adding(self) -> Iterator[None]:
        """Hold the index's lock."""
        with self._connections.backend.adding():
            with self._writer() as writer:
                writer.forget_pending()
            self._put_by.clear()
            yield

    def known_files(self) -> Mapping[str, tuple[int, int, str]]:
        """All of them."""
        with self._connections.reading() as session:
            return reading.known_files(session)

    def events_of(self, paths: Iterable[str]) -> Mapping[str, int]:
        """One by one: few files change."""
        with self._connections.reading() as session:
            return reading.events_of(session, paths)

    def version(self) -> int:
        """As noted."""
        with self._connections.reading() as session:
            return reading.version(session)

    def add(self, addition: Addition, pending: str = "") -> None:
        """One transaction."""
        if pending and addition.files:
            raise InternalError("an addition that has files waits for none")
        rows = rows_of(addition)
        with self._writer() as writer:
            if pending:
                writer.put_by(rows, pending)
            else:
                writer.store(rows, sum(self._put_by[each.path] for each in addition.files))
                writer.note_change()
        if pending:
            self._put_by[pending] += 1
        for each in addition.files:
            self._put_by.pop(each.path, None)

    def principals(self) -> tuple[Principal, ...]:
        """Sorted as values, not as the database would."""
        with self._connections.reading() as session:
            return tuple(principal for principal, _ in reading.principals(session))

    def segments(
        self, query: PrincipalQuery | None = None, principal: Principal | None = None, *, with_keys: bool
    ) -> Iterator[StoredSegment]:
        """As they are fetched, principal after principal, of one state of the index."""
        with self._connections.reading() as session:
            for owner, of in reading.principals(session, reading.asked(query, principal)):
                yield from reading.segments(session, owner, of, with_keys=with_keys)

    def together(
        self, principals: Collection[Principal] | None = None, *, with_keys: bool
    ) -> Iterator[tuple[Principal, list[StoredSegment]]]:
        """As they are fetched, of one state of the index."""
        wanted = None if principals is None else frozenset(principals)
        with self._connections.reading() as session:
            known = reading.principals(session)
            owners = {of: each for each, of in known if wanted is None or each in wanted}
            yield from reading.together(session, owners, all_of_them=principals is None, with_keys=with_keys)

    def unsettled(self) -> tuple[Principal, ...]:
        """Found by index."""
        with self._connections.reading() as session:
            return tuple(principal for principal, _ in reading.principals(session, reading.unsettled()))

    def settle(self, changes: Iterable[tuple[Sequence[StoredSegment], Sequence[Packed]]]) -> None:
        """One transaction."""
        with self._writer() as writer:
            for old, new in changes:
                writer.settle(old, new)

    def mark_settled(self) -> None:
        """One transaction; the end of a run, so a time to give space back."""
        with self._writer() as writer:
            writer.mark_settled()
        self._connections.backend.give_back()

    def spans(self) -> Spans:
        """All days."""
        with self._connections.reading() as session:
            return reading.spans(session)

    def profiles(self) -> frozenset[Profile]:
        """All of them."""
        with self._connections.reading() as session:
            return reading.profiles(session)

    def delivered(self) -> frozenset[Delivered]:
        """All of them."""
        with self._connections.reading() as session:
            return reading.delivered(session)

    def kept(self) -> Mapping[Operation, frozenset[str]]:
        """All of them."""
        with self._connections.reading() as session:
            return reading.kept(session)

    def file_totals(self) -> FileTotals:
        """Summed by the database."""
        with self._connections.reading() as session:
            return reading.file_totals(session)

    def totals(self) -> IndexTotals:
        """Counted by the database."""
        with self._connections.reading() as session:
            return reading.totals(session, self._connections.backend.size(session))

    def prune(self, day: int, segments: Iterable[tuple[StoredSegment, Packed | None]]) -> None:
        """One transaction, which takes the segments as they come."""
        with self._writer() as writer:
            writer.replace(segments)
            writer.note_pruned(day)
            writer.note_change()
        self._connections.backend.give_back()

    def pruned_before(self) -> int | None:
        """As noted."""
        with self._connections.reading() as session:
            return reading.pruned_before(session)

    def check(self) -> Iterator[str]:
        """The database's findings, then ours."""
        yield from checking.findings(self._connections)

    def close(self) -> None:
        """Close the connections of this process."""
        self._connections.close()

    @contextmanager
    def _writer(self) -> Iterator[Writer]:
        with self._connections.writing() as session:
            yield Writer(session, self._connections.backend)
