"""A comparison as Markdown for a pull request: the decision first, tables, and long lists folded away.

Text of the policies stands in code spans only, where neither Markdown nor HTML nor a mention means anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from service.core.diff.counts import Counts, by_level, counts
from service.core.diff.model import Change, ConditionChange, Escalation, Kind, PolicyDiff
from service.core.diff.words import (
    ESCALATIONS,
    KIND_ORDER,
    TITLES,
    example,
    largest_first,
    remarks,
    request_words,
    scope_words,
    sentence,
    statement_condition_words,
)
from service.core.markdown_text import code, table

_ROWS = 60
"""How many rows a table has at most: a comment of GitHub may have 65,536 characters."""

_NAMES = 6
_SCOPES = 4


def diff_markdown(diff: PolicyDiff) -> str:
    """The comparison as GitHub's Markdown."""
    return "\n".join(_lines(diff)) + "\n"


def _lines(diff: PolicyDiff) -> Iterator[str]:
    yield f"**{sentence(diff)}**"
    yield ""
    yield from (f"- {code(each)}" for each in remarks(diff))
    yield from _totals(diff.changes)
    for kind in _FIRST:
        yield from _open(kind, list(diff.of_kind(kind)))
    yield from _escalations(diff.escalations)
    yield from _conditions(diff.conditions)
    for kind in (each for each in KIND_ORDER if each not in _FIRST):
        yield from _folded(kind, list(diff.of_kind(kind)))
    yield ""
    yield f"<sub>catalog {code(diff.catalog.version)}; every request shown was put to both sides</sub>"


# What needs a decision stands open.
_FIRST = (Kind.ADDED, Kind.WIDENED, Kind.CHANGED, Kind.UNKNOWN)


def _totals(changes: Sequence[Change]) -> Iterator[str]:
    kinds = [kind for kind in KIND_ORDER if counts(changes).kinds[kind]]
    rows = [(name, each) for name, each in by_level(changes).items()]
    yield ""
    yield from table(
        ("actions", "before", "after", *(kind.value for kind in kinds)),
        (_numbers(name, each, kinds) for name, each in [*rows, ("**all**", counts(changes))]),
    )


def _numbers(name: str, found: Counts, kinds: Sequence[Kind]) -> tuple[str, ...]:
    return (name, *(f"{number:,}" for number in (found.before, found.after, *(found.kinds[kind] for kind in kinds))))


def _open(kind: Kind, changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        yield ""
        yield f"### {_title(kind, changes)}"
        yield ""
        yield from _changes(changes)


def _folded(kind: Kind, changes: Sequence[Change]) -> Iterator[str]:
    if changes:
        yield ""
        yield f"<details><summary>{_title(kind, changes)}</summary>"
        yield ""
        yield from _changes(changes)
        yield ""
        yield "</details>"


def _title(kind: Kind, changes: Sequence[Change]) -> str:
    return f"{TITLES[kind]} ({sum(len(each.actions) for each in changes):,})"


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    ordered = largest_first(changes)
    yield from table(("access level", "actions", "where", "for example"), map(_row, ordered[:_ROWS]))
    yield from _more(len(ordered) - _ROWS, "groups of actions")


def _row(change: Change) -> tuple[str, ...]:
    listed = [code(each) for each in change.actions[:_NAMES]]
    if len(change.actions) > _NAMES:
        listed.append(f"{len(change.actions) - _NAMES:,} more")
    where = [code(scope_words(each)) for each in change.scopes[:_SCOPES]]
    if len(change.scopes) > _SCOPES:
        where.append(f"{len(change.scopes) - _SCOPES:,} more")
    return change.level, ", ".join(listed), "<br>".join(where), _example(change)


def _example(change: Change) -> str:
    name, request = example(change.finding)
    if request is not None:
        return f"{name}: {code(request_words(request))}"
    return f"not known: {code(change.finding.reason)}" if change.finding.reason else ""


def _escalations(found: Sequence[Escalation]) -> Iterator[str]:
    left = [each for each in found if each.kind is not Kind.REMOVED]
    removed = [each for each in found if each.kind is Kind.REMOVED]
    if left:
        yield ""
        yield f"### Known ways to more permissions ({len(left)})"
        yield ""
        yield from _combinations(left)
    if removed:
        yield ""
        yield f"<details><summary>removed: known ways to more permissions ({len(removed)})</summary>"
        yield ""
        yield from _combinations(removed)
        yield ""
        yield "</details>"


def _combinations(found: Iterable[Escalation]) -> Iterator[str]:
    rows = ((ESCALATIONS[each.kind], _all(each.combination.actions), each.combination.gives) for each in found)
    return table(("", "actions", "who may do them"), rows)


def _all(actions: Iterable[str]) -> str:
    return " + ".join(map(code, actions))


def _conditions(changes: Sequence[ConditionChange]) -> Iterator[str]:
    if not changes:
        return
    yield ""
    yield "### Conditions of actions that stay"
    yield ""
    yield from table(("actions", "added", "no longer"), map(_condition_row, changes[:_ROWS]))
    yield from _more(len(changes) - _ROWS, "groups of actions")


def _condition_row(change: ConditionChange) -> tuple[str, ...]:
    listed = [code(each) for each in change.actions[:_NAMES]]
    if len(change.actions) > _NAMES:
        listed.append(f"{len(change.actions) - _NAMES:,} more")
    added, removed = (
        "<br>".join(code(statement_condition_words(test)) for test in tests) for tests in (change.added, change.removed)
    )
    return ", ".join(listed), added, removed


def _more(number: int, what: str) -> Iterator[str]:
    if number > 0:
        yield ""
        yield f"and {number:,} more {what}: the JSON has all of them"
