"""A proposal for a terminal: what it grants, what it does not, what could not be known, and the policy itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.cli.backtest_text import backtest_lines, rarity_lines
from service.cli.certificate_text import certificate_lines
from service.cli.fit_text import fit_lines
from service.cli.generalised_text import generalised_lines
from service.cli.reading_text import inputs_lines
from service.cli.suggestions_text import suggestion_lines
from service.cli.table import DAY, table
from service.cli.unseen_text import blind_spot_lines, testimony_lines
from service.core.actions import Fate, Leftover
from service.core.diff.text import diff_text
from service.core.iam.document import render_pretty
from service.core.proposal import Permission, Proposal
from service.core.shown import shown
from service.core.usage import Evidence

_ROWS = 40
"""How many leftovers of a kind are listed; JSON has all of them."""


def proposal_text(proposal: Proposal) -> str:
    """The summary, as lines."""
    return "\n".join(_lines(proposal)) + "\n"


def _lines(proposal: Proposal) -> Iterator[str]:
    yield f"proposal for {shown(proposal.principal.label, 300)} ({proposal.principal.type.value})"
    yield _window(proposal)
    yield _counts("events", proposal.events)
    yield _counts("actions", proposal.actions_by_level())
    yield f"self-check: {proposal.self_check.allowed:,} of {proposal.self_check.requests:,} observed requests allowed"
    yield from certificate_lines(proposal.certificate)
    yield from backtest_lines(proposal.backtest) if proposal.backtest else ()
    yield from rarity_lines(proposal.rarity)
    yield ""
    yield from blind_spot_lines(proposal.blind_spots)
    yield from _permissions(proposal)
    yield from generalised_lines(proposal.generalised)
    yield from testimony_lines(proposal.testimony) if proposal.testimony else ()
    yield from suggestion_lines(proposal.suggestions, proposal.time_of_use)
    yield from _leftovers(proposal, Fate.DENIED, "denied, so not granted")
    yield from _leftovers(proposal, Fate.UNRESOLVED, "unresolved: no permission could be written for them")
    yield from _leftovers(proposal, Fate.UNDETERMINED, "failed in a way that shows neither yes nor no")
    yield from _leftovers(proposal, Fate.EXEMPT, "need no permission")
    yield from fit_lines(proposal.fit)
    yield from _notes(proposal)
    if proposal.diff is not None:
        yield "against what is granted now:"
        yield diff_text(proposal.diff)
    for named in proposal.policies:
        yield f"policy {named.name} ({named.characters:,} of {proposal.fit.room.characters:,} characters)"
        yield render_pretty(named.policy)
    yield from inputs_lines(proposal.inputs)
    if proposal.duplicates:
        yield f"duplicates: {proposal.duplicates:,} records told of an event again and count once"
    yield f"catalog {proposal.catalog.version} ({proposal.catalog.source}, {proposal.catalog.date})"


def _window(proposal: Proposal) -> str:
    asked = f"{proposal.window.first or 'its beginning'} to {proposal.window.last or 'its end'}"
    covered = proposal.covered
    seen = f"it has events from {covered.first} to {covered.last}" if covered.first else "it has no event in there"
    return f"window: the trail from {asked}; {seen}"


def _counts(title: str, counts: Mapping[str, int]) -> str:
    told = [f"{name.replace('_', ' ')} {count:,}" for name, count in counts.items() if count]
    return f"{title}: {', '.join(told) or 'none'}"


def _permissions(proposal: Proposal) -> Iterator[str]:
    if not proposal.permissions:
        inside = any(count for what, count in proposal.events.items() if what not in ("total", "outside_window"))
        why = (
            "nothing that was seen needs one that a policy could grant" if inside else "nothing was seen in the window"
        )
        yield f"no permissions: {why}"
        yield ""
        return
    head = ("action", "access level", "count", "last seen", "reason", "resources")
    yield table(head, [_permission(each) for each in proposal.permissions])
    yield ""


def _permission(each: Permission) -> tuple[str, ...]:
    first = shown(each.resources[0], 70)
    more = f" and {len(each.resources) - 1} more" if len(each.resources) > 1 else ""
    conditions = "".join(f" if {test.key} is {' or '.join(map(shown, test.values))}" for test in each.conditions)
    via = f" via {', '.join(map(shown, each.via))}" if each.via else ""
    last = each.evidence.last_seen[:DAY] or "-"
    where = first + more + conditions + via
    return each.action, each.access_level.value, str(each.evidence.count), last, each.reason.value, where


def _leftovers(proposal: Proposal, fate: Fate, title: str) -> Iterator[str]:
    found = proposal.with_fate(fate)
    if not found:
        return
    yield f"{title} ({sum(evidence.count for _, evidence in found):,} events):"
    yield from (f"  {_leftover(each, evidence)}" for each, evidence in found[:_ROWS])
    if len(found) > _ROWS:
        yield f"  and {len(found) - _ROWS} more; --format json lists them all"
    yield ""


def _leftover(each: Leftover, evidence: Evidence) -> str:
    operation = f"{shown(each.operation.source)} {shown(each.operation.name)}"
    action = f" -> {', '.join(map(shown, each.actions))}" if each.actions else ""
    resource = f" on {shown(each.resource)}" if each.resource else ""
    kind = ("explicit deny in a " if each.explicit else "no allow in the ") + each.policy_type
    detail = "; ".join(filter(None, (shown(each.detail), kind if each.policy_type else "")))
    return f"{operation}{action}{resource}: {detail} ({evidence.count:,})"


def _notes(proposal: Proposal) -> Iterator[str]:
    if not proposal.notes:
        return
    yield "notes:"
    for sentence, events in proposal.notes:
        yield f"  {shown(sentence, 400)}" + (f" ({events:,} events)" if events else "")
    yield ""
