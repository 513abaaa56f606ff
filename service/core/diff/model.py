"""The difference of two sets of policies as a value: per action, per resource, and of the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from catalog.model import AccessLevel, CatalogVersion
from service.core.iam.evaluate import Request
from service.core.iam.policy import Condition, Effect
from service.core.iam.proving.verdict import Verdict
from service.core.iam.truth import Truth


class Relation(StrEnum):
    """What the proposed policies are, seen from the current ones."""

    EQUIVALENT = "equivalent"
    NARROWER = "narrower"
    WIDER = "wider"
    INCOMPARABLE = "incomparable"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What becomes of an action, or of an action on some resources.

    Changed: some requests are lost and others gained.
    """

    ADDED = "added"
    WIDENED = "widened"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    REMOVED = "removed"
    NARROWED = "narrowed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Finding:
    """What becomes of some requests, with a request to show for it.

    `before` and `after` say whether any of them is allowed. `lost` is allowed by the current policies only, `gained` by
    the proposed only, `kept` by both; each is there where the kind asks for it and one was found.
    """

    kind: Kind
    before: Truth
    after: Truth
    lost: Request | None = None
    gained: Request | None = None
    kept: Request | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """Resources as the Resource of a statement lists them, one pattern; or as its NotResource does, all but these."""

    resources: tuple[str, ...]
    excepted: bool = False
    variables: bool = True

    def __str__(self) -> str:
        listed = ", ".join(self.resources)
        return f"all but {listed}" if self.excepted else listed


@dataclass(frozen=True, slots=True)
class ScopeChange:
    """What becomes of the actions on the resources of a scope. One with variables: on whatever their values are."""

    scope: Scope
    finding: Finding


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of some actions of one service and access level, which no statement tells apart.

    The finding's requests are for the first of the actions. `scopes` are where the Allow statements of both sides
    reach; those of an action that is removed, added or the same have its kind and no request of their own.
    """

    service: str
    access_level: AccessLevel | None
    actions: tuple[str, ...]
    finding: Finding
    scopes: tuple[ScopeChange, ...]

    @property
    def kind(self) -> Kind:
        """The kind of the finding."""
        return self.finding.kind

    @property
    def level(self) -> str:
        """The access level in words, of an action that is not in the catalog too."""
        return self.access_level.value if self.access_level else NOT_IN_CATALOG


NOT_IN_CATALOG = "not in the catalog"
"""In the place of an access level."""


@dataclass(frozen=True, slots=True, order=True)
class StatementCondition:
    """A condition of a statement, and whether that allows or denies where it holds."""

    effect: str
    condition: Condition

    @classmethod
    def of(cls, effect: Effect, condition: Condition) -> StatementCondition:
        """The same for conditions that differ in the order of their values or the case of their key."""
        values = tuple(sorted(set(condition.values)))
        return cls(effect.value, Condition(condition.operator, condition.key.lower(), values))


@dataclass(frozen=True, slots=True)
class ConditionChange:
    """Conditions that the statements about some actions have on one side only."""

    added: tuple[StatementCondition, ...]
    removed: tuple[StatementCondition, ...]
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True, order=True)
class Combination:
    """Actions that together let a principal gain more permissions than it was given."""

    name: str
    actions: tuple[str, ...]
    gives: str
    source: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A combination of which the current or the proposed policies allow every action, each on some resource at least.

    `kind` is removed, added, unknown, or else: same if every action is, narrowed if one is and none is more, changed.
    """

    combination: Combination
    kind: Kind


@dataclass(frozen=True, slots=True)
class PolicyDiff:
    """Everything that changes.

    `no_new_access` says whether the proposed policies allow nothing that the current ones do not, `nothing_lost` the
    same the other way round. `same_text`: the documents differ at most in order and Sids.
    """

    no_new_access: Verdict
    nothing_lost: Verdict
    relation: Relation
    same_text: bool
    changes: tuple[Change, ...]
    conditions: tuple[ConditionChange, ...]
    escalations: tuple[Escalation, ...]
    catalog: CatalogVersion = field(repr=False)

    def of_kind(self, *kinds: Kind) -> Iterator[Change]:
        """The changes of some kinds, in their order."""
        return (each for each in self.changes if each.kind in kinds)
