"""`whittle resolve`: the IAM actions of one API call, or of a table of them."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator

from catalog.load import load_catalog, load_resolver
from catalog.model import NoPermission, Operation, Resolution, Resolved, Unresolved
from catalog.resolve import Resolver
from service.core.errors import InputError
from service.core.json_bytes import Json, to_bytes
from service.core.shown import shown


def resolve(arguments: Namespace) -> int:
    """Resolve the operation of the arguments, or every line of standard input."""
    resolver = load_resolver(load_catalog())
    if arguments.source is None:
        return _table(resolver)
    if arguments.name is None:
        raise InputError("give both the event source and the event name, like `s3.amazonaws.com GetObject`")
    operation = Operation(arguments.source, arguments.name)
    resolution = resolver.resolve(operation)
    if arguments.format == "json":
        sys.stdout.buffer.write(to_bytes(_json(operation, resolution)))
    else:
        print("\n".join(_lines(resolution)))
    return 0


def _table(resolver: Resolver) -> int:
    """TSV in, TSV out. A line that is not two columns is named on standard error, and the rest still answered."""
    wrong = 0
    for number, line in enumerate(_standard_input(), 1):
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) < 2 or not all(cells[:2]):  # two columns
            wrong += 1
            print(f"whittle: line {number} is not `eventSource<TAB>eventName`: `{shown(line)}`", file=sys.stderr)
            continue
        source, name = (cell.strip() for cell in cells[:2])
        resolution = resolver.resolve(Operation(source, name))
        print(shown(source), shown(name), ",".join(_actions(resolution)), _rule(resolution), sep="\t")
    if wrong:
        raise InputError(f"{wrong} lines of standard input could not be read; the others are answered")
    return 0


def _standard_input() -> Iterable[str]:
    if sys.stdin.isatty():
        raise InputError("give an event source and an event name, or lines of both on standard input")
    sys.stdin.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]  # a text file
    return sys.stdin


def _actions(resolution: Resolution) -> tuple[str, ...]:
    return resolution.actions if isinstance(resolution, Resolved) else ()


def _rule(resolution: Resolution) -> str:
    """The rule; the reason of a call that needs no permission is a short phrase without spaces."""
    return resolution.rule


def _lines(resolution: Resolution) -> Iterator[str]:
    match resolution:
        case Resolved():
            yield from resolution.actions
            yield f"rule: {resolution.rule}"
            if resolution.conditional:
                yield f"if the request shows it: {', '.join(resolution.conditional)}"
            yield from (f"note: {note}" for note in resolution.notes)
        case NoPermission() | Unresolved():
            yield f"{resolution.rule}: {shown(resolution.reason)}"


def _json(operation: Operation, resolution: Resolution) -> Json:
    resolved = resolution if isinstance(resolution, Resolved) else None
    return {
        "event_source": operation.source,
        "event_name": operation.name,
        "actions": list(resolved.actions) if resolved else [],
        "conditional": list(resolved.conditional) if resolved else [],
        "rule": _rule(resolution),
        "reason": None if isinstance(resolution, Resolved) else resolution.reason,
        "notes": list(resolved.notes) if resolved else [],
    }
