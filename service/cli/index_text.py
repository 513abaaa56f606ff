"""What was added to an index, and what is in one, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.core.inputs import inputs_json
from service.core.json_bytes import Json
from service.core.shown import shown
from service.usecases.index_port import IndexTotals
from service.usecases.index_reading import inputs_of_totals
from service.usecases.indexing import Added


def added_text(added: Added) -> str:
    """A few lines; nothing that was left out goes unsaid."""
    return "".join(f"{line}\n" for line in _added_lines(added))


def added_json(added: Added) -> Json:
    """All counts."""
    return {
        "files": {
            "new": added.new,
            "known": added.known,
            "grown": added.grown,
            "replaced": added.replaced,
            "left": added.left,
        },
        "bytes": added.bytes,
        "records": added.records,
        "events": added.events,
        "rejected": dict(sorted(added.rejected.items())),
        "skipped": dict(sorted(added.skipped.items())),
        "ignored": dict(sorted(added.ignored.items())),
        "examples": added.examples,
        "pruned_before": added.pruned_before or None,
    }


def _added_lines(added: Added) -> Iterator[str]:
    yield f"added {added.files:,} files, {added.records:,} records, {added.events:,} events"
    others = (("known", added.known), ("grown", added.grown), ("replaced", added.replaced), ("left", added.left))
    told = [f"{count:,} {what}" for what, count in (("new", added.new), *others) if count]
    if told:
        yield f"files: {', '.join(told)}"
    if added.replaced:
        held = "one held" if added.replaced == 1 else f"{added.replaced:,} files held"
        yield f"what the replaced {held} before stays in the index: --rebuild makes one without it"
    if added.pruned_before and added.files:
        yield f"events of days before {added.pruned_before} are not taken in: these days were pruned"
    yield from _left_out(added.rejected, added.skipped, added.ignored)
    yield from (f"  {shown(each, 400)}" for each in added.examples)


def status_text(totals: IndexTotals) -> str:
    """A few lines."""
    return "".join(f"{line}\n" for line in _status_lines(totals))


def status_json(totals: IndexTotals) -> Json:
    """All counts; `inputs` as a proposal from the index has it."""
    return {
        "format": totals.format,
        "inputs": inputs_json(inputs_of_totals(totals.files)),
        "events": totals.events,
        "principals": totals.principals,
        "first_day": totals.first_day or None,
        "last_day": totals.last_day or None,
        "pruned_before": totals.pruned_before or None,
        "segments": totals.segments,
        "unsettled": totals.unsettled,
        "bytes": totals.bytes,
    }


def _status_lines(totals: IndexTotals) -> Iterator[str]:
    inputs = inputs_of_totals(totals.files)
    yield f"{inputs.files:,} files of {inputs.bytes:,} bytes, {inputs.records:,} records, {inputs.events:,} events"
    distinct = "events, those that two files have twice" if totals.unsettled else "distinct events"
    yield f"{totals.events:,} {distinct}, of {totals.principals:,} principals"
    yield f"from {totals.first_day} to {totals.last_day}" if totals.first_day else "no day has events"
    if totals.pruned_before:
        yield f"days before {totals.pruned_before} were pruned"
    yield f"{totals.bytes:,} bytes in {totals.segments:,} segments, format {totals.format}"
    if totals.unsettled:
        yield f"{totals.unsettled:,} segments are to be put in order by the next `whittle index add`"
    yield from _left_out(inputs.rejected, inputs.skipped, inputs.ignored)
    yield from (f"  {shown(each, 400)}" for each in inputs.examples)


def _left_out(rejected: Mapping[str, int], skipped: Mapping[str, int], ignored: Mapping[str, int]) -> Iterator[str]:
    for title, counts in (("rejected", rejected), ("skipped", skipped), ("members left out", ignored)):
        if counts:
            yield f"{title}: " + ", ".join(f"{shown(what)} {count:,}" for what, count in sorted(counts.items()))
