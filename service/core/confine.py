"""Needs kept within what is granted now, as far as the evidence goes.

Where a record does not show all of a resource, the current policies may: a call that was allowed was on a resource that
a policy allowed. Where they allow something under conditions that every call met, or deny it where no call was, the
conditions are kept. What stays outside of them, because the evidence asks for it or a condition cannot be kept, has a
note.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from service.core.actions import STAR_STANDS, Findings, Need
from service.core.current import Current
from service.core.granted import granted_by
from service.core.observed import ObservedRequest


def confined(findings: Findings, current: Current, requests: Iterable[ObservedRequest]) -> Findings:
    """The findings within the current policies where these leave no other way; what was changed has a note."""
    granted = granted_by(current, requests)
    needs: dict[Need, frozenset[int]] = {}
    notes: dict[str, frozenset[int]] = {}
    narrowed: dict[str, frozenset[int]] = {}
    wide: dict[str, frozenset[int]] = {}
    for need, calls in findings.needs.items():
        changed = granted.conditioned(need, granted.narrowed(need))
        needs[changed] = needs.get(changed, frozenset()) | calls
        if not need.exact:
            kind = wide if changed.patterns == need.patterns else narrowed
            kind[need.action] = kind.get(need.action, frozenset()) | calls
        for note in (*_notes(need, changed), *granted.not_kept(need, changed)):
            notes[note] = notes.get(note, frozenset()) | calls
    older = _still_true(findings.notes, {each: calls - wide.get(each, frozenset()) for each, calls in narrowed.items()})
    return replace(findings, needs=needs, notes={**older, **notes})


def _still_true(
    notes: Mapping[str, frozenset[int]], narrowed: Mapping[str, frozenset[int]]
) -> dict[str, frozenset[int]]:
    """The notes that were there, less that `*` stands for something where it no longer does."""
    found: dict[str, frozenset[int]] = {}
    for note, calls in notes.items():
        gone = narrowed.get(note.partition(": ")[0], frozenset()) if STAR_STANDS in note else frozenset()
        if left := calls - gone:
            found[note] = left
    return found


def _notes(need: Need, changed: Need) -> Iterator[str]:
    if changed.patterns != need.patterns:
        yield f"{need.action}: the current policies name the only resources it can be about, in the place of a wildcard"
    for key in sorted({each.key for each in changed.conditions} - {each.key for each in need.conditions}):
        yield f"all that was seen meets a condition of the current policies, so it is kept: {key}"
