"""Ctrl-C that ends work in order: the first has what is at hand finished, the second stops at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SAID = b"\nwhittle: finishing the file at hand; Ctrl-C again stops at once\n"


@contextmanager
def finishing(finish: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C calls `finish`, which must not do much. Where the signal is ignored, it stays so."""
    before = signal.getsignal(signal.SIGINT)
    if before in {signal.SIG_IGN, None}:
        yield
        return

    def first(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        finish()
        # In the middle of whatever is being written: Python's own streams could not take it.
        os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, _SAID)

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
