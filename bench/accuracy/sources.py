"""What is measured on: the fact tables and recorded trails beside the checkout, and the models of botocore."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from catalog.load import read_table
from catalog.sources.botocore_models import Models, installed_models
from catalog.tables import Row, items, parse_table
from service.core.events import Batch
from service.core.principals import attribute
from service.core.usage import Call, call_of
from service.usecases.ports import FileRead, ListedFile
from service.wiring import file_trail, keep

SHARED = Path(__file__).parents[2].parent / "shared"
"""Present where Whittle is developed; nothing in the product needs it."""

CORPORA = ("real", "docs", "fixtures")


def facts(name: str) -> tuple[Row, ...]:
    """A table of the facts."""
    return parse_table((SHARED / "facts" / name).read_text("utf-8"), name)


@cache
def models() -> Models:
    """The models of the installed botocore."""
    return installed_models()


@cache
def calls(corpus: str) -> Counter[Call]:
    """The distinct calls of a corpus, and how many events show each."""
    found: Counter[Call] = Counter()
    for _, part in file_trail([SHARED / "corpus" / corpus], 1).fold(_Calls):
        found.update(part)
    return found


class _Calls:
    """Counts calls (`service.usecases.ports.Folding`)."""

    scan = None

    def __init__(self) -> None:
        self._found: Counter[Call] = Counter()

    def begin(self, file: ListedFile) -> None:
        del file

    def add(self, batch: Batch) -> None:
        self._found.update(call_of(event, attribute(event), keep) for event in batch)

    def end(self, read: FileRead) -> None:
        del read

    def result(self) -> Counter[Call]:
        return self._found


@cache
def event_source_of() -> dict[str, str]:
    """The event source of each client: the one with its prefix's own name or that of most clients."""
    found: dict[str, tuple[int, str]] = {}
    for row in read_table("event_sources.tsv"):
        for client in items(row["clients"]):
            candidate = (-len(items(row["clients"])), row["event_source"])
            found[client] = min(found.get(client, candidate), candidate)
    return {client: f"{source}.amazonaws.com" for client, (_, source) in {**found, **_NARROWER}.items()}


# The signing name of these clients is that of another service's event source.
_NARROWER = {"connectparticipant": (0, "participant.connect")}
