"""From what a principal did to a proposal: synthesized, and checked before it leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import product

from catalog.model import Catalog
from service.core.actions import Findings, Mapped, Need
from service.core.activity.activity import Activity
from service.core.askable import asked_with
from service.core.beside import NOTHING_BESIDE, Beside
from service.core.certificate import certify
from service.core.current import Current, layer_of
from service.core.days import Window, WindowAsked, resolve
from service.core.diff.model import PolicyDiff
from service.core.errors import InternalError
from service.core.fit.words import fit_sentences
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Policy
from service.core.principals import Principal, PrincipalQuery, PrincipalType
from service.core.proposal import Covered, Proposal, SelfCheck, permissions_of
from service.core.rarity import rarity_of
from service.core.shown import shown
from service.core.suggest.model import TimeOfUse
from service.core.synthesis import Synthesis
from service.usecases.backtest import BackTester, days_covered
from service.usecases.checks import Checks
from service.usecases.making import Made, Maker, Wanted
from service.usecases.policy_diffs import PolicyDiffs
from service.usecases.reading import Reading, of_query


@dataclass(frozen=True, slots=True)
class Proposer:
    """Makes proposals with one catalog; `overrides` is the sha256 of the user's overrides, if there are any.

    `diffs` compares a proposal with what is granted now.
    """

    catalog: Catalog
    maker: Maker
    diffs: PolicyDiffs
    overrides: str | None = None

    def propose(
        self, reading: Reading, query: PrincipalQuery, asked: WindowAsked, beside: Beside = NOTHING_BESIDE
    ) -> Proposal:
        """The proposal for the principal that `query` means, certified against what it is granted now, if given.

        Raises:
            PrincipalNotFound: it made no call in the trail.
            InternalError: an observed request is not allowed by the policies that were made for it.
        """
        principal, activity = of_query(reading, query)
        window = resolve(asked, reading.spans.covered(Window())[1])
        wanted = Wanted(as_asked(principal, query), window, beside)
        mapped: Mapped = {}
        made = self.maker.made(reading, activity, wanted, mapped)
        policies = made.synthesis.policies
        certificate = certify(
            layer_of((named.name, named.policy) for named in policies),
            made.findings.needs,
            made.requests,
            made.current,
            Checks(self.catalog).arn_formats,
        )
        notes = {*_notes(principal, made, activity, window), *certificate.notes()}
        return Proposal(
            principal=wanted.principal,
            asked=asked,
            window=window,
            covered=_covered(reading, window),
            policies=policies,
            fit=made.fit,
            permissions=permissions_of(made.findings),
            leftovers={each: made.findings.evidence_of(calls) for each, calls in made.findings.leftovers.items()},
            notes=tuple(sorted(notes)),
            self_check=self_check((named.policy for named in policies), made.findings.needs),
            certificate=certificate,
            diff=None if made.current is None else self._diff(made.current, made.synthesis),
            events=_events(made.findings, activity, window),
            inputs=reading.inputs,
            duplicates=activity.duplicates,
            catalog=self.catalog.version,
            choices=beside.choices,
            generalised=made.generalised,
            testimony=made.unseen.testimony,
            suggestions=made.suggestions,
            time_of_use=_time_of_use(activity, window),
            blind_spots=made.unseen.blind_spots,
            rarity=rarity_of(made.findings, made.by_day, days_covered(reading, window)),
            backtest=BackTester(self.maker).by_default(reading, activity, wanted, mapped),
            overrides=self.overrides,
        )

    def _diff(self, current: Current, synthesis: Synthesis) -> PolicyDiff:
        """Of the identity policies: the boundary stays as it is."""
        return self.diffs.of(current.identity, [named.policy for named in synthesis.policies])


def self_check(policies: Iterable[Policy], needs: Iterable[Need]) -> SelfCheck:
    """Put every request that was observed to the policies.

    They only allow, so a request is allowed if one statement alone allows it. Asked first is the part of a statement
    that holds the need's own pattern, then every statement that lists the action.

    Raises:
        InternalError: one of them is not allowed; the message says which.
    """
    by_action: dict[str, list[Policy]] = {}
    by_pattern: dict[tuple[str, str], Policy] = {}
    wild: list[Policy] = []
    for alone in _statements_alone(policies):
        wild += [alone] if any("*" in each or "?" in each for each in alone.statements[0].actions) else []
        for action in alone.statements[0].actions:
            by_action.setdefault(action, []).append(alone)
            by_pattern.update({(action, each): _part(alone, action, each) for each in alone.statements[0].resources})
    requests = _observed(needs)
    for (action, resource, context), pattern in requests.items():
        first = by_pattern.get((action, pattern))
        candidates = [*([first] if first else []), *by_action.get(action, ()), *wild]
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


def _part(alone: Policy, action: str, pattern: str) -> Policy:
    """One action and one resource of a policy of one statement."""
    return replace(alone, statements=(replace(alone.statements[0], actions=(action,), resources=(pattern,)),))


_Context = tuple[tuple[str, tuple[str]], ...]


def _observed(needs: Iterable[Need]) -> dict[tuple[str, str, _Context], str]:
    """The distinct requests that needs stand for, one for each value that a need's conditions allow, in a fixed order.

    Each has the first pattern that its need asked a policy to hold.
    """
    found: dict[tuple[str, str, _Context], str] = {}
    for need in sorted(each for each in needs if not each.is_extra):
        keys = [condition.key for condition in need.conditions]
        for values in product(*map(asked_with, need.conditions)):
            context = tuple((key, (value,)) for key, value in zip(keys, values, strict=True))
            found.setdefault((need.action, need.request, context), need.patterns[0])
    return found


_NOTES_BY_TYPE = {
    PrincipalType.SERVICE_LINKED_ROLE: (
        "this is a service-linked role: AWS keeps its policy and nobody can edit it, so none is proposed"
    ),
    PrincipalType.IDENTITY_CENTER_ROLE: (
        "this role belongs to IAM Identity Center: put the policy into the permission set, the role cannot be edited"
    ),
}


def _notes(principal: Principal, made: Made, activity: Activity, window: Window) -> Iterator[tuple[str, int]]:
    """Sentences for the reviewer, each with the number of events that it is about (0: about the whole)."""
    if principal.type in _NOTES_BY_TYPE:
        yield _NOTES_BY_TYPE[principal.type], 0
    if not principal.arn:
        yield "the trail never shows the role's ARN: it was matched by its account and name", 0
    yield from ((sentence, 0) for sentence in fit_sentences(made.fit))
    if not made.findings.evidence:
        yield "no event of the principal lies inside the window", 0
    other_days, without_time = activity.outside(window)
    if without_time:
        yield "events without a time cannot be placed in a window and are left out", without_time
    if other_days:
        yield "events outside the window are left out", other_days
    yield from ((sentence, 0) for sentence in (*made.unseen.notes, *made.too_many))
    yield from ((sentence, 0) for sentence in (*_by_name(principal, made), *_by_tag(made)))
    for sentence, calls in made.findings.notes.items():
        yield sentence, made.findings.evidence_of(calls).count


def _by_name(principal: Principal, made: Made) -> Iterator[str]:
    """Resources of which a part is the user's name: a variable in its place would serve every user."""
    if principal.type is not PrincipalType.USER:
        return
    for need in sorted(made.findings.needs):
        for pattern in need.patterns:
            parts = re.split("([/:])", pattern)
            has_type = ":::" not in pattern and len(parts) > _NAME_PART
            begin = _NAME_PART if has_type else _RESOURCE_PART
            if principal.name in parts[begin:] and pattern.split(":")[2] != "iam":
                names = ("${aws:username}" if each == principal.name else each for each in parts[begin:])
                named = "".join((*parts[:begin], *names))
                yield f"{need.action}: the user's name is in the resource; for every user it would be {named}"


def _by_tag(made: Made) -> Iterator[str]:
    """Resources of which a part is the value of the principal's tag, as far as its tags are known."""
    seen = {pattern for need in made.findings.needs for pattern in need.patterns if not need.is_extra}
    patterns = sorted(each for each in seen if not each.startswith("arn:aws:iam:"))
    for key, value in sorted(made.current.tags if made.current is not None else ()):
        variable = f"${{aws:PrincipalTag/{key}}}"
        found = [(each, _put(each, value, variable)) for each in patterns] if len(value) >= _TELLING else []
        named = [(each, by_tag) for each, by_tag in found if by_tag != each]
        if named and not set(key) & set("${}"):
            example = shown(named[0][1], 200)
            yield (
                f"the value of the principal's tag {shown(key, 60)} is in {len(named)} of its resources: for every "
                f"principal with the tag, the first would be {example}"
            )


_TELLING = 3
"""A value shorter than this is in names by chance."""


def _put(pattern: str, value: str, variable: str) -> str:
    """A resource with a variable in the place of a value that stands between separators in its last part."""
    head, colon, name = pattern.rpartition(":")
    return head + colon + "".join(variable if part == value else part for part in _NAME_PARTS.split(name))


_NAME_PARTS = re.compile("([/_.-])")


_RESOURCE_PART = 10
"""Where an ARN's resource begins when the ARN is cut at its colons and slashes, these included."""
_NAME_PART = 12
"""Where its name does, behind the type: `table/orders`. The ARNs of S3 name no type."""


def _time_of_use(activity: Activity, window: Window) -> TimeOfUse | None:
    earliest, latest, weekdays = activity.time_of_use(window)
    return TimeOfUse(earliest, latest, tuple(sorted(weekdays))) if weekdays else None


def as_asked(principal: Principal, query: PrincipalQuery) -> Principal:
    """The ARN that the user gave, where the trail itself shows none."""
    return principal if principal.arn or not query.arn else replace(principal, arn=query.arn)


def _covered(reading: Reading, window: Window) -> Covered:
    """The part of the window that the trail has events for, whoever made them."""
    return Covered(*reading.spans.covered(window))


def _events(findings: Findings, activity: Activity, window: Window) -> dict[str, int]:
    """What became of each event of the principal; the numbers add up to `total`."""
    other_days, without_time = activity.outside(window)
    left_out = {"outside_window": other_days, "without_time": without_time}
    return {"total": activity.events, **dict(sorted(findings.events.items())), **left_out}
