"""Connections to an index: each process has its own, and every error of the driver becomes one of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from weakref import WeakSet

from sqlalchemy import Connection, Engine, QueuePool
from sqlalchemy.exc import DBAPIError

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.kinds import DamagedValue
from service.core.errors import DamagedIndex, InternalError


class Connections:
    """Transactions, one for each question or change.

    A process that forks lets go of its idle connections before: SQLite's locks belong to a process, but what it knows
    of them would be in both (https://sqlite.org/howtocorrupt.html, "carrying an open database connection across a
    fork"). Connections that are in use then are never touched by the fork.
    """

    def __init__(self, backend: Backend) -> None:
        _watch_forks()
        self.backend = backend
        self._process = os.getpid()
        self._engine = _engine(backend)
        self._of_parents: list[Engine] = []
        self._is_in_use_by_parent = False
        _LIVE.add(self)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction whose queries all see the same state, whoever writes meanwhile."""
        with self._translated(), self._here().connect() as connection:
            options = self.backend.reading_options()
            yield connection.execution_options(**options) if options else connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is the only one that writes; all or nothing."""
        with self._translated(), self._here().connect() as fresh:
            connection = fresh.execution_options(whittle_writes=True)
            with connection.begin():
                self.backend.begin_writing(connection)
                yield connection

    def close(self) -> None:
        """Close the connections of this process."""
        if self._process == os.getpid():
            self._engine.dispose()

    def before_fork(self) -> None:
        """Close what is idle, and note whether something is not."""
        if self._process == os.getpid():
            pool = self._engine.pool
            self._is_in_use_by_parent = isinstance(pool, QueuePool) and pool.checkedout() > 0
            if not self._is_in_use_by_parent:
                self._engine.dispose()

    def is_in_use_by_parent(self, backend: Backend) -> bool:
        """Whether it was in use, for the same place, when this process was forked."""
        return self._is_in_use_by_parent and self._process != os.getpid() and self.backend.shown == backend.shown

    def _here(self) -> Engine:
        """The engine of this process. That of a parent is kept: letting it go could close what is not ours."""
        if self._process != os.getpid():
            engine = _engine(self.backend)
            self._of_parents.append(self._engine)
            self._engine, self._process = engine, os.getpid()
        return self._engine

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self.backend.fault(error) from error
        except (DamagedValue, UnicodeDecodeError) as error:  # the latter from the driver, which decodes names
            raise DamagedIndex(
                f"the index `{self.backend.shown}` is damaged ({error}): give `whittle index add PATH... --rebuild`"
            ) from error


_LIVE: WeakSet[Connections] = WeakSet()


def _engine(backend: Backend) -> Engine:
    if not backend.is_shared and any(each.is_in_use_by_parent(backend) for each in _LIVE):
        raise InternalError(f"the index `{backend.shown}` was being read or written to when this process was forked")
    return backend.engine()


@cache
def _watch_forks() -> None:
    os.register_at_fork(before=_before_fork)


def _before_fork() -> None:
    for each in tuple(_LIVE):
        each.before_fork()
