"""`whittle group`: one policy for a job function."""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from service.cli.choosing import choices_of
from service.cli.files import emit, write_file
from service.cli.fit_text import fit_lines
from service.cli.question import answered_for_all
from service.cli.table import table
from service.core.current import Current
from service.core.days import WindowAsked
from service.core.group import Group, Share, SharedPermission
from service.core.group_json import group_json
from service.core.iam.document import render_pretty
from service.core.json_bytes import to_bytes
from service.core.principals import Principal, PrincipalQuery, parse_principal
from service.core.shown import shown
from service.usecases.grouping import Grouper, matching
from service.usecases.propose import Proposer
from service.usecases.reading import Reading
from service.wiring import current_in, tagged_in

_MEMBERS = 6
_ROWS = 60


def group(arguments: Namespace) -> int:
    """Read for everybody, make the group's policy, print it."""
    asked = WindowAsked(arguments.days, arguments.first or "", arguments.last or "")
    given = [parse_principal(each) for each in arguments.member or ()]
    given += tagged_in(arguments.current or (), arguments.tag) if arguments.tag else []

    def current_of(query: PrincipalQuery) -> Current | None:
        return current_in(arguments.current, query) if arguments.current else None

    def make(proposer: Proposer, reading: Reading) -> Group:
        found = [*given, *(each for pattern in arguments.matching or () for each in matching(reading, pattern))]
        return Grouper(proposer).grouped(reading, arguments.name, found, asked, choices_of(arguments), current_of)

    made = answered_for_all(arguments, make)
    if arguments.output is not None:
        for each in made.policies:
            write_file(arguments.output / f"{each.name}.json", render_pretty(each.policy).encode())
        write_file(arguments.output / "group.json", to_bytes(group_json(made)))
    emit(to_bytes(group_json(made)) if arguments.format == "json" else group_text(made))
    return 0


def group_text(made: Group) -> str:
    """The group, as lines."""
    return "\n".join(_lines(made)) + "\n"


def _lines(made: Group) -> Iterator[str]:
    yield f"policy for {shown(made.name)}, a group of {len(made.shares)}"
    yield ""
    names = _names([each.principal for each in made.shares])
    yield table(_HEAD, [_share(each, names) for each in made.shares])
    yield ""
    for each in made.shares:
        yield from (f"{shown(each.principal.label, 300)}: {shown(one, 400)}" for one in each.contradictions)
    yield table(
        ("action", "access level", "needed by", "resource"),
        [_permission(each, names) for each in made.permissions[:_ROWS]],
    )
    if len(made.permissions) > _ROWS:
        yield f"and {len(made.permissions) - _ROWS} more; --format json lists them all"
    yield ""
    yield from fit_lines(made.fit)
    yield "notes:"
    yield from (f"  {shown(each, 400)}" for each in made.notes)
    yield ""
    for named in made.policies:
        yield f"policy {named.name} ({named.characters:,} of {made.fit.room.characters:,} characters)"
        yield render_pretty(named.policy)


_HEAD = ("member", "needs", "alone", "would gain", "replayed", "no new access")


def _names(principals: Sequence[Principal]) -> dict[str, str]:
    """What each member is called: by its name alone, where it is the only one of that name."""
    counts = Counter(each.name for each in principals)
    return {each.label: shown(each.name if counts[each.name] == 1 else each.label, 80) for each in principals}


def _share(share: Share, names: Mapping[str, str]) -> tuple[str, ...]:
    gains = ", ".join(f"{level} {count:,}" for level, count in share.gains.items()) or "nothing"
    verdict = "-" if share.no_new_access is None else type(share.no_new_access).__name__.lower()
    replay = f"{share.replay.allowed:,} of {share.replay.requests:,}"
    return names[share.principal.label], f"{share.needs:,}", f"{share.own:,}", gains, replay, verdict


def _permission(each: SharedPermission, names: Mapping[str, str]) -> tuple[str, ...]:
    grant = each.grant
    return grant.action, each.access_level.value, _whom(each.members, names), shown(grant.resource, 90)


def _whom(members: tuple[str, ...], names: Mapping[str, str]) -> str:
    if not members:
        return "nobody: no request can meet it"
    if len(members) == len(names):
        return "all"
    listed = [names[each] for each in members[:_MEMBERS]]
    return ", ".join(listed) + (f" and {len(members) - _MEMBERS} more" if len(members) > _MEMBERS else "")
