"""What is left in a policy that a reviewer looks at twice, and what of the current policies stands in a poor place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from catalog.model import Catalog
from service.core.actions import EXTRA
from service.core.advice.closest import Closest
from service.core.advice.model import Advice, AdviceKind, advice
from service.core.current import Current
from service.core.diff.model import Combination
from service.core.proposal import Permission, Proposal
from service.core.secondary import PASS_ROLE, PASSED_TO

_NAMES = 10
"""How many names an evidence lists."""


def policy_advice(proposal: Proposal, catalog: Catalog, combinations: Iterable[Combination]) -> Iterator[Advice]:
    """About the policies that are proposed."""
    subject = proposal.principal.label
    yield from _escalations(subject, proposal, combinations)
    yield from _passing(subject, proposal.permissions)
    yield from _wildcards(subject, proposal.permissions, catalog)


def _escalations(subject: str, proposal: Proposal, combinations: Iterable[Combination]) -> Iterator[Advice]:
    held = {each.action.lower() for each in proposal.permissions}
    for each in combinations:
        if all(action.lower() in held for action in each.actions):
            summary = f"with {' and '.join(each.actions)}, which the policies allow, it {each.gives}"
            yield advice(AdviceKind.ESCALATION, subject, summary, *_uses(proposal, each), link=each.source)


def _uses(proposal: Proposal, combination: Combination) -> Iterator[str]:
    for action in combination.actions:
        found = [each for each in proposal.permissions if each.action.lower() == action.lower()]
        resources = sorted({resource for each in found for resource in each.resources})
        yield f"{action} on {_listed(resources)}: {_why(found)}"


def _why(permissions: Iterable[Permission]) -> str:
    """When it was last used, or why it is in the policies though nobody saw that."""
    listed = list(permissions)
    if last := max((each.evidence.last_seen for each in listed), default=""):
        return f"last used {last}"
    kinds = sorted({each.reason.value for each in listed if each.reason in EXTRA})
    return f"not seen in use, but {', '.join(kinds)}" if kinds else "used, at an unknown time"


def _passing(subject: str, permissions: Iterable[Permission]) -> Iterator[Advice]:
    for each in permissions:
        if each.action != PASS_ROLE:
            continue
        services = [value for test in each.conditions if test.key.lower() == PASSED_TO.lower() for value in test.values]
        open_roles = [resource for resource in each.resources if "*" in resource or "?" in resource]
        if open_roles or not services:
            what = f"roles by a pattern ({_listed(open_roles)})" if open_roles else _listed(each.resources)
            to = f"to {', '.join(services)}" if services else "to any service"
            missing = " and ".join(filter(None, ["the roles" * bool(open_roles), "the service" * (not services)]))
            yield advice(AdviceKind.PASS_ROLE, subject, f"it may pass {what} {to}: name {missing}")


def _wildcards(subject: str, permissions: Iterable[Permission], catalog: Catalog) -> Iterator[Advice]:
    """Actions on `*` though they take resources: no event shows which."""
    by_level: dict[str, set[str]] = defaultdict(set)
    for each in permissions:
        definition = catalog.action(each.action)
        if "*" in each.resources and definition is not None and definition.resources:
            by_level[each.access_level.value].add(each.action)
    for level, actions in sorted(by_level.items()):
        summary = (
            f"{len(actions)} {level} actions are on `*`, though they take resources: name these where you know them"
        )
        yield advice(AdviceKind.WILDCARD, subject, summary, _listed(sorted(actions)))


def current_advice(subject: str, current: Current, *, is_user: bool) -> Iterator[Advice]:
    """About the policies that are in force, where the details of the account say how they are given."""
    inline = [each.name for each in current.policies if _INLINE in each.name]
    if inline:
        summary = f"{len(inline)} inline policies: as managed ones they have versions, a roll-back and one place"
        yield advice(AdviceKind.INLINE_POLICY, subject, summary, _listed(inline))
    own = [each.name for each in current.policies if each.name.startswith((_INLINE, "arn:"))]
    if is_user and own:
        summary = f"{len(own)} policies are the user's own: give them to a group, which others can join"
        yield advice(AdviceKind.DIRECT_POLICIES, subject, summary, _listed(own))


_INLINE = "inline policy "


def closest_advice(subject: str, found: Iterable[Closest]) -> Iterator[Advice]:
    """About the managed policies that are closest."""
    for place, each in enumerate(found, 1):
        share = f"{each.covered} of {each.used} used permissions ({each.covered / each.used:.0%})"
        more = ", ".join(f"{level} {count:,}" for level, count in each.more)
        summary = f"{place}. {each.name} covers {share}, and allows {each.excess:,} actions more"
        yield advice(AdviceKind.CLOSEST_MANAGED, subject, summary, more)


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _NAMES} more" if len(listed) > _NAMES else ""
    return ", ".join(listed[:_NAMES]) + more
