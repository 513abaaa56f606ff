"""Places for an index: a new one for each test, in a file and on a server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from service.usecases.index_port import UsageIndex
from service.wiring import usage_index
from tests.adapters.usage_index.server import NoServer, Server, running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One for all tests; they have schemas of their own."""
    try:
        with running() as server:
            yield server
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture
def schema(server: Server) -> str:
    """The address of a new, empty schema."""
    name = f"test_{uuid.uuid4().hex}"
    run_sql(server.place(), f"CREATE SCHEMA {name}")
    return server.place(name)


@pytest.fixture
def folder(tmp_path: Path) -> str:
    """The path of a folder that is not there yet."""
    return str(tmp_path / "data")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest) -> str:
    """Where an index can be made: in a folder, or in a schema."""
    return str(request.getfixturevalue("folder" if request.param == "sqlite" else "schema"))


@pytest.fixture
def index(place: str) -> Iterator[UsageIndex]:
    """An empty index."""
    index = usage_index(place)
    yield index
    index.close()


def run_sql(address: str, *statements: str) -> None:
    """As somebody who goes to the server without Whittle."""
    engine = create_engine(make_url(address).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
