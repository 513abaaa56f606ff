"""Worker processes: what `workers` needs where there is more than one. Imported only then, for it takes its time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_byte
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from typing import TypeVar

from service.adapters.workers import NUMBERS, Hear, Mark, Stop, Writing, begin, in_worker
from service.core.errors import InputError

T = TypeVar("T")
R = TypeVar("R")


def shared_mark() -> Mark:
    """A number that is shared with workers; without a lock, for a worker that is killed while it looks must not leave
    the others waiting.
    """
    return multiprocessing.RawValue(c_byte, 0)


def spread(
    work: Callable[[T, Stop], R], items: Iterator[T], workers: int, stop: Stop, hear: Hear | None
) -> Iterator[R]:
    """The result for each item, in the items' order.

    Raises:
        InputError: a worker died.
    """
    context = _context()
    wire = _Wire(context, hear)
    pool = ProcessPoolExecutor(workers, context, _begin, (stop.mark, wire.end))
    try:
        yield from _results(pool, work, items, 2 * workers, wire)
    except BrokenProcessPool as error:
        stop.call_off()
        raise InputError("a reading process died, perhaps for lack of memory: try `--workers 1`") from error
    except BaseException:  # also that nobody wants the rest
        stop.call_off()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        wire.close()


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
        said = struct.unpack(NUMBERS, self._told.recv_bytes())
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
        under_way.append(pool.submit(in_worker, work, item))
        if len(under_way) >= ahead:
            yield wire.result(under_way.popleft())
    while under_way:
        yield wire.result(under_way.popleft())


def _context() -> BaseContext:
    """Forking starts at once, but is safe only while there is a single thread."""
    forks = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")


def _begin(mark: Mark, told: Writing) -> None:
    """In a worker: Ctrl-C reaches every process of the terminal, but it is the parent's to answer."""
    begin(Stop(mark), told)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed tells nobody, and a worker that waits for its next item would wait for ever."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)
