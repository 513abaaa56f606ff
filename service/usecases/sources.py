"""Where a server's evidence comes from: files that are read when they have changed, or a usage index."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from service.core.errors import InputError
from service.core.usage import Keep
from service.usecases.gather import gather
from service.usecases.index_port import UsageIndex
from service.usecases.index_reading import IndexReading
from service.usecases.ports import Trail
from service.usecases.reading import Reading


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a source has now. `state` is another when that has changed.

    A reading may be asked later for what it did not need before: what was made from it counts if `is_still_so` then.
    """

    state: Hashable
    read: Callable[[], Reading]
    is_still_so: Callable[[], bool]


class Source(Protocol):
    """What proposals are made from, for as long as a server runs. Any number of threads may ask."""

    def now(self) -> Evidence:
        """What there is now; nothing is read yet.

        Raises:
            InputError: nothing can be had.
        """

    def check(self) -> None:
        """Whether there is anything.

        Raises:
            InputError: there is not; the message says what to do.
        """


class TrailSource:
    """Files, read for all principals together. `open_trail` gives the trail as it is now."""

    def __init__(self, open_trail: Callable[[], Trail], keep: Keep) -> None:
        self._open_trail = open_trail
        self._keep = keep

    def now(self) -> Evidence:
        """Listed before it is read: what is delivered meanwhile shows in the next listing."""
        trail = self._open_trail()
        listing = trail.files()
        return Evidence((listing.files, listing.rejected, listing.skipped), partial(gather, trail, self._keep), _always)

    def check(self) -> None:
        """There has to be a file."""
        if not self._open_trail().files().files:
            raise InputError("the trail holds no file: give the folder that holds the logs")


class IndexSource:
    """A usage index, as it is whenever it is asked."""

    def __init__(self, index: UsageIndex, keep: Keep) -> None:
        self._index = index
        self._keep = keep

    def now(self) -> Evidence:
        """By its version."""
        version = self._index.version()
        return Evidence(
            version, partial(IndexReading, self._index, self._keep), lambda: self._index.version() == version
        )

    def check(self) -> None:
        """There has to be a file."""
        if not self._index.file_totals().files:
            raise InputError("the index holds no file: give `whittle index add` the folder that holds the logs")


def _always() -> bool:
    return True
