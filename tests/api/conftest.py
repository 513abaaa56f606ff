"""Fixtures of the API's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from service.api.app import create_app
from service.wiring import parts
from tests.api.site import Client, Counting, deliver, desk_over


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """An event loop in a thread."""
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture(scope="session")
def client(portal: BlockingPortal, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A client of an application over the small trail."""
    trail = Counting(deliver(tmp_path_factory.mktemp("trail")))
    return Client(create_app(desk_over(trail.open), parts().catalog), portal)


@pytest.fixture
def trail(tmp_path: Path) -> Counting:
    """The small trail, for a test that changes or counts."""
    return Counting(deliver(tmp_path / "trail"))
