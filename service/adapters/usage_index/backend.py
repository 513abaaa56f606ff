"""What differs between the databases that a usage index can be in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, Insert, Table
from sqlalchemy.exc import DBAPIError

from service.core.errors import WhittleError

Changes = Callable[[Mapping[str, Any]], Mapping[str, ColumnElement[Any]]]
"""From the row that came, by column, to what is set."""


class Backend(Protocol):
    """A place for tables. `shown` is its name in messages, without a password; `is_shared` says that tables of others
    may be there too.
    """

    shown: str
    is_shared: bool

    def engine(self) -> Engine:
        """Connections for this process."""

    def reading_options(self) -> Mapping[str, Any]:
        """What a connection needs for all its queries to see the same state."""

    def begin_writing(self, connection: Connection) -> None:
        """Wait until no other transaction writes, and let none begin."""

    def making(self) -> AbstractContextManager[None]:
        """Be the only process that makes or changes the tables; there is a place for them then."""

    def exists(self) -> bool:
        """Whether there is anything that can be asked for tables."""

    def adding(self) -> AbstractContextManager[None]:
        """Be the only one that changes the index; over with the process, however it ends.

        Raises:
            IndexBusy: another one is.
        """

    def inserting(self, table: Table) -> Insert:
        """Insert rows that are not there yet."""

    def replacing(self, table: Table, changes: Changes) -> Insert:
        """Insert rows, or change those that are there by what came for them."""

    def size(self, connection: Connection) -> int:
        """Bytes on disk."""

    def give_back(self) -> None:
        """Let go of space that is not needed any more, where that is not done unasked."""

    def check(self, connection: Connection) -> Iterator[str]:
        """What the database finds wrong with its own pages."""

    def fault(self, error: DBAPIError) -> WhittleError:
        """What an error of the driver means."""
