"""`whittle index` in processes of their own, and a trail of many small files to give it."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from service.cli import main
from service.core.activity import fold, native_fold
from service.usecases import index_upkeep
from tests.api.site import ACCOUNT, record
from tests.laws.indexed import BYTES_AN_EVENT, deliver
from tests.laws.random_rows import uuid

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "trail"
ROLES = tuple(f"arn:aws:iam::{ACCOUNT}:role/worker-{number}" for number in range(6))
_CALLS = (
    ("s3.amazonaws.com", "GetObject"),
    ("s3.amazonaws.com", "PutObject"),
    ("dynamodb.amazonaws.com", "GetItem"),
    ("sqs.amazonaws.com", "SendMessage"),
    ("ec2.amazonaws.com", "DescribeInstances"),
)


def whittle(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """A command, as a user gives it."""
    command = [sys.executable, "-m", "service", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=120, check=False, **more)


def begun(*arguments: str | float | Path, script: str = "") -> subprocess.Popen[bytes]:
    """A command, or a script, that goes on, and that Ctrl-C reaches wherever the tests run; in a group of its own."""
    command = [sys.executable, *(["-c", script] if script else ["-m", "service"]), *map(str, arguments)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_heed_interrupts,  # noqa: PLW1509  # there are no threads here
    )


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def many_files(folder: Path, files: int, events: int, seed: int = 7) -> Path:
    """A trail of so many files of so many events; of 30, one is delivered again in a later file."""
    some = random.Random(seed)
    again: list[dict[str, Any]] = []
    for number in range(files):
        records = [_record(number * events + each, some) for each in range(events)]
        deliver(folder, f"{number % 7}/{number:05}.json.gz", [*records, *again])
        again = [each for each in records if some.random() < 1 / 30]
    return folder


def _record(number: int, some: random.Random) -> dict[str, Any]:
    source, name = some.choice(_CALLS)
    request = {"bucketName": f"bucket-{some.randrange(4)}", "key": f"logs/{some.randrange(40)}.gz"}
    return record(
        number, some.choice(ROLES), source, name, some.randrange(1, 29), requestParameters=request, eventID=uuid(number)
    )


def run_small(arguments: Sequence[str], events: int) -> None:
    """In a fork: one command that can hold hardly anything, and so writes often."""
    fold.MOST_LOOKS = fold.MOST_EVENTS = events
    native_fold.MOST_HELD, index_upkeep.MOST_SEGMENTS = events * BYTES_AN_EVENT, 3
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  # for the whole process
        sys.stdout = sys.stderr = nowhere
        os._exit(main.run(list(arguments)))


def forked_command(arguments: Iterable[str], events: int = 40) -> BaseProcess:
    """The same, begun."""
    process = multiprocessing.get_context("fork").Process(target=run_small, args=(list(arguments), events))
    process.start()
    return process
