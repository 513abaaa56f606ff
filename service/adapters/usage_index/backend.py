"""What differs between the databases that a usage index can be in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from service.core.errors import WhittleError

if TYPE_CHECKING:
    from service.adapters.usage_index.session import Session


class ColumnTypes(NamedTuple):
    """What a database calls the kinds of columns that there are: whole numbers of 64 bits, bytes, and ids that it
    counts up by itself, of which some are never given again, not even the last one.
    """

    number: str
    bytes: str
    id: str
    id_never_given_twice: str


class Backend(Protocol):
    """A place for tables.

    `shown` is its name in messages, without a password; `is_shared` says that tables of others may be there too;
    `dialect` is what SQLAlchemy calls the database and its driver.
    """

    shown: str
    is_shared: bool
    dialect: str
    column_types: ColumnTypes

    @property
    def error(self) -> type[Exception]:
        """The base of what the driver raises."""

    def connect(self) -> Any:
        """A new connection of the driver (https://peps.python.org/pep-0249/), which begins no transaction by itself."""

    def answers(self, connection: Any) -> bool:
        """Whether a connection that was idle can still be used."""

    def worded(self, statement: str) -> str:
        """A statement with values as `:name`, as the driver takes it."""

    def stream(self, connection: Any, statement: str, values: Mapping[str, Any]) -> Iterator[Sequence[Any]]:
        """The rows of a worded query as they are asked for; nothing else is asked of the connection meanwhile."""

    def begin_reading(self) -> Sequence[str]:
        """What begins a transaction whose queries all see the same state."""

    def begin_writing(self) -> Sequence[str]:
        """What begins a transaction once no other one writes, and lets none begin."""

    def making(self) -> AbstractContextManager[None]:
        """Be the only process that makes or changes the tables; there is a place for them then."""

    def exists(self) -> bool:
        """Whether there is anything that can be asked for tables."""

    def tables(self, session: Session) -> frozenset[str]:
        """The names of all tables that are found without saying where."""

    def adding(self) -> AbstractContextManager[None]:
        """Be the only one that changes the index; over with the process, however it ends.

        Raises:
            IndexBusy: another one is.
        """

    def size(self, session: Session) -> int:
        """Bytes on disk."""

    def give_back(self) -> None:
        """Let go of space that is not needed any more, where that is not done unasked."""

    def check(self, session: Session) -> Iterator[str]:
        """What the database finds wrong with its own pages."""

    def fault(self, error: Exception) -> WhittleError:
        """What an error of the driver means."""
