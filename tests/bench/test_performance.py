"""The runner: who runs when, what is counted, how it is told."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from bench.performance.aims import AIMS
from bench.performance.contestants import BASE, CONTESTANTS, INDEX_ONE, INDEX_TWO, Contestant, Setup, missing
from bench.performance.figure import Figure
from bench.performance.measure import Memory, RunFailed, run
from bench.performance.profile import OTHER, ROOT, Function, shares, stage_of
from bench.performance.report import render
from bench.performance.rounds import PartResults, Result, measured
from bench.performance.trail import TrailPart, look

ROLE = "arn:aws:iam::111122223333:role/orders"
USER = "arn:aws:iam::111122223333:user/dana"


def part(root: Path) -> TrailPart:
    return TrailPart("whole", root, (root,), 2, 1_000, 2_000_000, 250_000, (ROLE, USER))


def setup(root: Path) -> Setup:
    return Setup(root, (root,), ROLE, (sys.executable, "-m", "service"), sys.executable, root / "scratch")


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_run_is_timed_and_its_children_weighed() -> None:
    child = "import time; kept = bytearray(60_000_000); time.sleep(0.3)"
    found = run(python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"), watched=True)
    assert found.seconds > 0.3
    assert 0 < found.processor < found.seconds
    assert found.memory
    assert 60_000_000 < found.memory.largest < found.memory.together < 200_000_000


def test_a_run_that_fails_says_what_it_said() -> None:
    with pytest.raises(RunFailed, match="ended with 3: no such trail"):
        run(python("import sys; sys.stderr.write('first\\nno such trail\\n'); sys.exit(3)"))


def test_contestants_take_turns_and_memory_comes_last(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def noting(name: str, slow: bool = False) -> Contestant:
        return Contestant(name, "", lambda _: python(f"open({str(log)!r}, 'a').write({name!r})"), slow=slow)

    found = measured(part(tmp_path), setup(tmp_path), [noting("a"), noting("b"), noting("s", slow=True)], 3, 1)
    assert log.read_text("utf-8") == "abs" + "ab" + "ab" + "ab"
    assert [len(each.times) for each in found.results] == [3, 3, 1]
    assert all(each.memory for each in found.results)


def test_who_fails_is_left_out_and_named(tmp_path: Path) -> None:
    broken = Contestant("broken", "", lambda _: python("import sys; sys.exit(1)"))
    absent = Contestant("absent", "", lambda _: python("pass"), needs="no_such_module_here")
    text = render("about", [measured(part(tmp_path), setup(tmp_path), [broken, absent], 2, 1)], [])
    assert "- not measured: broken: " in text
    assert "- not measured: absent: no module `no_such_module_here`" in text


def test_every_contestant_has_a_command_of_its_own(tmp_path: Path) -> None:
    commands = [tuple(each.command(setup(tmp_path))) for each in CONTESTANTS]
    assert len(set(commands)) == len(commands)
    assert CONTESTANTS[0].name == BASE
    assert (
        missing(Contestant("", "", lambda _: (), needs="$no-such-program"), setup(tmp_path))
        == "no program `no-such-program`"
    )


def test_the_report_compares_with_decompression_alone(tmp_path: Path) -> None:
    base = Result(CONTESTANTS[0], [0.5, 0.4, 0.6], [0.5, 0.4, 0.6], Memory(30_000_000, 30_000_000))
    ours = Result(CONTESTANTS[2], [2.0, 4.0, 2.5], [1.6, 1.7, 1.8], Memory(90_000_000, 80_000_000))
    text = render("about", [PartResults(part(tmp_path), (base, ours))], [Figure("size", "1/20", "1/12")])
    assert "2 files, 1,000 events, 2 MB of JSON, 0.2 MB compressed" in text
    assert "| 2.50 | 2.00 | 1.60 | 500 | 0.200 / 0.200 | 0.250 | 90 | 80 | 3 |" in text
    assert "| size | 1/20 | 1/12 |" in text
    assert str(tmp_path) not in text


def test_the_report_says_how_far_the_aims_are(tmp_path: Path) -> None:
    named = {each.name: each for each in CONTESTANTS}
    one, two = Result(named[INDEX_ONE], [3.8, 4.0], [3.5, 3.6]), Result(named[INDEX_TWO], [2.0, 2.2], [3.6, 3.7])
    text = render("about", [PartResults(part(tmp_path), (one, two))])
    assert "| index on 2 workers, times faster than on 1 (whole trail) | 1.9 | at least 1.8 |" in text
    assert "trailscraper" not in text, "what was not measured has no ratio"
    assert {name for _, _, *pair, _ in AIMS for name in pair} <= set(named)


def test_a_trail_is_counted(tmp_path: Path) -> None:
    session = {
        "arn": "arn:aws:sts::111122223333:assumed-role/orders/1",
        "sessionContext": {"sessionIssuer": {"arn": ROLE}},
    }
    records = [{"userIdentity": session}] * 2 + [{"userIdentity": {"arn": USER}}, {"userIdentity": {}}]
    content = json.dumps({"Records": records}).encode()
    for name in ("large", "small"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.json.gz").write_bytes(gzip.compress(content))
    found = look(tmp_path)
    assert (found.whole.files, found.whole.events, found.whole.bytes) == (2, 8, 2 * len(content))
    assert (found.whole.busiest, found.whole.median) == (ROLE, USER)
    assert [each.name for each in found.parts] == ["large", "small"]


def test_a_trail_without_anybody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"python -m bench\.trails"):
        look(tmp_path)


FRAMING = (f"{ROOT}/service/core/trail/framing.py", 1, "batches")
FOLD = (f"{ROOT}/service/core/activity/fold.py", 1, "add")


@pytest.mark.parametrize(
    ("function", "stage"),
    [
        (("~", 0, "<method 'decompress' of 'isal_zlib.Decompress' objects>"), "inflate"),
        (("~", 0, "<method 'execute' of 'sqlite3.Connection' objects>"), "write"),
        (("~", 0, "<built-in method builtins.len>"), OTHER),
        (("~", 0, "<method 'scan' of 'service.core.activity._native.Core' objects>"), "scan, reduce and fold, in C"),
        (("~", 0, "<method 'columns' of 'service.core.activity._native.Core' objects>"), "pack"),
        (("/usr/lib/python3/site-packages/sqlalchemy/engine/base.py", 7, "execute"), "write"),
        (("/usr/lib/python3/site-packages/sqlalchemy/engine/base.py", 1, "<module>"), OTHER),
        (FRAMING, "cut into slices"),
        (FOLD, "decide who, what and where"),
        (("/usr/lib/python3/json/decoder.py", 1, "decode"), OTHER),
    ],
)
def test_functions_have_a_stage(function: Function, stage: str) -> None:
    assert stage_of(function) == stage


def test_what_a_library_does_counts_for_its_caller() -> None:
    decode = ("~", 0, "<method 'decode' of 'msgspec._core.JSONDecoder' objects>")
    length = ("~", 0, "<built-in method builtins.len>")
    found = shares(
        {
            FRAMING: (1, 1, 2.0, 9.0, {}),
            decode: (1, 1, 5.0, 5.0, {FRAMING: (1, 1, 5.0, 5.0)}),
            length: (2, 2, 1.0, 1.0, {FRAMING: (1, 1, 0.25, 0.25), FOLD: (1, 1, 0.75, 0.75)}),
        }
    )
    assert found == {"cut into slices": 7.25, "decide who, what and where": 0.75}
