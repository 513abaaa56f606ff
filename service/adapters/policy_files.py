"""Policy documents in files on this machine's disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from service.core.errors import InputError
from service.core.shown import shown

MAX_BYTES = 64 << 20
"""The longest file that is read: an account's authorization details are one."""


def read_files(paths: Iterable[Path], what: str) -> tuple[tuple[str, bytes], ...]:
    """The name and content of each file; `what` they are is for messages. A file is named as it was given.

    Raises:
        InputError: one cannot be read, or is too long.
    """
    return tuple((shown(str(path)), _content(path, what)) for path in paths)


def _content(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputError(f"cannot read {what} `{shown(str(path))}`: {reason}; give a file that can be read") from error
    if len(content) > MAX_BYTES:
        raise InputError(f"{what} `{shown(str(path))}` is longer than {MAX_BYTES >> 20} MB: give a shorter file")
    return content
