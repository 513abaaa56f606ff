"""The only module that names concrete adapters: it puts the parts together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.load import load_catalog, load_resolver, read_table
from catalog.model import Catalog, Operation
from catalog.resolve import Resolver
from service.adapters.files import FileTrail
from service.adapters.proposal_store import ProposalFiles, ProposalMemory
from service.core.actions import Mapper
from service.core.members import Members
from service.core.paths import RequestPaths
from service.core.resources import Finder
from service.core.secondary import RequestRules, SecondaryActions
from service.usecases.propose import Proposer

if TYPE_CHECKING:
    from fastapi import FastAPI

    from service.usecases.proposals import ProposalStore


@dataclass(frozen=True, slots=True)
class Parts:
    """What the commands and the API work with."""

    catalog: Catalog
    resolver: Resolver
    mapper: Mapper
    proposer: Proposer


@lru_cache(maxsize=1)
def parts() -> Parts:
    """The bundled catalog and everything that rests on it, made once in a process."""
    catalog = load_catalog()
    resolver = load_resolver(catalog)
    paths = RequestPaths(read_table("api_gateway_methods.tsv"))
    finder = Finder(catalog, Members(read_table("resource_members.tsv")), paths)
    secondary = SecondaryActions(catalog, finder, RequestRules(read_table("request_actions.tsv")))
    mapper = Mapper(catalog, resolver, finder, secondary)
    return Parts(catalog, resolver, mapper, Proposer(catalog, mapper))


@lru_cache(maxsize=8192)
def keep(operation: Operation) -> frozenset[str]:
    """The request members that matter to an operation. It travels to worker processes by name, without the catalog."""
    return parts().mapper.member_names(operation)


def file_trail(paths: Sequence[Path], workers: int) -> FileTrail:
    """A trail of files and folders, read by this many processes."""
    return FileTrail(paths, workers)


def api(paths: Sequence[Path], workers: int, data_dir: Path, allowed_hosts: Sequence[str]) -> FastAPI:
    """The HTTP API over a trail, with proposals kept in a folder."""
    return _app(lambda: file_trail(paths, workers), ProposalFiles(data_dir), allowed_hosts)


def api_description() -> str:
    """`openapi.yaml`; nothing is read for it."""
    from service.api.openapi import openapi_yaml

    return openapi_yaml(_app(lambda: file_trail((), 1), ProposalMemory(), ()))


def _app(open_trail: Callable[[], FileTrail], store: ProposalStore, allowed_hosts: Sequence[str]) -> FastAPI:
    from service.api.app import create_app
    from service.usecases.proposals import ProposalDesk

    made = parts()
    return create_app(ProposalDesk(open_trail, made.proposer, keep, store), made.catalog, allowed_hosts)
