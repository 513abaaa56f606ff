"""Where the tests of an index begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.site import records
from tests.laws.indexed import (
    deliver,
    empty_place,
)


@pytest.fixture
def site() -> Iterator[tuple[Path, str]]:
    """A folder for a trail, with one file, and a place for an index."""
    with empty_place() as (folder, place):
        deliver(folder, "one.json.gz", records())
        yield folder, place
