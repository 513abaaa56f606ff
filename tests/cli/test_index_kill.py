"""`whittle index add` is killed at any moment: given again, the index is what a clean run makes."""

from __future__ import annotations

import random
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from service.cli.index_text import status_json
from service.usecases.index_checking import findings
from service.wiring import usage_index
from tests.cli.index_commands import ROLES, forked_command, many_files
from tests.laws.indexed import Said, said_by_index

KILLS = 25


def _state(place: str) -> dict[str, Any]:
    """What `status` says, less sizes and segments, which hang on how often a run began."""
    with closing(usage_index(place, create=False)) as index:
        status = status_json(index.totals())
        assert list(findings(index)) == []
    return {name: value for name, value in status.items() if name not in {"bytes", "segments"}}


def _finish(arguments: list[str]) -> float:
    began = time.monotonic()
    process = forked_command(arguments)
    process.join(120)
    assert process.exitcode == 0
    return time.monotonic() - began


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_killed_at_any_moment_the_next_run_makes_it_whole(workers: int, tmp_path: Path) -> None:
    trail = many_files(tmp_path / "trail", 90, 25)
    arguments = ["index", "add", str(trail), "--workers", str(workers), "--index"]
    clean = str(tmp_path / "clean")
    _finish([*arguments, clean])
    state, said = _state(clean), said_by_index(clean)
    took = _finish([*arguments, str(tmp_path / "again")])  # now that all is loaded that a fork needs
    assert (state["inputs"]["files"], state["unsettled"], len(ROLES)) == (90, 0, state["principals"])
    left = [_killed_and_given_again(arguments, tmp_path, seed, took, state, said) for seed in range(KILLS)]
    assert len({each for each in left if 0 < each < 90}) > KILLS / 10, "hardly any was killed in the middle"
    print(f"{KILLS} kills, {workers} workers, seeds 0 to {KILLS - 1}: files stored {sorted(left)}")  # noqa: T201  # for -s


def _killed_and_given_again(
    arguments: list[str], folder: Path, seed: int, took: float, state: dict[str, Any], said: Said
) -> int:
    """How many files were stored by then."""
    place = str(folder / f"index-{seed}")
    process = forked_command([*arguments, place])
    time.sleep(random.Random(seed).uniform(0, took))
    process.kill()
    process.join()
    stored = _stored(place)
    _until_free(place)
    _finish([*arguments, place])
    assert _state(place) == state, f"seed {seed}"
    found = said_by_index(place)
    assert [each for each in said if found.get(each) != said[each]] == [], f"seed {seed}"
    return stored


def _stored(place: str) -> int:
    with closing(usage_index(place)) as index:
        return index.totals().files.files


def _until_free(place: str) -> None:
    """Workers end a moment after their parent."""
    for _ in range(100):
        try:
            with closing(usage_index(place)) as index, index.adding():
                return
        except Exception:  # noqa: BLE001  # whatever it is, the run that follows would meet it too
            time.sleep(0.02)
