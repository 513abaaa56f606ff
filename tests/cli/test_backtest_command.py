"""`whittle backtest`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import failure, whittle

SAMPLE = Path(__file__).parents[2] / "samples" / "trail"
ROLE = "arn:aws:iam::111122223333:role/orders-api"


def test_the_sample_as_text() -> None:
    text = whittle("backtest", ROLE, "--trail", str(SAMPLE)).stdout.decode()
    assert text.startswith("back-test: made of 2026-08-01 to 2026-09-14, tried on 2026-09-15 to 2026-09-29\n")
    assert "recall: 460 of 460 (100.00%) events" in text


def test_parts_that_are_asked_for_as_json() -> None:
    done = whittle("backtest", ROLE, "--trail", str(SAMPLE), "--train", "20d", "--test", "10d", "--format", "json")
    (trial,) = json.loads(done.stdout)["trials"]
    assert (trial["train"], trial["test"]) == (
        {"from": "2026-08-31", "to": "2026-09-19"}, {"from": "2026-09-20", "to": "2026-09-29"},
    )  # fmt: skip


def test_folds_and_what_would_be_denied() -> None:
    done = whittle("backtest", ROLE, "--trail", str(SAMPLE), "--folds", "4", "--resources", "exact")
    text = done.stdout.decode()
    assert text.count("back-test: made of") == 3
    assert "by cause: " in text
    assert "new resource: s3:GetObject on arn:aws:s3:::fernwell-orders/receipts/" in text


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--folds", "1"], "give 2 up to the 60 days"),
        (["--folds", "61"], "give 2 up to the 60 days"),
        (["--folds", "3", "--test", "5d"], "give either --folds"),
        (["--test", "60d"], "leaves no day to learn from"),
        (["--test", "0d"], "give at least one day"),
        (["--test", "soon"], "is not a whole number"),
        (["--days", "5"], "too few to be split by themselves"),
    ],
)
def test_what_cannot_be_split(flags: list[str], sentence: str) -> None:
    assert sentence in failure("backtest", ROLE, "--trail", str(SAMPLE), *flags)
