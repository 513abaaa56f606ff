"""Writing what a command was asked to write."""

from __future__ import annotations

import tempfile
from pathlib import Path

from service.core.errors import InputError


def write_file(path: Path, content: bytes) -> None:
    """Write a file, its folders too, so that nobody ever sees half of it.

    Raises:
        InputError: the place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".whittle-", delete=False) as file:
            file.write(content)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write to `{path.parent}`: {error.strerror}; give a folder that can be written"
        ) from error
