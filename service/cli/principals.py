"""`whittle principals`: who is in a trail."""

from __future__ import annotations

import sys
from argparse import Namespace

from service.cli.progress import reading
from service.cli.reading_text import inputs_lines
from service.cli.table import table
from service.core.json_bytes import to_bytes
from service.core.shown import shown
from service.usecases.gather import gather, inputs_json, keep_nothing
from service.usecases.summaries import PrincipalSummary, summaries, summary_json
from service.wiring import file_trail

_HEAD = ("principal", "type", "events", "operations", "services", "first seen", "last seen")


def principals(arguments: Namespace) -> int:
    """Read and print a line for each principal."""
    trail = file_trail(arguments.trail, arguments.workers)
    with reading(trail) as progress:
        read = gather(trail, keep_nothing, None, progress)
    found = summaries(read.gathered)
    if arguments.format == "json":
        lines = [summary_json(each) for each in found]
        sys.stdout.buffer.write(to_bytes({"principals": lines, "inputs": inputs_json(read.inputs)}))
    else:
        print(table(_HEAD, [_row(each) for each in found]))
        print("\n".join(inputs_lines(read.inputs)))
    return 0


def _row(each: PrincipalSummary) -> tuple[str, ...]:
    return (
        shown(each.principal.label),
        each.principal.type.value,
        str(each.events),
        str(each.operations),
        str(len(each.services)),
        each.first_seen or "-",
        each.last_seen or "-",
    )
