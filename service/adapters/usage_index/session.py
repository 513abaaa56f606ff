"""One transaction: statements that both databases understand, and rows that hold what they should.

Values are written as `:name` in statements and never become a part of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache
from typing import Any, NamedTuple, TypeVar, get_type_hints

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.kinds import DamagedValue
from service.adapters.usage_index.schema import TABLE_OF

R = TypeVar("R")
Value = bytes | int | str | None
Values = Mapping[str, Value]


class Session:
    """A transaction on a connection of a driver."""

    def __init__(self, connection: Any, backend: Backend) -> None:
        self._connection = connection
        self._backend = backend

    def run(self, statement: str, values: Values | None = None) -> int:
        """How many rows it changed."""
        with self._executed(statement, values) as cursor:
            return int(cursor.rowcount)

    def run_each(self, statement: str, rows: Sequence[Values]) -> int:
        """How many rows it changed with all of these values together."""
        if not rows:
            return 0
        with closing(self._connection.cursor()) as cursor:
            cursor.executemany(self._backend.worded(statement), rows)
            return int(cursor.rowcount)

    def rows(self, kind: Callable[..., R], statement: str, values: Values | None = None) -> list[R]:
        """All rows, as a kind of named tuple.

        Raises:
            DamagedValue: a value is not of the kind that its column has.
        """
        with self._executed(statement, values) as cursor:
            return list(map(_taken_as(kind), cursor.fetchall()))

    def stream(self, kind: Callable[..., R], statement: str, values: Values | None = None) -> Iterator[R]:
        """The same as they are fetched."""
        found = self._backend.stream(self._connection, self._backend.worded(statement), values or {})
        return map(_taken_as(kind), found)

    def number(self, statement: str, values: Values | None = None) -> int | None:
        """The only number that is asked for; None without any row."""
        found = self.rows(_Number, statement, values)
        return found[0].number if found else None

    def count(self, statement: str, values: Values | None = None) -> int:
        """The only number that is asked for; there is one."""
        return self.number(statement, values) or 0

    def texts(self, statement: str) -> list[str]:
        """The only column that is asked for."""
        return [each.text for each in self.rows(_Text, statement)]

    @contextmanager
    def _executed(self, statement: str, values: Values | None) -> Iterator[Any]:
        with closing(self._connection.cursor()) as cursor:
            cursor.execute(self._backend.worded(statement), values or {})
            yield cursor


class _Number(NamedTuple):
    number: int


class _Text(NamedTuple):
    text: str


def columns(kind: type[Any]) -> str:
    """What a query selects for rows of a kind of named tuple."""
    return ", ".join(kind._fields)


def selecting(kind: type[Any]) -> str:
    """The query for all rows of a kind. A file whose folder is lost is found, without it, which is no such row."""
    table = TABLE_OF[kind]
    joined = " LEFT JOIN usage_folder ON usage_folder.id = folder_id" if table == "usage_file" else ""
    names = (_OF_FOLDER.get(name, f"{table}.{name}") for name in kind._fields)
    return f"SELECT {', '.join(names)} FROM {table}{joined}"


_OF_FOLDER = {"folder_path": "usage_folder.path", "folder_label": "usage_folder.label"}


@cache
def insertion(table: str, names: str, otherwise: str = "") -> str:
    """Insert a row of these columns, separated by commas, with values of the same names."""
    values = ", ".join(f":{name.strip()}" for name in names.split(","))
    return f"INSERT INTO {table} ({names}) VALUES ({values}) {otherwise}"


@cache
def _taken_as(kind: Callable[..., R]) -> Callable[[Sequence[Any]], R]:
    """Checks a row, and takes it. In a damaged file SQLite may find anything in the place of a value, also nothing;
    and it keeps truths as numbers.
    """
    kinds = tuple(get_type_hints(kind).values())
    truths = [place for place, each in enumerate(kinds) if each is bool]
    accepted = tuple(int if each is bool else each for each in kinds)

    def taken(row: Sequence[Any]) -> R:
        if not all(map(isinstance, row, accepted)):
            odd = next(value for value, each in zip(row, accepted, strict=True) if not isinstance(value, each))
            raise DamagedValue(f"there is a `{type(odd).__name__}` in the place of a value")
        if truths:
            row = [bool(value) if place in truths else value for place, value in enumerate(row)]
        return kind(*row)

    return taken
