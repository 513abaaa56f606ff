"""A function over many items in worker processes, its results in the items' order."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_bool
from multiprocessing.context import BaseContext
from typing import Protocol, TypeVar

from service.core.errors import InputError, WhittleError

T = TypeVar("T")
R = TypeVar("R")


class Mark(Protocol):
    """A flag that several processes see."""

    value: bool


class StoppedError(WhittleError):
    """The work was called off; raised in workers only."""


class Stop:
    """Whether the work was called off, for instance by Ctrl-C."""

    def __init__(self, mark: Mark) -> None:
        self._mark = mark

    def check(self) -> None:
        """Go no further when it was.

        Raises:
            StoppedError: it was.
        """
        if self._mark.value:
            raise StoppedError("the work was called off")


def map_in_order(work: Callable[[T, Stop], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """The result for each item. With one worker the work is done here.

    Raises:
        WhittleError: a worker died.
    """
    if workers <= 1:
        stop = Stop(_NEVER)
        yield from (work(item, stop) for item in items)
        return
    context = _context()
    # Without a lock: a worker that is killed while it looks must not leave the others waiting.
    mark = context.RawValue(c_bool, False)
    pool = ProcessPoolExecutor(workers, context, _begin, (mark,))
    try:
        yield from _results(pool, work, iter(items), 2 * workers)
    except BrokenProcessPool as error:
        raise InputError("a reading process died, perhaps for lack of memory: try `--workers 1`") from error
    finally:
        mark.value = True
        pool.shutdown(wait=True, cancel_futures=True)


def _results(pool: ProcessPoolExecutor, work: Callable[[T, Stop], R], items: Iterator[T], ahead: int) -> Iterator[R]:
    """Results in order, with a bounded number of items under way."""
    under_way: deque[Future[R]] = deque()
    for item in items:
        under_way.append(pool.submit(_in_worker, work, item))
        if len(under_way) >= ahead:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()


def _context() -> BaseContext:
    """Forking starts at once, but is safe only while there is a single thread."""
    forks = "fork" in multiprocessing.get_all_start_methods() and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")


_NEVER = c_bool(False)
_stop = Stop(_NEVER)


def _begin(mark: Mark) -> None:
    """In a worker: Ctrl-C reaches every process of the terminal, but it is the parent's to answer."""
    global _stop  # noqa: PLW0603  # a pool's initializer has no other way to hand something to its tasks
    _stop = Stop(mark)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that is killed tells nobody, and a worker that waits for its next item would wait for ever."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


def _in_worker(work: Callable[[T, Stop], R], item: T) -> R:
    return work(item, _stop)
