"""`whittle resolve`: the IAM actions of one API call, or of a table of them."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator

from catalog.cache import Generation
from catalog.load import load_catalog, load_resolver
from catalog.model import NoPermission, Operation, Resolution, Resolved, Unresolved
from catalog.operations import NO_OVERRIDES, UserOverrides
from catalog.resolve import Resolver
from service.cli.arguments import STANDARD_INPUT
from service.cli.catalog_choice import refreshed_catalog, warn
from service.cli.files import emit
from service.core.errors import InputError
from service.core.json_bytes import Json, to_bytes
from service.core.shown import shown


def resolve(arguments: Namespace) -> int:
    """Resolve the operation of the arguments, or every line of standard input."""
    generation = refreshed_catalog(arguments, whole=False)
    if arguments.explain is not None:
        return _explain(arguments, generation)
    overrides = _overrides(arguments, generation)
    resolver = load_resolver(load_catalog(refreshed=generation, warn=warn), overrides.rows, refreshed=generation)
    if arguments.source is None:
        if arguments.format == "json":
            raise InputError("`--format json` is for one event source and event name: a table is answered with a table")
        return _table(resolver)
    if arguments.name is None:
        raise InputError("give both the event source and the event name, like `s3.amazonaws.com GetObject`")
    operation = Operation(arguments.source, arguments.name)
    resolution = resolver.resolve(operation)
    as_json = arguments.format == "json"
    emit(to_bytes(_json(operation, resolution)) if as_json else "".join(f"{line}\n" for line in _lines(resolution)))
    return 0


def _explain(arguments: Namespace, generation: Generation | None) -> int:
    """One record, from a file or standard input."""
    from service.cli.explain import explanation_text
    from service.cli.explain_json import explanation_json
    from service.wiring import explained

    if arguments.source is not None:
        raise InputError("--explain reads a record: leave the event source and event name out, the record has them")
    path = None if arguments.explain == STANDARD_INPUT else arguments.explain
    found = explained(path, _overrides(arguments, generation), generation.place if generation else None)
    emit(to_bytes(explanation_json(found)) if arguments.format == "json" else explanation_text(found))
    return 0


def _overrides(arguments: Namespace, generation: Generation | None) -> UserOverrides:
    if arguments.overrides is None:
        return NO_OVERRIDES
    from service.wiring import overrides_in

    return overrides_in(arguments.overrides, generation.place if generation else None)


def _table(resolver: Resolver) -> int:
    """TSV in, TSV out. A line that is not two columns is named on standard error, and the rest still answered."""
    wrong = 0
    for number, line in enumerate(_standard_input(), 1):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")[:2]]
        if len(cells) < 2 or not all(cells):  # two columns
            wrong += 1
            print(f"whittle: line {number} is not `eventSource<TAB>eventName`: `{shown(line)}`", file=sys.stderr)
            continue
        resolution = resolver.resolve(Operation(*cells))
        emit("\t".join((*map(shown, cells), ",".join(_actions(resolution)), _rule(resolution))) + "\n")
    if wrong:
        raise InputError(f"{wrong} lines of standard input could not be read; the others are answered")
    return 0


def _standard_input() -> Iterable[str]:
    if sys.stdin.isatty():
        raise InputError("give an event source and an event name, or lines of both on standard input")
    sys.stdin.reconfigure(encoding="utf-8-sig", errors="backslashreplace")  # type: ignore[union-attr]  # a text file
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
            yield f"rule: {resolution.rule} ({resolution.confidence.value})"
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
        "confidence": resolved.confidence.value if resolved else None,
        "reason": None if isinstance(resolution, Resolved) else resolution.reason,
        "notes": list(resolved.notes) if resolved else [],
    }
