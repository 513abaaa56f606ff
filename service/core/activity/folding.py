"""Which fold there is: the native one where it was built, and the one in Python, which is the reference.

Both give the same, to the byte.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol

from service.core.activity.fold import Fold, Part, Wanted
from service.core.events import Batch
from service.core.trail.framing import Scan
from service.core.usage import Keep


class AnyFold(Protocol):
    """Takes in events, file by file, and gives segments when asked to."""

    @property
    def is_full(self) -> bool:
        """Whether what is held should be packed and let go."""

    @property
    def is_nearly_full(self) -> bool:
        """Whether it should where it can be done well, as at the end of a file."""

    @property
    def scan(self) -> Scan | None:
        """Takes in slices of the file; `None` where all events must come by `add`."""

    def begin_file(self, name: str) -> None:
        """Say which file the next events are of."""

    def add(self, batch: Batch) -> None:
        """Take in events of the file."""

    def take(self) -> Part:
        """Everything since the last time."""


def new_fold(keep: Keep, wanted: Wanted | None = None, *, native: bool = True) -> AnyFold:
    """A fold; the native one if it is asked for and there."""
    made = native_fold() if native else None
    return Fold(keep, wanted) if made is None else made(keep, wanted)


@cache
def native_fold() -> Callable[[Keep, Wanted | None], AnyFold] | None:
    """The native fold; `None` where it was not built, or was built of other sources than these."""
    try:
        from service.core.activity._native import INTERFACE
    except ImportError:
        return None
    from service.core.activity.native_fold import READS, NativeFold

    return NativeFold if INTERFACE == READS else None
