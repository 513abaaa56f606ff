"""Running a command as a whole process: its wall time, and the memory of the processes that it starts."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_EVERY = 0.01


class RunFailed(Exception):
    """A command that was measured did not end well."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Peak resident memory in bytes: of all processes at one time, and of the largest process.

    Pages that processes share count for each of them.
    """

    together: int
    largest: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a command: its wall time from start to end, what its processes computed in seconds, and its memory
    where that was watched.
    """

    seconds: float
    processor: float
    memory: Memory | None = None


def run(command: Sequence[str], *, watched: bool = False) -> Run:
    """Run a command to its end. Watching its memory costs a little of its time.

    Raises:
        RunFailed: it cannot be started, or ended with another code than 0.
    """
    start = time.perf_counter()
    process, said = _start(command)
    peak = _watch(process) if watched else None
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    _check(process.returncode, command, said)
    return Run(took, usage.ru_utime + usage.ru_stime, peak)


def _watch(process: subprocess.Popen[bytes]) -> Memory:
    together = largest = 0
    while not _has_ended(process.pid):
        sizes = [_resident(pid) for pid in _tree(process.pid)]
        together = max(together, sum(now for now, _ in sizes))
        largest = max(largest, *(most for _, most in sizes))
        time.sleep(_EVERY)
    return Memory(together, largest)


def _has_ended(pid: int) -> bool:
    """Whether a child has, without taking away what is known of it."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _start(command: Sequence[str]) -> tuple[subprocess.Popen[bytes], Path]:
    with tempfile.NamedTemporaryFile(prefix="bench-", suffix=".err", delete=False) as said:
        process = subprocess.Popen(  # noqa: S603  # what is measured is what the table of contestants says
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=_environment()
        )
    return process, Path(said.name)


def _environment() -> dict[str, str]:
    """As a user's: what Python compiled of a program is kept for its next run, of ours as of the peers."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _check(code: int, command: Sequence[str], said: Path) -> None:
    lines = said.read_text("utf-8", "replace").strip().splitlines()
    said.unlink()
    if code:
        raise RunFailed(
            f"`{Path(command[0]).name}` ended with {code}: {lines[-1][:300] if lines else 'it said nothing'}"
        )


def _tree(pid: int) -> list[int]:
    """A process and everything that it started, as far as it still runs."""
    found = [pid]
    for each in found:
        for task in _listed(PROC / str(each) / "task"):
            found += [int(child) for child in _read(task / "children").split()]
    return found


def _resident(pid: int) -> tuple[int, int]:
    """The resident memory of a process now, and the most that it had."""
    status = dict(line.split(":", 1) for line in _read(PROC / str(pid) / "status").splitlines() if ":" in line)
    now, most = status.get("VmRSS", "0 kB"), status.get("VmHWM", "0 kB")
    return int(now.split()[0]) * 1024, int(most.split()[0]) * 1024


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # the process has ended
        return []


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:  # the process has ended
        return ""
