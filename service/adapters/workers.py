"""A function over many items in worker processes, its results in the items' order."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from service.core.errors import WhittleError

T = TypeVar("T")
R = TypeVar("R")


class Mark(Protocol):
    """A number that several processes see."""

    value: int


class _Own:
    """A mark of this process alone."""

    value = 0


class Writing(Protocol):
    """The end of a pipe."""

    def send_bytes(self, buf: bytes, /) -> None:
        """Write a message."""


class StoppedError(WhittleError):
    """The work was called off; raised in workers only."""


_FINISH, _AT_ONCE = 1, 2


class Stop:
    """Whether the work was called off, for instance by Ctrl-C: after what is at hand, or at once."""

    def __init__(self, mark: Mark) -> None:
        self.mark = mark

    @classmethod
    def among(cls, workers: int) -> Stop:
        """One that so many processes see."""
        if workers <= 1:
            return cls(_Own())
        from service.adapters.processes import shared_mark

        return cls(shared_mark())

    def finish(self) -> None:
        """Have what is at hand finished, and nothing else begun. Safe in the handler of a signal."""
        self.mark.value = max(self.mark.value, _FINISH)

    def call_off(self) -> None:
        """Have nothing finished."""
        self.mark.value = _AT_ONCE

    @property
    def is_near(self) -> bool:
        """Whether nothing else is to be begun."""
        return self.mark.value != 0

    def check(self) -> None:
        """Go no further when it was called off at once.

        Raises:
            StoppedError: it was.
        """
        if self.mark.value == _AT_ONCE:
            raise StoppedError("the work was called off")


Hear = Callable[[tuple[int, ...]], None]
"""Takes what a worker tells while it is at work."""


def map_in_order(
    work: Callable[[T, Stop], R],
    items: Iterable[T],
    workers: int,
    stop: Stop | None = None,
    hear: Hear | None = None,
) -> Iterator[R]:
    """The result for each item; for those that were begun, where `stop` comes near. With one worker all is done here.

    What the work gives to `tell` meanwhile goes to `hear`.

    Raises:
        WhittleError: a worker died.
    """
    stop = stop or Stop.among(workers)
    if workers <= 1:
        yield from (work(item, stop) for item in until(stop, items))
        return
    from service.adapters.processes import spread

    yield from spread(work, until(stop, items), workers, stop, hear)


def until(stop: Stop, items: Iterable[T]) -> Iterator[T]:
    """The items, while the work is not called off."""
    for item in items:
        if stop.is_near:
            return
        yield item


NEVER_STOPPED = Stop(_Own())
"""For work that nobody else could call off."""

NUMBERS = "=4q"
"""How what is told is packed."""

_stop = NEVER_STOPPED
_told: Writing | None = None


def tell(first: int, second: int, third: int, fourth: int) -> None:
    """Tell the parent, if it hears."""
    if _told is not None:
        _told.send_bytes(struct.pack(NUMBERS, first, second, third, fourth))


def begin(stop: Stop, told: Writing) -> None:
    """Say what this process is a worker of."""
    global _stop, _told  # a pool's initializer has no other way to hand something to its tasks
    _stop, _told = stop, told


def in_worker(work: Callable[[T, Stop], R], item: T) -> R:
    """The result for one item, in a process that has begun."""
    return work(item, _stop)
