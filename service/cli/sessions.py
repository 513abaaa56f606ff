"""`whittle sessions`: a shared role by the sessions behind it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator

from service.cli.catalog_choice import refreshed_catalog
from service.cli.files import emit
from service.cli.progress import reading
from service.cli.table import DAY, table
from service.core.choices import ResourceChoice
from service.core.days import WindowAsked
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.sessions import Cluster, TakenApart
from service.core.sessions_json import sessions_json
from service.core.shown import shown
from service.usecases.taking_apart import TakerApart
from service.wiring import file_trail, keep_with, overrides_in, parts


def sessions(arguments: Namespace) -> int:
    """Read, take apart, print."""
    query = parse_principal(arguments.principal)
    generation = refreshed_catalog(arguments, whole=True)
    refreshed = generation.place if generation else None
    overrides = overrides_in(arguments.overrides, refreshed)
    taker = TakerApart(parts(overrides, refreshed).proposer, keep_with(overrides, refreshed))
    trail = file_trail(arguments.trail, arguments.workers)
    asked = WindowAsked(arguments.days, arguments.first or "", arguments.last or "")
    with reading(trail) as progress:
        found = taker.apart(trail, query, asked, ResourceChoice(arguments.resources), progress)
    emit(to_bytes(sessions_json(found)) if arguments.format == "json" else sessions_text(found))
    return 0


def sessions_text(found: TakenApart) -> str:
    """The kinds, as lines."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: TakenApart) -> Iterator[str]:
    kinds = "1 kind" if len(found.clusters) == 1 else f"{len(found.clusters)} kinds"
    yield f"{shown(found.principal, 300)}: {kinds} of sessions, {found.pairs:,} pairs of action and resource"
    if found.spared is not None and len(found.clusters) > 1:
        yield f"with a role for each kind, a session would have {found.spared:.0%} less than now, by events"
    yield ""
    yield table(_HEAD, [_row(each) for each in found.clusters])
    yield ""
    yield from (f"note: {shown(each, 400)}" for each in found.notes)


_HEAD = (
    "session",
    "source identity",
    "user agent",
    "events",
    "days",
    "last seen",
    "needs",
    "alone",
    "could do without",
)


def _row(each: Cluster) -> tuple[str, ...]:
    spare = ", ".join(f"{level} {count:,}" for level, count in each.spare_by_level.items()) or "nothing"
    return (
        shown(each.kind.shape, 60) or "-",
        shown(each.kind.source_identity, 40) or "-",
        shown(each.kind.agent, 30) or "-",
        f"{each.events:,}",
        f"{each.days:,}",
        each.last_seen[:DAY] or "-",
        f"{each.needs:,}",
        f"{each.own:,}",
        spare,
    )
