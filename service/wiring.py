"""The only module that names concrete adapters: it puts the parts together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from catalog.load import load_catalog, load_resolver, read_table
from catalog.model import Catalog, Operation
from catalog.resolve import Resolver
from service.adapters.files import FileTrail
from service.core.actions import Mapper
from service.core.members import Members
from service.core.resources import Finder
from service.core.secondary import RequestRules, SecondaryActions
from service.usecases.propose import Proposer


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
    finder = Finder(catalog, Members(read_table("resource_members.tsv")))
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
