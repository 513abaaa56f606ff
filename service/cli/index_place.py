"""Where the usage index is that a command was given."""

from __future__ import annotations

from argparse import Namespace

from service.cli.common_flags import DATA


def place_of(arguments: Namespace) -> str:
    """As given, or in the folder where a server keeps what it keeps."""
    return arguments.index or str(getattr(arguments, "data_dir", DATA))
