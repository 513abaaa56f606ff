"""The reviewer's keep list: what has to stay whatever the trail shows, with a reason for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from catalog.model import AccessLevel, Catalog
from service.core.actions import NO_OPERATION, Need, Reason, ReasonKind
from service.core.granted import Granted
from service.core.iam.pattern import parse_pattern


@dataclass(frozen=True, slots=True, order=True)
class KeepRow:
    """An action of the reviewer's keep list, `*` at its end for all that begin so, with the reviewer's reason."""

    action: str
    reason: str


def keep_list(rows: Iterable[KeepRow], granted: Granted | None, catalog: Catalog) -> Iterator[Need | str]:
    """What a keep list asks for, as far as it is granted now; in words what it cannot give."""
    for row in rows:
        actions = list(_actions_of(row.action, catalog))
        if not actions:
            yield f"keep list: the catalog has no action `{row.action}`"
        elif granted is None:
            yield f"keep list: `{row.action}` cannot be kept without the current policies: give --current"
        found = 0
        for action, level in actions if granted is not None else ():
            assert granted is not None  # noqa: S101  # the loop is empty else
            held = granted.kept(action, level, Reason(ReasonKind.KEEP_LIST, NO_OPERATION, "", row.reason))
            found += len(held.needs)
            yield from held.needs
            yield from held.lost
        if granted is not None and actions and not found:
            yield f"keep list: the current policies do not grant `{row.action}`"


def _actions_of(pattern: str, catalog: Catalog) -> Iterator[tuple[str, AccessLevel]]:
    prefix, _, name = pattern.partition(":")
    service = catalog.service(prefix)
    if service is None:
        return
    parsed = parse_pattern(name.lower(), variables=False)
    for each in service.actions.values():
        if parsed.matches(each.name.lower()):
            yield each.full_name, each.access_level
