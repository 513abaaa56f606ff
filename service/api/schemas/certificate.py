"""The certificate of a proposal, described."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from catalog.model import AccessLevel
from service.api.schemas.checks import VerdictDocument
from service.api.schemas.described import Described
from service.core.excess import ExcessCause
from service.core.iam.shortfall import Cause


class MissDocument(Described):
    """Requests that are not certainly allowed, and why; those that differ in nothing that matters, together."""

    action: str = Field(description="The action.")
    resource: str = Field(description="The resource; `*` stands for a part that the record does not show.")
    reason: Cause = Field(description="The class of the reason.")
    nearest_statement: str | None = Field(
        description="The statement that comes nearest, or the boundary; null if no statement has the action."
    )
    element: str | None = Field(description="Its first element that does not match, or that is not known to.")
    requests: int = Field(description="How many distinct requests.")
    events: int = Field(description="How many events.")


class ReplayCountsDocument(Described):
    """Distinct requests put to policies."""

    requests: int = Field(description="How many there are, with their resources and condition keys.")
    allowed: int = Field(description="How many are certainly allowed.")
    unknown: int = Field(description="How many hang on what the records do not show.")
    misses: list[MissDocument] = Field(description="All that are not certainly allowed.")


class ReplayDocument(ReplayCountsDocument):
    """The requests that were observed, put to the proposal and to the current policies."""

    requests_digest: str = Field(
        description="The SHA-256 of the requests as `whittle propose --requests` writes them.",
        pattern="^sha256:[0-9a-f]{64}$",
    )
    current: ReplayCountsDocument | None = Field(
        description="The same for the current policies; null where they are not given."
    )


class NoNewAccessDocument(VerdictDocument):
    """Whether the proposal allows nothing that the current policies do not."""

    model_config = ConfigDict(extra="forbid", title="NoNewAccess")

    apart_from_beyond: VerdictDocument | None = Field(
        description="The verdict on the proposal without what `beyond_current` lists, where that could be to blame."
    )


class ExcessEntryDocument(Described):
    """One pair of action and resource pattern that allows more than was observed."""

    cause: ExcessCause = Field(description="Why.")
    access_level: AccessLevel = Field(description="What the action can do.")
    action: str = Field(description="The action.")
    pattern: str = Field(description="The resources, as the policy writes them.")
    names: int = Field(
        description="For about how many names it stands that were too many to be kept, or of how many resources it was "
        "learned; else 0."
    )


class ExcessDocument(Described):
    """What the proposal allows beyond what was observed."""

    granted: int = Field(description="How many pairs of action and resource pattern the policies hold.")
    observed: int = Field(description="How many of them are exactly what was observed.")
    beyond_observed: int = Field(description="The others.")
    by_cause: dict[str, dict[str, int]] = Field(description="Those by cause and access level.")
    entries: list[ExcessEntryDocument] = Field(description="Those, one by one.")


class NamedDigestDocument(Described):
    """A policy by its name and what it says."""

    name: str = Field(description="Where it was found.")
    digest: str = Field(description="The SHA-256 of its canonical text.", pattern="^sha256:[0-9a-f]{64}$")


class CurrentDocument(Described):
    """The policies that the principal has now."""

    policies: list[NamedDigestDocument] = Field(description="Its identity policies, those of its groups included.")
    boundary: NamedDigestDocument | None = Field(description="Its permissions boundary.")


class CertificateDocument(Described):
    """What is proved of the proposal. `whittle verify` checks all of it again."""

    replay: ReplayDocument
    no_new_access: NoNewAccessDocument | None = Field(
        description="The verdict; null where the current policies are not given."
    )
    beyond_current: list[MissDocument] | None = Field(
        description="What was observed though no current policy allows it. It stays in the proposal."
    )
    excess: ExcessDocument
    current: CurrentDocument | None = Field(description="The current policies; null where they are not given.")
