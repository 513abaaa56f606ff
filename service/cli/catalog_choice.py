"""Which catalog a command works with: the refreshed one where there is one that can be used, else the bundled copy."""

from __future__ import annotations

import os
import sys
from argparse import Namespace

from catalog.cache import DamagedCache, Generation, default_directory
from catalog.load import usable_generation
from service.core.shown import shown

BUNDLED_ONLY = "WHITTLE_BUNDLED_CATALOG"
"""The environment variable that does what --bundled-catalog does."""


def refreshed_catalog(arguments: Namespace, *, whole: bool) -> Generation | None:
    """The refreshed catalog, or None for the bundled copy; `whole`: checked to the last file before anything is asked.

    A cache that cannot be used is told of on standard error, and the bundled copy is used.
    """
    if arguments.bundled_catalog or os.environ.get(BUNDLED_ONLY):
        return None
    cache = getattr(arguments, "cache_dir", None) or default_directory(os.environ)
    try:
        return usable_generation(cache, whole=whole) if cache else None
    except DamagedCache as error:
        warn(
            f"the refreshed catalog is not used, the bundled copy is: {error}; `whittle catalog refresh` makes it again"
        )
        return None


def warn(sentence: str) -> None:
    """One line on standard error."""
    print(f"whittle: {shown(sentence, 1000)}", file=sys.stderr)
