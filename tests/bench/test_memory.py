"""The memory measure: a row for each trail and number of workers, and an exit code that says whether it is too much."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from bench import memory


def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> int:
    (tmp_path / "trail" / "large").mkdir(parents=True)
    whittle = shlex.join([sys.executable, "-c", code])
    arguments = ["bench.memory", str(tmp_path / "trail"), "--workers", "1", "--whittle", whittle]
    monkeypatch.setattr(sys, "argv", arguments)
    return memory.main()


def test_little_memory_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(tmp_path, monkeypatch, "import time; kept = bytearray(50_000_000); time.sleep(0.2)") == 0
    assert "| trail | 1 | " in capsys.readouterr().out


def test_too_much_memory_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure(tmp_path, monkeypatch, "import time; kept = bytearray(250_000_000); time.sleep(0.2)") == 1


def test_an_index_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(tmp_path, monkeypatch, "import sys; sys.exit('no such folder')") == 2
    assert "no such folder" in capsys.readouterr().err
