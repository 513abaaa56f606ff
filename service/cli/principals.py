"""`whittle principals`: who is in a trail."""

from __future__ import annotations

from argparse import Namespace

from service.cli.files import emit
from service.cli.progress import reading
from service.cli.reading_text import inputs_lines
from service.cli.table import DAY, table
from service.core.inputs import inputs_json
from service.core.json_bytes import to_bytes
from service.core.shown import shown
from service.usecases.gather import gather, keep_nothing
from service.usecases.summaries import PrincipalSummary, summaries, summary_json
from service.wiring import file_trail

# What is long, and differs in length, comes last, where it cannot push anything else off the screen.
_HEAD = ("events", "operations", "services", "first seen", "last seen", "type", "principal")


def principals(arguments: Namespace) -> int:
    """Read and print a line for each principal."""
    trail = file_trail(arguments.trail, arguments.workers)
    with reading(trail) as progress:
        read = gather(trail, keep_nothing, None, progress)
    found = summaries(read.gathered)
    if arguments.format == "json":
        emit(to_bytes({"principals": [summary_json(each) for each in found], "inputs": inputs_json(read.inputs)}))
    else:
        lines = [table(_HEAD, [_row(each) for each in found]), *inputs_lines(read.inputs)]
        emit("\n".join(lines) + "\n")
    return 0


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
