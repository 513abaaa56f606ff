"""`whittle propose`: one principal's policy."""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from pathlib import Path

from service.cli.progress import reading
from service.cli.proposal_text import proposal_text
from service.core.days import WindowAsked
from service.core.errors import InputError
from service.core.iam.document import render_pretty
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.proposal_json import document
from service.usecases.gather import gather
from service.wiring import file_trail, keep, parts


def propose(arguments: Namespace) -> int:
    """Read, propose, print; with --output also write the files."""
    query = parse_principal(arguments.principal)
    asked = WindowAsked(arguments.days, arguments.first, arguments.last)
    trail = file_trail(arguments.trail, arguments.workers)
    with reading(trail) as progress:
        read = gather(trail, keep, query, progress)
    proposal = parts().proposer.propose(read, query, asked)
    as_json = to_bytes(document(proposal))
    if arguments.output is not None:
        _write(arguments.output, proposal, as_json)
    if arguments.format == "json":
        sys.stdout.buffer.write(as_json)
    else:
        print(proposal_text(proposal), end="")
    return 0


def _write(folder: Path, proposal: Proposal, as_json: bytes) -> None:
    files = {f"{each.name}.json": render_pretty(each.policy).encode() for each in proposal.policies}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in {**files, "proposal.json": as_json}.items():
            _replace(folder / name, content)
    except OSError as error:
        raise InputError(f"cannot write to `{folder}`: {error.strerror}; give a folder that can be written") from error


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".whittle-", delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
