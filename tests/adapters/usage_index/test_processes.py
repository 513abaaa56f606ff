"""Several processes at one index: one run at a time, its workers side by side, and whoever dies lets go."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import re
import time
from pathlib import Path

import pytest

from service.core.errors import InternalError
from service.usecases.index_port import IndexBusy, UsageIndex
from service.wiring import usage_index
from tests.adapters.usage_index.additions import numbered, seen
from tests.adapters.usage_index.processes import add_numbers, forked, hold, wait_for


def test_of_two_that_add_the_second_is_told_of_the_first(index: UsageIndex, place: str, tmp_path: Path) -> None:
    sign = tmp_path / "holds"
    with forked(hold, place, sign) as holder:
        wait_for(sign)
        told = re.compile(f"process {holder.pid} is adding to the index .*: wait until it has finished, or stop it")
        with pytest.raises(IndexBusy, match=told), index.adding():
            pytest.fail("both add")
        assert index.principals() == ()  # reading goes on


def test_one_that_is_killed_lets_go(index: UsageIndex, place: str, tmp_path: Path) -> None:
    sign = tmp_path / "holds"
    with forked(hold, place, sign) as holder:
        wait_for(sign)
        holder.kill()
        holder.join()
        _await_lock(index)


def _await_lock(index: UsageIndex) -> None:
    """A server needs a moment to see that a connection has gone."""
    for _ in range(100):
        try:
            with index.adding():
                return
        except IndexBusy:
            time.sleep(0.05)
    pytest.fail("nobody let go")


def test_the_lock_is_free_again_after_a_run_and_after_an_error(index: UsageIndex, place: str) -> None:
    other = usage_index(place)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), index.adding():  # noqa: PT012  # both happen while it is held
            _expect_busy(other)
            raise ZeroDivisionError
    with other.adding():
        pass
    other.close()


def _expect_busy(index: UsageIndex) -> None:
    with pytest.raises(IndexBusy, match=f"process {os.getpid()} is adding"), index.adding():
        pass


def test_workers_of_one_run_add_side_by_side(index: UsageIndex, place: str, tmp_path: Path) -> None:
    alone = usage_index(str(tmp_path / "alone"))
    for number in range(40):
        alone.add(numbered(number))
    with index.adding():
        workers = [
            multiprocessing.get_context("fork").Process(target=add_numbers, args=(place, range(at, 40, 4)))
            for at in range(4)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert seen(index) == seen(alone)
    assert list(index.check()) == []
    alone.close()


def test_a_fork_of_an_index_has_connections_of_its_own(index: UsageIndex) -> None:
    index.add(numbered(1))
    with forked(_use, index) as child:
        child.join()
        assert child.exitcode == 0
    index.add(numbered(3))
    assert len(index.known_files()) == 6


def _use(index: UsageIndex) -> None:
    index.add(numbered(2))
    assert len(list(index.segments(with_keys=True))) == 6
    index.close()


def test_forks_of_a_process_that_goes_on_writing_lose_nothing(index: UsageIndex, place: str) -> None:
    """Where a fork knows of its parent's locks, one that leaves takes the log of all others with it."""
    with index.adding():
        for number in range(0, 30, 3):
            index.add(numbered(number))
            with forked(add_numbers, place, range(number + 1, number + 2)) as one:
                index.known_files()
                with forked(add_numbers, place, range(number + 2, number + 3)) as other:
                    index.close()
                    one.join()
                    other.join()
    assert len(index.known_files()) == 60
    assert list(index.check()) == []


def test_a_fork_while_the_index_is_read_leaves_the_reader_alone(index: UsageIndex) -> None:
    index.add(numbered(1))
    reading = index.segments(with_keys=True)
    next(reading)
    refuses = not index._connections.backend.is_shared  # type: ignore[attr-defined]  # SQLite could not tell the two apart
    with forked(_expect_refusal if refuses else _use, index) as child:
        child.join()
        assert child.exitcode == 0
    assert len(list(reading)) == 2


def _expect_refusal(index: UsageIndex) -> None:
    with pytest.raises(InternalError, match="when this process was forked"):
        index.add(numbered(2))


def test_an_index_can_be_sent_to_another_process(index: UsageIndex) -> None:
    index.add(numbered(1))
    sent = pickle.loads(pickle.dumps(index))
    assert seen(sent) == seen(index)
    sent.close()


def test_many_open_an_index_that_is_not_there_yet(place: str) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=add_numbers, args=(place, range(at, at + 2))) for at in range(0, 12, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 6
    index = usage_index(place, create=False)
    assert len(index.known_files()) == 24
    index.close()
