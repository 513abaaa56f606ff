"""`whittle propose`: one principal's policy."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from service.cli.files import emit, write_file
from service.cli.proposal_text import proposal_text
from service.cli.question import Question, answered
from service.core.certificate_json import requests_lines
from service.core.iam.document import render_pretty
from service.core.json_bytes import to_bytes
from service.core.proposal import Proposal
from service.core.proposal_json import document
from service.usecases.reading import Reading


def propose(arguments: Namespace) -> int:
    """Read, propose, print; with --output and --requests also write the files."""

    def make(question: Question, reading: Reading) -> Proposal:
        return question.proposer.propose(reading, question.query, question.asked, question.beside)

    proposal = answered(arguments, make)
    as_json = to_bytes(document(proposal))
    if arguments.output is not None:
        _write(arguments.output, proposal, as_json)
    if arguments.requests is not None:
        write_file(arguments.requests, requests_lines(proposal.certificate.requests))
    emit(as_json if arguments.format == "json" else proposal_text(proposal))
    return 0


def _write(folder: Path, proposal: Proposal, as_json: bytes) -> None:
    for named in proposal.policies:
        write_file(folder / f"{named.name}.json", render_pretty(named.policy).encode())
    write_file(folder / "proposal.json", as_json)
