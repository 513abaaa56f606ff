"""The whole catalog stays small in memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from catalog.load import DATA

STATUS = Path("/proc/self/status")
# Not getrusage: a child begins with the maximum of the process that started it.
LOAD = """
import re
from pathlib import Path
from catalog.load import load_catalog, load_resolver

def highest():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

before = highest()
catalog = load_catalog()
resolver = load_resolver(catalog)
actions = sum(len(catalog.service(prefix).actions) for prefix in catalog.prefixes())
print(actions, before, highest())
"""


@pytest.mark.skipif(not STATUS.exists(), reason="this system does not tell how much memory a process had at most")
def test_every_service_in_memory_takes_less_than_sixty_megabytes() -> None:
    """Of the whole process, Python and the tables of operations included."""
    command = [sys.executable, "-c", LOAD]
    done = subprocess.run(command, cwd=DATA.parents[1], capture_output=True, check=True, timeout=60)
    actions, before, after = map(int, done.stdout.split())
    assert actions > 22_000
    assert 0 < before < after < 60
