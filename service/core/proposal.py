"""The product's document: the policies for one principal, why each permission is there, and what could not be known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catalog.model import AccessLevel, CatalogVersion, Confidence, weakest
from service.core.actions import NO_OPERATION, Fate, Findings, Leftover, Need, Reason, ReasonKind
from service.core.backtest import BackTest
from service.core.certificate import Certificate
from service.core.choices import DEFAULT_CHOICES, Choices
from service.core.days import Window, WindowAsked
from service.core.diff.model import PolicyDiff
from service.core.fit.model import Fit
from service.core.iam.policy import Condition
from service.core.inputs import Inputs
from service.core.patterns.generalising import NOTHING_GENERALISED, Report
from service.core.principals import Principal
from service.core.rarity import NOTHING_SEEN, Rarity
from service.core.suggest.model import Suggestion, TimeOfUse
from service.core.synthesis import NamedPolicy
from service.core.unseen.last_accessed import Testimony
from service.core.unseen.report import BlindSpots
from service.core.usage import Evidence


@dataclass(frozen=True, slots=True)
class Permission:
    """One action of the policies: on which resources, under which conditions, and why.

    `resources` are patterns as the policy writes them. `operations` are the calls that showed it, `rules` what
    mapped them, `via` the services that called with the principal's permissions.
    """

    action: str
    access_level: AccessLevel
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...]
    reason: ReasonKind
    operations: tuple[str, ...]
    rules: tuple[str, ...]
    details: tuple[str, ...]
    via: tuple[str, ...]
    evidence: Evidence

    @property
    def confidence(self) -> Confidence:
        """How sure the mapping is: as sure as its least sure rule."""
        return weakest(self.rules)


@dataclass(frozen=True, slots=True)
class Covered:
    """What the trail really covers of the window asked for: times of its first and last event, empty without any."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class SelfCheck:
    """Every observed request that the plain evaluator put to the policies. One that is not allowed is an error."""

    requests: int
    allowed: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that Whittle says about one principal. `events` says what became of each event of the principal.

    `duplicates` are records of the principal that were delivered again.
    `overrides` is the sha256 of the file of the user's own answers that were used, None without one; `diff` is what
    changes for the principal, None where it is not known what is granted now; `backtest` is None where the window is
    too short for one.
    """

    principal: Principal
    asked: WindowAsked
    window: Window
    covered: Covered
    policies: tuple[NamedPolicy, ...]
    fit: Fit
    permissions: tuple[Permission, ...]
    leftovers: Mapping[Leftover, Evidence]
    notes: tuple[tuple[str, int], ...]
    self_check: SelfCheck
    certificate: Certificate
    events: Mapping[str, int]
    blind_spots: BlindSpots
    inputs: Inputs
    duplicates: int
    catalog: CatalogVersion
    choices: Choices = DEFAULT_CHOICES
    generalised: Report = NOTHING_GENERALISED
    testimony: Testimony | None = None
    suggestions: tuple[Suggestion, ...] = ()
    time_of_use: TimeOfUse | None = None
    rarity: Rarity = NOTHING_SEEN
    backtest: BackTest | None = None
    overrides: str | None = None
    diff: PolicyDiff | None = None

    def with_fate(self, fate: Fate) -> tuple[tuple[Leftover, Evidence], ...]:
        """The calls that brought no permission for this kind of reason, in a fixed order."""
        return tuple((each, self.leftovers[each]) for each in sorted(self.leftovers) if each.fate is fate)

    def actions_by_level(self) -> dict[str, int]:
        """How many actions of each access level the policies allow."""
        levels = {permission.action: permission.access_level for permission in self.permissions}
        return _counted(level.value for level in levels.values())

    def actions_by_service(self) -> dict[str, int]:
        """How many actions of each service the policies allow."""
        return _counted(action.split(":", 1)[0] for action in {each.action for each in self.permissions})


_Key = tuple[str, AccessLevel, tuple[Condition, ...], ReasonKind]


def permissions_of(findings: Findings) -> tuple[Permission, ...]:
    """Needs gathered by action, conditions and kind of reason."""
    groups: dict[_Key, list[Need]] = {}
    for need in sorted(findings.needs):
        groups.setdefault((need.action, need.access_level, need.conditions, need.reason.kind), []).append(need)
    return tuple(_permission(key, needs, findings) for key, needs in sorted(groups.items()))


def _permission(key: _Key, needs: list[Need], findings: Findings) -> Permission:
    action, level, conditions, kind = key
    calls = frozenset(call for need in needs for call in findings.needs[need])
    reasons = [need.reason for need in needs]
    return Permission(
        action=action,
        access_level=level,
        resources=_distinct(pattern for need in needs for pattern in need.patterns),
        conditions=conditions,
        reason=kind,
        operations=_distinct(_operation(reason) for reason in reasons),
        rules=_distinct(reason.rule for reason in reasons),
        details=_distinct(reason.detail for reason in reasons),
        via=_distinct(reason.via for reason in reasons),
        evidence=findings.evidence_of(calls),
    )


def _operation(reason: Reason) -> str:
    return "" if reason.operation == NO_OPERATION else f"{reason.operation.source} {reason.operation.name}"


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({text for text in texts if text}))


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
