"""`whittle propose`: one principal's policy."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from service.cli.catalog_choice import refreshed_catalog
from service.cli.choosing import choices_of
from service.cli.files import emit, write_file
from service.cli.index_place import place_of
from service.cli.progress import reading
from service.cli.proposal_text import proposal_text
from service.core.beside import Beside
from service.core.certificate_json import requests_lines
from service.core.days import WindowAsked
from service.core.iam.document import render_pretty
from service.core.json_bytes import to_bytes
from service.core.principals import PrincipalQuery, parse_principal
from service.core.proposal import Proposal
from service.core.proposal_json import document
from service.core.usage import Keep
from service.usecases.gather import gather
from service.usecases.index_reading import of_one_state
from service.usecases.reading import Reading
from service.wiring import current_in, file_trail, keep_with, overrides_in, parts, usage_index


def propose(arguments: Namespace) -> int:
    """Read, propose, print; with --output and --requests also write the files."""
    query = parse_principal(arguments.principal)
    asked = WindowAsked(arguments.days, arguments.first or "", arguments.last or "")
    generation = refreshed_catalog(arguments, whole=True)
    refreshed = generation.place if generation else None
    overrides = overrides_in(arguments.overrides, refreshed)
    current = current_in(arguments.current, query) if arguments.current else None
    beside = Beside(current, choices_of(arguments))
    proposer = parts(overrides, refreshed).proposer

    def make(read: Reading) -> Proposal:
        return proposer.propose(read, query, asked, beside)

    keep = keep_with(overrides, refreshed)
    proposal = _of_trail(arguments, keep, query, make) if arguments.index is None else _of_index(arguments, keep, make)
    as_json = to_bytes(document(proposal))
    if arguments.output is not None:
        _write(arguments.output, proposal, as_json)
    if arguments.requests is not None:
        write_file(arguments.requests, requests_lines(proposal.certificate.requests))
    emit(as_json if arguments.format == "json" else proposal_text(proposal))
    return 0


_Make = Callable[[Reading], Proposal]


def _of_trail(arguments: Namespace, keep: Keep, query: PrincipalQuery, make: _Make) -> Proposal:
    trail = file_trail(arguments.trail, arguments.workers)
    with reading(trail) as progress:
        read = gather(trail, keep, query, progress)
    return make(read)


def _of_index(arguments: Namespace, keep: Keep, make: _Make) -> Proposal:
    with closing(usage_index(place_of(arguments), create=False)) as index:
        return of_one_state(index, keep, make)


def _write(folder: Path, proposal: Proposal, as_json: bytes) -> None:
    for named in proposal.policies:
        write_file(folder / f"{named.name}.json", render_pretty(named.policy).encode())
    write_file(folder / "proposal.json", as_json)
