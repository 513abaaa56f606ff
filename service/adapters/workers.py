"""A function over many items in worker processes, its results in the items' order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_byte
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import Protocol, TypeVar

from service.core.errors import InputError, WhittleError

T = TypeVar("T")
R = TypeVar("R")


class Mark(Protocol):
    """A number that several processes see."""

    value: int


class _Writing(Protocol):
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
        # Without a lock: a worker that is killed while it looks must not leave the others waiting.
        return cls(c_byte(0) if workers <= 1 else multiprocessing.RawValue(c_byte, 0))

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
        yield from (work(item, stop) for item in _until(stop, items))
        return
    context = _context()
    wire = _Wire(context, hear)
    pool = ProcessPoolExecutor(workers, context, _begin, (stop.mark, wire.end))
    try:
        yield from _results(pool, work, _until(stop, items), 2 * workers, wire)
    except BrokenProcessPool as error:
        stop.call_off()
        raise InputError("a reading process died, perhaps for lack of memory: try `--workers 1`") from error
    except BaseException:  # also that nobody wants the rest
        stop.call_off()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        wire.close()


def _until(stop: Stop, items: Iterable[T]) -> Iterator[T]:
    for item in items:
        if stop.is_near:
            return
        yield item


class _Wire:
    """What workers tell comes along one pipe. Each says so little that it is written at once, without a lock: a worker
    that is killed while it tells must not leave the others waiting.
    """

    def __init__(self, context: BaseContext, hear: Hear | None) -> None:
        self._hear = hear
        self._told, self.end = context.Pipe(duplex=False)
        self._done, self._ring = context.Pipe(duplex=False)

    def result(self, future: Future[R]) -> R:
        """What the future gives; what is told until then is heard."""
        future.add_done_callback(lambda _: self._ring.send_bytes(b"done"))
        while self._done not in (ready := wait([self._told, self._done])):
            self._take()
        while self._told in ready and self._told.poll():
            self._take()
        self._done.recv_bytes()
        return future.result()

    def _take(self) -> None:
        said = struct.unpack(_NUMBERS, self._told.recv_bytes())
        if self._hear is not None:
            self._hear(said)

    def close(self) -> None:
        """Nobody tells anything any more."""
        for end in (self._told, self.end, self._done, self._ring):
            end.close()


def _results(
    pool: ProcessPoolExecutor, work: Callable[[T, Stop], R], items: Iterator[T], ahead: int, wire: _Wire
) -> Iterator[R]:
    """Results in order, with a bounded number of items under way."""
    under_way: deque[Future[R]] = deque()
    for item in items:
        under_way.append(pool.submit(_in_worker, work, item))
        if len(under_way) >= ahead:
            yield wire.result(under_way.popleft())
    while under_way:
        yield wire.result(under_way.popleft())


def _context() -> BaseContext:
    """Forking starts at once, but is safe only while there is a single thread."""
    forks = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")


NEVER_STOPPED = Stop(c_byte(0))
"""For work that nobody else could call off."""

_NUMBERS = "=4q"

_stop = NEVER_STOPPED
_told: _Writing | None = None


def tell(first: int, second: int, third: int, fourth: int) -> None:
    """Tell the parent, if it hears."""
    if _told is not None:
        _told.send_bytes(struct.pack(_NUMBERS, first, second, third, fourth))


def _begin(mark: Mark, told: _Writing) -> None:
    """In a worker: Ctrl-C reaches every process of the terminal, but it is the parent's to answer."""
    global _stop, _told  # a pool's initializer has no other way to hand something to its tasks
    _stop, _told = Stop(mark), told
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed tells nobody, and a worker that waits for its next item would wait for ever."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _in_worker(work: Callable[[T, Stop], R], item: T) -> R:
    return work(item, _stop)
