"""The comparison of policies, described member by member."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.model import AccessLevel
from service.api.policy_intake import MAX_POLICIES
from service.api.schemas.checks import VerdictDocument, WitnessDocument
from service.api.schemas.described import Described
from service.api.schemas.diff_example import ANSWERED, ASKED
from service.core.diff.model import Kind, Relation


class DiffRequest(BaseModel):
    """The policies of now and those that are to take their place."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [ASKED]})

    current: list[dict[str, Any] | str] = Field(
        max_length=MAX_POLICIES, description="What is granted now: documents, or their text as IAM's API gives it."
    )
    proposed: list[dict[str, Any] | str] = Field(max_length=MAX_POLICIES, description="What would take its place.")


class CountsDocument(Described):
    """Numbers of actions; one that may be allowed counts as allowed."""

    before: int = Field(description="Allowed on some resource by the current policies.")
    after: int = Field(description="Allowed on some resource by the proposed policies.")
    added: int = Field(description="Not allowed today, allowed then.")
    widened: int = Field(description="Allowed on more requests.")
    changed: int = Field(description="Allowed on other requests: some are lost and some gained.")
    unknown: int = Field(description="Not decided.")
    removed: int = Field(description="Allowed today, not allowed then.")
    narrowed: int = Field(description="Allowed on fewer requests.")
    same: int = Field(description="Allowed on the same requests.")


class DiffSummaryDocument(Described):
    """The comparison in numbers."""

    actions: CountsDocument = Field(description="All actions.")
    by_access_level: dict[str, CountsDocument] = Field(description="The actions by access level.")
    by_service: dict[str, CountsDocument] = Field(description="The actions by service prefix.")


class Shown(BaseModel):
    """Requests that show what becomes of something; each is there where the kind has one."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind = Field(description="What becomes of it.")
    lost: WitnessDocument | None = Field(None, description="Allowed by the current policies only.")
    gained: WitnessDocument | None = Field(None, description="Allowed by the proposed policies only.")
    kept: WitnessDocument | None = Field(None, description="Allowed by both.")
    reason: str | None = Field(None, description="Why it is not known.")


class ScopeDocument(Shown):
    """Resources as one of the statements writes them, and what becomes of the actions there."""

    resources: list[str] | None = Field(None, description="The resources.")
    not_resources: list[str] | None = Field(None, description="All resources but these.")


class ChangeDocument(Shown):
    """Actions of one service and access level that no statement tells apart. The requests are for the first of them."""

    service: str = Field(description="The service prefix.")
    access_level: AccessLevel | None = Field(description="What the actions can do; null where no catalog has them.")
    actions: list[str] = Field(description="The actions.")
    scopes: list[ScopeDocument] = Field(description="What becomes of them on each of the resources that are written.")


class StatementConditionDocument(Described):
    """A condition of a statement."""

    effect: Literal["Allow", "Deny"] = Field(description="The effect of the statement.")
    operator: str = Field(description="The condition operator.")
    key: str = Field(description="The condition key, in lower case.")
    values: list[str] = Field(description="The values, of which one has to fit.")


class ConditionChangeDocument(Described):
    """Conditions that the statements about some actions have on one side only."""

    added: list[StatementConditionDocument] = Field(description="Conditions of the proposed policies only.")
    removed: list[StatementConditionDocument] = Field(description="Conditions of the current policies only.")
    actions: list[str] = Field(description="The actions.")


class EscalationDocument(Described):
    """Actions that together let a principal gain more permissions, each allowed on some resource at least."""

    name: str = Field(description="A name for the combination.")
    actions: list[str] = Field(description="Its actions, all of which are needed.")
    gives: str = Field(description="What a principal that may do them can do.")
    kind: Kind = Field(description="What becomes of it.")
    source: str = Field(description="Where the call that does it is documented.")


class DiffCatalogDocument(Described):
    """The catalog of actions that was used."""

    version: str = Field(description="The version of its source.")
    source: str = Field(description="Where its facts come from.")
    date: str = Field(description="The day of its source.")
    digest: str = Field(description="The digest of its data.")


class DiffDocument(BaseModel):
    """What changes when the proposed policies take the place of the current ones."""

    model_config = ConfigDict(extra="forbid", title="Diff", json_schema_extra={"examples": [ANSWERED]})

    format: Literal["whittle-diff/1"] = Field(description="The format of this document.")
    relation: Relation = Field(description="What the proposed policies are, seen from the current ones.")
    sentence: str = Field(description="The relation in a sentence.")
    same_text: bool = Field(description="Whether the documents differ at most in order and Sids.")
    no_new_access: VerdictDocument = Field(description="Whether the proposed policies allow nothing that is new.")
    nothing_lost: VerdictDocument = Field(description="Whether they allow all that the current ones do.")
    summary: DiffSummaryDocument
    permissions_management: dict[Kind, list[str]] = Field(
        description="The actions of the access level Permissions management, by what becomes of them."
    )
    escalations: list[EscalationDocument] = Field(description="Known ways to more permissions, what is new first.")
    conditions: list[ConditionChangeDocument] = Field(description="Conditions that come or go for actions that stay.")
    changes: list[ChangeDocument] = Field(description="Every action that either side allows, what is new first.")
    catalog: DiffCatalogDocument
