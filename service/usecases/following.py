"""Adding to an index what comes into a trail, for as long as somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from service.core.usage import Keep
from service.usecases.index_port import IndexBusy
from service.usecases.indexing import Added, FileTrail, OpenIndex, Watch, add_trail
from service.usecases.ports import Listing

_State = Mapping[str, tuple[int, int]]
"""By path: size, and time of the last change."""


class GrowingTrail(FileTrail, Protocol):
    """A trail that may have more files the next time."""

    def again(self) -> GrowingTrail:
        """The trail as it is now."""


def follow(
    open_index: OpenIndex,
    trail: GrowingTrail,
    keep: Keep,
    wait: Callable[[], bool],
    tell: Callable[[str], None],
    watching: Callable[[], AbstractContextManager[Watch | None]] = nullcontext,
) -> Iterator[Added]:
    """Add what is there, then what comes, one run after the other; `wait` says whether to look again.

    After the first run, a file is taken when it is as it was one look before: nobody writes it any more. One that was
    taken too early grows, and is read again. No clock is asked, so none can be wrong. Where another process adds
    meanwhile, `tell` is told, and it is tried again.
    """
    before = taken = _state(trail.files())
    with watching() as watch:
        added = add_trail(open_index, trail, keep, watch)
    yield added
    while not added.left and wait():
        trail = trail.again()
        now = _state(trail.files())
        quiet = {path: state for path, state in now.items() if before.get(path) == state}
        before = now
        if all(taken.get(path) == state for path, state in quiet.items()):
            continue
        try:
            with watching() as watch:
                added = add_trail(open_index, trail, keep, watch, not_yet=now.keys() - quiet.keys())
        except IndexBusy as error:
            tell(str(error))
            continue
        taken = {**taken, **quiet}
        yield added


def _state(listing: Listing) -> _State:
    return {file.path: (file.bytes, file.modified_ns) for file in listing.files}
