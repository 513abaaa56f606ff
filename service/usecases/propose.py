"""From what a principal did to a proposal: synthesized, and checked before it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from catalog.model import Catalog
from service.core.actions import Fate, Findings, Leftover, Mapper, Need
from service.core.days import Window, WindowAsked, resolve
from service.core.errors import InternalError
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Policy
from service.core.principals import Principal, PrincipalQuery, PrincipalType
from service.core.proposal import Covered, Inputs, Proposal, SelfCheck, permissions_of
from service.core.sightings import Sightings
from service.core.synthesis import MANAGED_POLICIES_PER_PRINCIPAL, Grant, Synthesis, synthesize
from service.core.usage import Evidence
from service.usecases.gather import Reading, of_query


@dataclass(frozen=True, slots=True)
class Proposer:
    """Makes proposals with one catalog."""

    catalog: Catalog
    mapper: Mapper

    def propose(self, reading: Reading, query: PrincipalQuery, asked: WindowAsked) -> Proposal:
        """The proposal for the principal that `query` means.

        Raises:
            PrincipalNotFound: it made no call in the trail.
            InternalError: an observed request is not allowed by the policies that were made for it.
        """
        principal, sightings = of_query(reading.gathered, query)
        window = resolve(asked, reading.gathered.last)
        findings = self.mapper.findings(sightings.usage(window))
        synthesis = _synthesis(principal, findings)
        kept, too_large = _split(findings, synthesis)
        check = self_check((named.policy for named in synthesis.policies), kept.needs)
        return Proposal(
            principal=_as_asked(principal, query),
            asked=asked,
            window=window,
            covered=_covered(reading, window),
            policies=synthesis.policies,
            permissions=permissions_of(kept),
            leftovers={each: findings.evidence_of(calls) for each, calls in findings.leftovers.items()} | too_large,
            notes=tuple(sorted(_notes(principal, synthesis, findings, sightings, window))),
            self_check=check,
            events=_events(findings, sightings, window),
            inputs=_inputs(reading, sightings),
            catalog=self.catalog.version,
        )


def self_check(policies: Iterable[Policy], needs: Iterable[Need]) -> SelfCheck:
    """Put every request that was observed to the policies.

    They only allow, so a request is allowed if one statement alone allows it; those that list its action are asked,
    the one that holds the need's own pattern first.

    Raises:
        InternalError: one of them is not allowed; the message says which.
    """
    by_action: dict[str, list[Policy]] = {}
    by_pattern: dict[tuple[str, str], Policy] = {}
    for alone in _statements_alone(policies):
        for action in alone.statements[0].actions:
            by_action.setdefault(action, []).append(alone)
            by_pattern.update({(action, pattern): alone for pattern in alone.statements[0].resources})
    requests = _observed(needs)
    for (action, resource, context), pattern in requests.items():
        first = by_pattern.get((action, pattern))
        candidates = [*([first] if first else []), *by_action.get(action, ())]
        request = Request(action, resource, dict(context))
        if not any(authorize((alone,), request).access is Access.ALLOWED for alone in candidates):
            raise InternalError(
                f"the policies do not allow `{action}` on `{resource}`, which was observed: "
                "please report this as a defect, with the operation"
            )
    return SelfCheck(len(requests), len(requests))


def _statements_alone(policies: Iterable[Policy]) -> Iterator[Policy]:
    """Each statement as a policy of its own."""
    return (replace(policy, statements=(statement,)) for policy in policies for statement in policy.statements)


_Context = tuple[tuple[str, tuple[str]], ...]


def _observed(needs: Iterable[Need]) -> dict[tuple[str, str, _Context], str]:
    """The distinct requests that needs stand for, one for each value that a need's conditions allow, in a fixed order.

    Each has the first pattern that its need asked a policy to hold.
    """
    found: dict[tuple[str, str, _Context], str] = {}
    for need in sorted(needs):
        keys = [condition.key for condition in need.conditions]
        for values in product(*(condition.values for condition in need.conditions)):
            context = tuple((key, (value,)) for key, value in zip(keys, values, strict=True))
            found.setdefault((need.action, need.request, context), need.patterns[0])
    return found


def _synthesis(principal: Principal, findings: Findings) -> Synthesis:
    """The policies, none for a principal that IAM lets nobody edit."""
    if principal.type is PrincipalType.SERVICE_LINKED_ROLE:
        return Synthesis(())
    grants = {grant for need in findings.needs for grant in _grants(need)}
    levels = {need.action: need.access_level.value for need in findings.needs}
    return synthesize(grants, principal.name, levels)


def _grants(need: Need) -> Iterator[Grant]:
    return (Grant(need.action, pattern, need.conditions) for pattern in need.patterns)


def _split(findings: Findings, synthesis: Synthesis) -> tuple[Findings, dict[Leftover, Evidence]]:
    """The findings whose needs the policies hold, and those that no policy can hold."""
    out = set(synthesis.too_large)
    large = {need for need in findings.needs if out.intersection(_grants(need))}
    kept = {need: calls for need, calls in findings.needs.items() if need not in large}
    leftovers = {_too_large(need): findings.evidence_of(findings.needs[need]) for need in sorted(large)}
    return replace(findings, needs=kept), leftovers


def _too_large(need: Need) -> Leftover:
    reason = "one permission alone is larger than a managed policy may be"
    return Leftover(Fate.UNRESOLVED, need.reason.operation, reason, (need.action,), need.request)


_NOTES_BY_TYPE = {
    PrincipalType.SERVICE_LINKED_ROLE: (
        "this is a service-linked role: AWS keeps its policy and nobody can edit it, so none is proposed"
    ),
    PrincipalType.IDENTITY_CENTER_ROLE: (
        "this role belongs to IAM Identity Center: put the policy into the permission set, the role cannot be edited"
    ),
}


def _notes(
    principal: Principal, synthesis: Synthesis, findings: Findings, sightings: Sightings, window: Window
) -> Iterator[tuple[str, int]]:
    """Sentences for the reviewer, each with the number of events that it is about (0: about the whole)."""
    if principal.type in _NOTES_BY_TYPE:
        yield _NOTES_BY_TYPE[principal.type], 0
    if not principal.arn:
        yield "the trail never shows the role's ARN: it was matched by its account and name", 0
    if (count := len(synthesis.policies)) > MANAGED_POLICIES_PER_PRINCIPAL:
        yield f"{count} policies are more than the {MANAGED_POLICIES_PER_PRINCIPAL} that can be attached by default", 0
    if not findings.evidence:
        yield "no event of the principal lies inside the window", 0
    other_days, without_time = sightings.outside(window)
    if without_time:
        yield "events without a time cannot be placed in a window and are left out", without_time
    if other_days:
        yield "events outside the window are left out", other_days
    for sentence, calls in findings.notes.items():
        yield sentence, findings.evidence_of(calls).count


def _as_asked(principal: Principal, query: PrincipalQuery) -> Principal:
    """The ARN that the user gave, where the trail itself shows none."""
    return principal if principal.arn or not query.arn else replace(principal, arn=query.arn)


def _covered(reading: Reading, window: Window) -> Covered:
    """The part of the window that the trail has events for, whoever made them."""
    gathered = reading.gathered
    first = max(gathered.first, f"{window.first}T00:00:00Z" if window.first else "")
    last = min(gathered.last, f"{window.last}T23:59:59Z" if window.last else gathered.last)
    return Covered(first, last) if first <= last else Covered("", "")


def _events(findings: Findings, sightings: Sightings, window: Window) -> dict[str, int]:
    """What became of each event of the principal; the numbers add up to `total`."""
    other_days, without_time = sightings.outside(window)
    left_out = {"outside_window": other_days, "without_time": without_time}
    return {"total": sightings.events, **dict(sorted(findings.events.items())), **left_out}


def _inputs(reading: Reading, sightings: Sightings) -> Inputs:
    read = reading.inputs
    return Inputs(
        files=read.files,
        bytes=read.bytes,
        records=read.records,
        events=read.events,
        duplicates=sightings.duplicates,
        rejected=read.rejected,
        skipped=read.skipped,
        ignored=read.ignored,
        examples=read.examples,
    )
