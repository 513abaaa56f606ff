"""What is known of a principal beside the trail, from the files that a user gives."""

from __future__ import annotations

from dataclasses import dataclass

from service.core.unseen.keep_list import KeepRow
from service.core.unseen.last_accessed import LastAccessed
from service.core.unseen.logged import Logged


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Each is None where it is not given; `keep` are the rows of a reviewer's keep list."""

    last_accessed: LastAccessed | None = None
    trails: tuple[Logged, ...] | None = None
    keep: tuple[KeepRow, ...] = ()


NO_WITNESSES = Witnesses()
"""For the trail alone."""
