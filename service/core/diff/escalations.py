"""Known ways to more permissions: combinations of actions that are removed, kept or added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from service.core.diff.model import Change, Combination, Escalation, Kind
from service.core.iam.truth import Truth, every


def combinations(rows: Iterable[Mapping[str, str]]) -> tuple[Combination, ...]:
    """The rows of the table of combinations."""
    return tuple(
        sorted(Combination(row["name"], tuple(row["actions"].split(",")), row["gives"], row["source"]) for row in rows)
    )


def escalations(changes: Iterable[Change], known: Iterable[Combination]) -> tuple[Escalation, ...]:
    """Those that either side allows, or may allow: what is new first."""
    by_action = {action.lower(): change for change in changes for action in change.actions}
    return tuple(sorted(_escalations(by_action, known), key=lambda each: (_KINDS.index(each.kind), each.combination)))


_KINDS = tuple(Kind)


def _escalations(by_action: Mapping[str, Change], known: Iterable[Combination]) -> Iterator[Escalation]:
    for each in known:
        found = [by_action.get(action.lower()) for action in each.actions]
        before = every(Truth.NO if change is None else change.finding.before for change in found)
        after = every(Truth.NO if change is None else change.finding.after for change in found)
        if max(before, after) is not Truth.NO:
            yield Escalation(each, _kind(before, after, [change.kind for change in found if change is not None]))


def _kind(before: Truth, after: Truth, kinds: list[Kind]) -> Kind:
    if Truth.UNKNOWN in (before, after) or Kind.UNKNOWN in kinds:
        return Kind.UNKNOWN
    if before is not after:
        return Kind.REMOVED if before is Truth.YES else Kind.ADDED
    different = set(kinds) - {Kind.SAME}
    if len(different) > 1:
        return Kind.CHANGED
    return different.pop() if different else Kind.SAME
