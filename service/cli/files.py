"""Writing what a command was asked to write: to standard output, or to a file."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from service.core.errors import InputError, WhittleError
from service.core.shown import shown


class OutputUnwritable(WhittleError):
    """Standard output takes no more, for example because its disk is full."""


def emit(content: bytes | str) -> None:
    """Write to standard output, at once. Letters that a terminal does not know are escaped; bytes go as they are.

    Raises:
        OutputUnwritable: it cannot be written to.
        BrokenPipeError: its reader has gone.
    """
    out = sys.stdout
    try:
        out.buffer.write(content if isinstance(content, bytes) else content.encode(out.encoding, "backslashreplace"))
        out.flush()
    except OSError as error:
        _silence()
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputUnwritable(f"the output cannot be written: {_reason(error)}") from error


def write_file(path: Path, content: bytes) -> None:
    """Write a file, its folders too, so that nobody ever sees half of it.

    Raises:
        InputError: the place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)
    except OSError as error:
        raise InputError(f"cannot write `{shown(str(path))}`: {_reason(error)}; give a place that can be") from error


def _replace(path: Path, content: bytes) -> None:
    import tempfile

    descriptor, name = tempfile.mkstemp(prefix=".whittle-", dir=path.parent)
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        unfinished.chmod(0o644)
        unfinished.replace(path)
    except BaseException:  # an interruption, too, leaves nothing behind
        unfinished.unlink(missing_ok=True)
        raise


def _silence() -> None:
    """Standard output goes nowhere from here on: what it still holds would only fail again at exit."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
