"""Connections to an index: each process has its own, and every error of the driver becomes one of ours."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any
from weakref import WeakSet

from service.adapters.usage_index.backend import Backend
from service.adapters.usage_index.kinds import DamagedValue
from service.adapters.usage_index.session import Session
from service.core.errors import DamagedIndex, InternalError

_MOST_IDLE = 5


class _Pool:
    """The connections of one process. All that is done to the lists is done in one step, so threads share them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._idle: list[Any] = []
        self._in_use: list[object] = []

    @property
    def is_in_use(self) -> bool:
        return bool(self._in_use)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """One that nobody else uses; it is not used again after an error, whatever state it is in then."""
        token = object()
        self._in_use.append(token)
        try:
            connection = self._taken()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._idle.append(connection)
            if len(self._idle) > _MOST_IDLE:
                self.close_one()
        finally:
            self._in_use.remove(token)

    def close_idle(self) -> None:
        while self.close_one():
            pass

    def close_one(self) -> bool:
        if (idle := self._pop()) is None:
            return False
        idle.close()
        return True

    def _taken(self) -> Any:
        while (idle := self._pop()) is not None:
            if self._backend.answers(idle):
                return idle
            idle.close()
        return self._backend.connect()

    def _pop(self) -> Any | None:
        try:
            return self._idle.pop()
        except IndexError:
            return None


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
        self._pool = _pool(backend)
        self._of_parents: list[_Pool] = []
        self._is_in_use_by_parent = False
        _LIVE.add(self)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction whose queries all see the same state, whoever writes meanwhile."""
        with self._transaction(self.backend.begin_reading()) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is the only one that writes; all or nothing."""
        with self._transaction(self.backend.begin_writing()) as session:
            yield session

    def close(self) -> None:
        """Close the connections of this process."""
        if self._process == os.getpid():
            self._pool.close_idle()

    def before_fork(self) -> None:
        """Close what is idle, and note whether something is not."""
        if self._process == os.getpid():
            self._is_in_use_by_parent = self._pool.is_in_use
            self._pool.close_idle()

    def is_in_use_by_parent(self, backend: Backend) -> bool:
        """Whether it was in use, for the same place, when this process was forked."""
        return self._is_in_use_by_parent and self._process != os.getpid() and self.backend.shown == backend.shown

    @contextmanager
    def _transaction(self, begin: Sequence[str]) -> Iterator[Session]:
        with self._translated(), self._here().connection() as connection:
            session = Session(connection, self.backend)
            for statement in begin:
                session.run(statement)
            yield session
            session.run("COMMIT")

    def _here(self) -> _Pool:
        """The pool of this process. That of a parent is kept: letting it go could close what is not ours."""
        if self._process != os.getpid():
            pool = _pool(self.backend)
            self._of_parents.append(self._pool)
            self._pool, self._process = pool, os.getpid()
        return self._pool

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except DamagedValue as error:
            raise DamagedIndex(
                f"the index `{self.backend.shown}` is damaged ({error}): give `whittle index add PATH... --rebuild`"
            ) from error
        except Exception as error:
            if isinstance(error, self.backend.error):
                raise self.backend.fault(error) from error
            raise


_LIVE: WeakSet[Connections] = WeakSet()


def _pool(backend: Backend) -> _Pool:
    if not backend.is_shared and any(each.is_in_use_by_parent(backend) for each in _LIVE):
        raise InternalError(f"the index `{backend.shown}` was being read or written to when this process was forked")
    return _Pool(backend)


@cache
def _watch_forks() -> None:
    os.register_at_fork(before=_before_fork)


def _before_fork() -> None:
    for each in tuple(_LIVE):
        each.before_fork()
