"""`whittle principals`: who is in a trail, or in an index of one."""

from __future__ import annotations

from argparse import Namespace
from contextlib import closing

from service.cli.files import emit
from service.cli.index_place import place_of
from service.cli.progress import reading
from service.cli.reading_text import inputs_lines
from service.cli.table import DAY, table
from service.core.inputs import Inputs, inputs_json
from service.core.json_bytes import to_bytes
from service.core.shown import shown
from service.usecases.gather import gather
from service.usecases.index_reading import of_one_state
from service.usecases.reading import Reading
from service.usecases.summaries import PrincipalSummary, summaries, summary_json
from service.wiring import file_trail, keep, usage_index

# What is long, and differs in length, comes last, where it cannot push anything else off the screen.
_HEAD = ("events", "operations", "services", "first seen", "last seen", "type", "principal")


def principals(arguments: Namespace) -> int:
    """Read and print a line for each principal."""
    found, inputs = _of_index(arguments) if arguments.index is not None else _of_trail(arguments)
    if arguments.format == "json":
        emit(to_bytes({"principals": [summary_json(each) for each in found], "inputs": inputs_json(inputs)}))
    else:
        lines = [table(_HEAD, [_row(each) for each in found]), *inputs_lines(inputs)]
        emit("\n".join(lines) + "\n")
    return 0


_Found = tuple[tuple[PrincipalSummary, ...], Inputs]


def _of_trail(arguments: Namespace) -> _Found:
    trail = file_trail(arguments.trail, arguments.workers)
    with reading(trail) as progress:
        return _found(gather(trail, keep, None, progress))


def _of_index(arguments: Namespace) -> _Found:
    """Whatever catalog the index was made with: a summary is none of actions."""
    with closing(usage_index(place_of(arguments), create=False)) as index:
        return of_one_state(index, None, _found)


def _found(read: Reading) -> _Found:
    return summaries(read), read.inputs


def _row(each: PrincipalSummary) -> tuple[str, ...]:
    return (
        str(each.events),
        str(each.operations),
        str(len(each.services)),
        each.first_seen[:DAY] or "-",
        each.last_seen[:DAY] or "-",
        each.principal.type.value,
        shown(each.principal.label),
    )
