"""A comparison as plain text, for a person who has to decide: the relation first, then what changes, by weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from service.core.diff.counts import by_level, counts
from service.core.diff.model import Change, ConditionChange, Kind, PolicyDiff
from service.core.diff.words import (
    ESCALATIONS,
    KIND_ORDER,
    TITLES,
    examples,
    largest_first,
    remarks,
    scope_words,
    sentence,
    services_words,
    some_names,
    statement_condition_words,
)

_EXAMPLES = 2
"""How many groups of an access level show a request, of actions that come or go as a whole."""

_DETAILED = 12
"""How many groups of an access level are told one by one, of actions that change in part."""

_SCOPES = 6
_LONG = 20

_WHOLE = frozenset({Kind.ADDED, Kind.REMOVED, Kind.SAME})


def diff_text(diff: PolicyDiff) -> str:
    """The comparison, as lines."""
    return "\n".join(_lines(diff)) + "\n"


def _lines(diff: PolicyDiff) -> Iterator[str]:
    yield sentence(diff)
    yield from (f"  {each}" for each in remarks(diff))
    yield ""
    yield from _totals(diff.changes)
    for kind in KIND_ORDER:
        yield from _kind(kind, list(diff.of_kind(kind)))
    yield from _escalations(diff)
    yield from _conditions(diff.conditions)
    yield ""
    yield f"catalog {diff.catalog.version} ({diff.catalog.source}, {diff.catalog.date})"
    yield "every request shown was put to both sets of policies by a plain evaluator; --format json has everything"


def _totals(changes: Sequence[Change]) -> Iterator[str]:
    total = counts(changes)
    told = [f"{number:,} {kind.value}" for kind in KIND_ORDER if (number := total.kinds[kind])]
    allowed = f"{total.before:,} before, {total.after:,} after"
    yield f"actions allowed on some resource: {allowed} ({', '.join(told) or 'none'})"
    for level, each in by_level(changes).items():
        yield f"  {level}: {each.before:,} before, {each.after:,} after"


def _kind(kind: Kind, changes: Sequence[Change]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield f"{TITLES[kind]} ({sum(len(each.actions) for each in changes):,})"
    for level, of_level in groupby(changes, key=lambda each: each.level):
        yield from _level(level, list(of_level))


def _level(level: str, changes: Sequence[Change]) -> Iterator[str]:
    yield f"  {level}, {sum(len(each.actions) for each in changes):,}: {services_words(changes)}"
    whole = changes[0].kind in _WHOLE
    shown_changes = largest_first(changes)[: _EXAMPLES if whole else _DETAILED]
    for each in shown_changes:
        if not whole:
            yield f"    {some_names(each.actions)}"
        yield from (f"      {line}" for line in examples(each.finding))
        yield from (f"      on {line}" for line in _scopes(each) if not whole)
    if not whole and len(changes) > len(shown_changes):
        yield f"    and {len(changes) - len(shown_changes):,} more groups of actions"


def _scopes(change: Change) -> Iterator[str]:
    """Those that say more than the whole does."""
    found = [each for each in change.scopes if each.scope.resources != ("*",)] if len(change.scopes) > 1 else []
    yield from map(scope_words, found[:_SCOPES])
    if len(found) > _SCOPES:
        yield f"{len(found) - _SCOPES} more resources"


def _escalations(diff: PolicyDiff) -> Iterator[str]:
    if not diff.escalations:
        return
    yield ""
    yield "known ways to more permissions"
    removed = [" + ".join(each.combination.actions) for each in diff.escalations if each.kind is Kind.REMOVED]
    for each in (found for found in diff.escalations if found.kind is not Kind.REMOVED):
        yield f"  {ESCALATIONS[each.kind]}: {' + '.join(each.combination.actions)}: it {each.combination.gives}"
    if removed:
        yield f"  removed, {len(removed)}: {some_names(sorted(removed, key=len), 8)}"


def _conditions(changes: Sequence[ConditionChange]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield "conditions of actions that stay"
    for each in changes[:_LONG]:
        yield f"  {some_names(each.actions)}"
        yield from (f"    added: {statement_condition_words(test)}" for test in each.added)
        yield from (f"    no longer: {statement_condition_words(test)}" for test in each.removed)
    if len(changes) > _LONG:
        yield f"  and {len(changes) - _LONG:,} more groups of actions"
