"""Work on an index in processes of its own."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from service.wiring import usage_index
from tests.adapters.usage_index.additions import numbered

_FORK = multiprocessing.get_context("fork")
_PATIENCE = 30.0


@contextmanager
def forked(work: Callable[..., object], *given: Any) -> Iterator[BaseProcess]:
    """A fork that does it; killed in the end, if it still runs."""
    process = _FORK.Process(target=work, args=given, daemon=True)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def wait_for(path: Path) -> None:
    """Until another process has made it."""
    patience = time.monotonic() + _PATIENCE
    while not path.exists():
        assert time.monotonic() < patience, f"nobody made {path.name}"
        time.sleep(0.005)


def hold(place: str, sign: Path) -> None:
    """Be the one that adds, and stay so; `sign` says that it is."""
    with usage_index(place).adding():
        sign.write_text(str(os.getpid()))
        time.sleep(_PATIENCE)


def add_numbers(place: str, numbers: range) -> None:
    """Add what these numbers stand for, each in a transaction."""
    index = usage_index(place)
    for number in numbers:
        index.add(numbered(number))
    index.close()
