"""Goldens: each folder is one case. `case.yaml` says what is asked, `proposal.json` and `summary.txt` are the answer.

They are compared as bytes and rewritten only by `make golden`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml

from service.api.schemas.example import EXAMPLE
from service.cli.proposal_text import proposal_text
from service.core.beside import Beside
from service.core.days import WindowAsked
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.proposal_json import document
from service.usecases.current import current_of
from service.usecases.gather import gather
from service.wiring import file_trail, keep, parts

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("*/case.yaml"))
SAMPLE = HERE.parents[1] / "samples" / "trail"


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`why` says what the case holds; without a `trail` folder of its own the sample trail is read.

    `current` are files in the folder that say what the principal is granted now.
    """

    why: str
    principal: str
    days: int | None = None
    current: tuple[str, ...] = ()


def test_there_are_cases() -> None:
    assert len(CASES) >= 4


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_golden(folder: Path, rewrite: bool) -> None:
    proposal = _proposal(folder)
    answers = {"proposal.json": to_bytes(document(proposal)), "summary.txt": proposal_text(proposal).encode()}
    for name, content in answers.items():
        if rewrite:
            (folder / name).write_bytes(content)
        assert (folder / name).read_bytes() == content, f"{name} differs: read the diff, then `make golden`"


def test_the_example_of_the_description(rewrite: bool) -> None:
    """It stands where the description is made from."""
    query = parse_principal("arn:aws:iam::444455556666:role/audit-reader")
    proposal = parts().proposer.propose(gather(file_trail([SAMPLE], 1), keep, query), query, WindowAsked())
    if rewrite:
        EXAMPLE.write_bytes(to_bytes(document(proposal)))
    assert EXAMPLE.read_bytes() == to_bytes(document(proposal)), "read the diff, then `make golden`"


def _proposal(folder: Path) -> Proposal:
    case = msgspec.convert(yaml.safe_load((folder / "case.yaml").read_text("utf-8")), Case)
    own = folder / "trail"
    query = parse_principal(case.principal)
    reading = gather(file_trail([own if own.is_dir() else SAMPLE], 1), keep, query)
    files = [(name, (folder / name).read_bytes()) for name in case.current]
    current = current_of(files, query) if files else None
    return parts().proposer.propose(reading, query, WindowAsked(days=case.days), Beside(current))
