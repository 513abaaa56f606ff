"""Who is measured: a row each, with the command that it is run by. Needs nothing but the trail and the tools."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).parent / "peers"
BASE = "decompression alone: libdeflate"
INDEX_ONE = "whittle index add, 1 worker"
INDEX_TWO = "whittle index add, 2 workers"
PROPOSE_ONE = "whittle propose --trail, 1 worker"
PROPOSE_TWO = "whittle propose --trail, 2 workers"
READ_ONE = "whittle, usage of one principal, 1 worker"
READ_TWO = "whittle, usage of one principal, 2 workers"
TRAILSCRAPER = "trailscraper"
DUCKDB = "DuckDB read_json"


@dataclass(frozen=True, slots=True)
class Setup:
    """What a run is about. `root` holds nothing but logs and what says what they are; `folders` hold the logs."""

    root: Path
    folders: tuple[Path, ...]
    arn: str
    whittle: tuple[str, ...]
    python: str
    scratch: Path
    """Empty before every run."""

    @property
    def index(self) -> Path:
        return self.scratch / "index.sqlite"

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(map(str, self.folders))


Command = Callable[[Setup], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """A tool doing a task. `needs` is a module of the peers' Python, or after `$` a program; `slow` ones run less."""

    name: str
    does: str
    command: Command
    needs: str = ""
    slow: bool = False


def missing(contestant: Contestant, setup: Setup) -> str:
    """Why a contestant cannot be run here, as a phrase; empty if it can."""
    kind, needs = contestant.needs[:1], contestant.needs
    if not needs:
        return ""
    if kind == "$":
        return "" if _program(needs[1:], setup) else f"no program `{needs[1:]}`"
    found = subprocess.run([setup.python, "-c", f"import {needs}"], check=False, capture_output=True)  # noqa: S603
    return f"no module `{needs}` in {Path(setup.python).name} of the peers" if found.returncode else ""


def _inflate(library: str) -> Command:
    return lambda setup: [setup.python, str(PEERS / "inflate.py"), library, *setup.paths]


def _index(workers: int) -> Command:
    return lambda setup: [
        *setup.whittle,
        *("index", "add", *setup.paths, "--index", str(setup.index), "--workers", str(workers)),
    ]


def _propose(workers: int) -> Command:
    return lambda setup: [
        *setup.whittle,
        *("propose", setup.arn, "--trail", *setup.paths, "--workers", str(workers), "--format", "json"),
    ]


def _read(workers: int) -> Command:
    return lambda setup: [sys.executable, "-m", "bench.performance.one", setup.arn, str(workers), *setup.paths]


def _script(name: str) -> Command:
    return lambda setup: [setup.python, str(PEERS / name), setup.arn, *setup.paths]


def _program(name: str, setup: Setup) -> str | None:
    """A program of the peers' environment, or of the machine."""
    return shutil.which(name, path=str(Path(setup.python).parent)) or shutil.which(name)


def _jq(setup: Setup) -> Sequence[str]:
    return ["bash", "-c", _JQ, "bash", setup.arn, *setup.paths]


def _trailscraper(setup: Setup) -> Sequence[str]:
    program = _program("trailscraper", setup) or "trailscraper"
    return ["bash", "-c", _TRAILSCRAPER, program, setup.arn, str(setup.root)]


_JQ = """set -o pipefail; arn=$1; shift
find "$@" -name '*.json.gz' -print0 | xargs -0 gzip -dc | jq -c --arg arn "$arn" '.Records[]
  | select(.userIdentity.sessionContext.sessionIssuer.arn == $arn or .userIdentity.arn == $arn)
  | [.eventSource, .eventName, .errorCode, [.resources[]?.ARN]]' | sort | uniq -c"""
_TRAILSCRAPER = """set -o pipefail
"$0" select --log-dir "$2" --filter-assumed-role-arn "$1" | "$0" generate"""

CONTESTANTS: tuple[Contestant, ...] = (
    Contestant(BASE, "reads and inflates every file", _inflate("deflate"), "deflate"),
    Contestant("decompression alone: igzip", "reads and inflates every file", _inflate("isal"), "isal"),
    Contestant(INDEX_ONE, "all principals, written to an index", _index(1)),
    Contestant(INDEX_TWO, "all principals, written to an index", _index(2)),
    Contestant(READ_ONE, "one principal, counted", _read(1)),
    Contestant(READ_TWO, "one principal, counted", _read(2)),
    Contestant(PROPOSE_ONE, "one principal, to a policy with its proof", _propose(1)),
    Contestant(PROPOSE_TWO, "one principal, to a policy with its proof", _propose(2)),
    Contestant("chdb", "one principal, counted", _script("with_chdb.py"), "chdb", slow=True),
    Contestant("gzip + json + dict", "one principal, counted", _script("plain.py"), slow=True),
    Contestant("gzip -dc, jq, sort, uniq", "one principal, counted", _jq, "$jq", slow=True),
    Contestant(TRAILSCRAPER, "one role, to a policy", _trailscraper, "$trailscraper", slow=True),
    Contestant(DUCKDB, "one principal, counted", _script("with_duckdb.py"), "duckdb", slow=True),
)
