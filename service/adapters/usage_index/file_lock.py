"""A lock that the system takes back when its process dies, with the number of that process in it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.core.errors import IndexUnusable
from service.usecases.index_port import IndexBusy

_LONGEST_NUMBER = 20
_BETWEEN_TRIES = 0.05


@contextmanager
def file_lock(path: Path, index: str, seconds: float = 0) -> Iterator[None]:
    """Hold it; wait at most so long for another to let go of it. `index` is what is locked, for the message.

    Workers that are forked meanwhile hold it too: it is free when none of them can write any more.

    Raises:
        IndexBusy: another process holds it.
        IndexUnusable: there can be no such file.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise IndexUnusable(
            f"the index `{index}` cannot be locked ({reason}): give one in a folder that may be written to"
        ) from error
    holder = os.getpid()
    try:
        _lock(descriptor, index, seconds)
        yield
    finally:
        if os.getpid() == holder:
            fcntl.flock(descriptor, fcntl.LOCK_UN)  # also of forks that are about to end
        os.close(descriptor)


def _lock(descriptor: int, index: str, seconds: float) -> None:
    patience = time.monotonic() + seconds
    while not _is_locked(descriptor):
        if time.monotonic() >= patience:
            raise IndexBusy(
                f"{_holder(descriptor)} is adding to the index `{index}`: wait until it has finished, or stop it"
            )
        time.sleep(_BETWEEN_TRIES)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> str:
    number = os.pread(descriptor, _LONGEST_NUMBER, 0).decode("ascii", "replace")
    return f"process {number}" if number.isdigit() else "another process"
