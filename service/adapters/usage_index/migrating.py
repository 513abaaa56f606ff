"""Bringing the tables of an older version to this one; what this takes is imported only here."""

from __future__ import annotations

from pathlib import Path

from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.schema import VERSION

MIGRATIONS = Path(__file__).with_name("migrations")
"""Changes to the tables of an index; all are made in one transaction."""


def migrate(backend: Backend) -> None:
    """In a transaction of its own. What another process did before it got there is not done again."""
    engine = create_engine(backend.dialect, creator=backend.connect, poolclass=NullPool, hide_parameters=True)

    def begin(connection: Connection) -> None:
        for statement in backend.begin_writing():
            connection.exec_driver_sql(statement)

    event.listen(engine, "begin", begin)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            upgrade(config, VERSION)
    except DBAPIError as error:
        raise (backend.fault(error.orig) if isinstance(error.orig, Exception) else error) from error
    finally:
        engine.dispose()
