"""The proposal, described member by member."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from catalog.model import AccessLevel, Confidence
from service.api.schemas.backtest import BackTestDocument, RarityDocument
from service.api.schemas.certificate import CertificateDocument
from service.api.schemas.described import Described
from service.api.schemas.diff import DiffDocument
from service.api.schemas.example import PROPOSAL
from service.api.schemas.fit import FitDocument
from service.api.schemas.suggestions import SuggestionsDocument
from service.api.schemas.unseen import BlindSpotsDocument, LastAccessedDocument
from service.core.actions import ReasonKind
from service.core.choices import ConditionChoice, ResourceChoice, Rung, SharedNames, UnobservableChoice
from service.core.patterns.learning import Rule
from service.core.principals import PrincipalType
from service.core.proposal_json import FORMAT
from service.core.quotas import Target

Counts = dict[str, int]


class PrincipalDocument(Described):
    """Who the proposal is for."""

    arn: str | None = Field(description="The ARN; null where neither the trail nor the question shows it.")
    type: PrincipalType = Field(description="What kind of principal it is.")
    account: str = Field(description="The account that it belongs to.")
    name: str = Field(description="Its name, without the path.")
    first_seen: str | None = Field(description="The time of its first call inside the window; null without one.")
    last_seen: str | None = Field(description="The time of its last call inside the window; null without one.")


class AskedDocument(Described):
    """The window as it was asked for."""

    days: int | None = Field(description="How many days back from the trail's last event.")
    first: str | None = Field(alias="from", description="The first day.")
    last: str | None = Field(alias="to", description="The last day.")


class ChoicesDocument(Described):
    """What was chosen for the proposal."""

    resources: ResourceChoice = Field(description="How the resources that were seen became those of the policy.")
    conditions: ConditionChoice = Field(description="Which suggested conditions were put into the policy.")
    unobservable: UnobservableChoice = Field(
        description="What became of permissions of which the evidence cannot show the use."
    )
    target: Target = Field(description="As what the principal is given the policies.")
    fit: Rung = Field(description="How far policies that do not fit were allowed to be changed.")
    policy_quota: int = Field(description="How many managed policies the principal may have.")
    attached: int = Field(description="How many of them it keeps.")
    permissions_patterns: bool = Field(
        description="Whether resources of Permissions management actions were generalised like others."
    )
    shared_names: SharedNames = Field(
        description="Whether a pattern was allowed to cover what only another principal was seen using, where both "
        "were seen using much of the same."
    )


class CoveredDocument(Described):
    """The part of the window that the trail has events for, whoever made them."""

    first: str | None = Field(alias="from", description="The time of the first event.")
    last: str | None = Field(alias="to", description="The time of the last event.")


class WindowDocument(Described):
    """The days that the proposal rests on."""

    asked: AskedDocument
    first: str | None = Field(alias="from", description="The first day that counts; null without a bound.")
    last: str | None = Field(alias="to", description="The last day that counts; null without a bound.")
    covered: CoveredDocument


class PolicyDocument(BaseModel):
    """A policy document in IAM's policy language."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [PROPOSAL["policies"][0]["document"]]})

    version: Literal["2012-10-17"] = Field(alias="Version", description="The version of the policy language.")
    statement: list[dict[str, Any]] = Field(
        alias="Statement", description="The statements: Sid, Effect, Action, Resource, Condition."
    )


class NamedPolicyDocument(Described):
    """A customer-managed policy."""

    name: str = Field(description="The name to create it under.")
    characters: int = Field(description="Its size as AWS counts it for the quota.")
    document: PolicyDocument


class ConditionDocument(Described):
    """One test of a statement."""

    operator: str = Field(description="The condition operator, such as `StringEquals`.")
    key: str = Field(description="The condition key, such as `iam:PassedToService`.")
    values: list[str] = Field(description="The values, of which one has to fit.")


class ReasonDocument(Described):
    """Why a permission is there."""

    kind: ReasonKind = Field(
        description="Seen in a call, derived from what a call carried, or used by a service on the principal's behalf; "
        "or not seen, and kept of what is granted now: why."
    )
    operations: list[str] = Field(description="The calls that show it: event source and event name.")
    rules: list[str] = Field(description="The rules that map those calls to the action.")
    confidence: Confidence = Field(description="How sure the mapping is: as sure as the least sure of those rules.")
    evidence: list[str] = Field(description="What a derived permission was seen in.")
    via: list[str] = Field(description="The services that called with the principal's permissions.")


class SharingDocument(Described):
    """A principal that was seen using much of the same: the pattern covers what only it was seen using, too."""

    principal: str = Field(description="Its ARN, or the best name that the trail has.")
    in_common: int = Field(description="How many resources under the pattern both were seen using.")
    alone: int = Field(description="How many it was seen using, and the proposal's principal was not.")
    example: str = Field(description="One of these.")


class PatternDocument(Described):
    """A pattern in the place of the resources that were seen."""

    action: str = Field(description="The action that has it.")
    pattern: str = Field(description="The pattern, as the policy writes it.")
    rule: Rule = Field(description="How it was learned.")
    open_parts: list[str] = Field(description="What the parts look like that a template leaves open.")
    resources: int = Field(description="Of how many resources it was learned.")
    examples: list[str] = Field(description="A few of them.")
    also_of_others: list[SharingDocument] = Field(
        description="Who else was seen using much of the same, and more beside it; none with `shared_names: refuse`."
    )


class RefusedPatternDocument(Described):
    """A pattern that was learned and not taken: its resources stay as they were seen."""

    action: str = Field(description="The action that would have it.")
    pattern: str = Field(description="The pattern.")
    resources: int = Field(description="Of how many resources it was learned.")
    why: str = Field(description="Why it was not taken.")


class GeneralisedDocument(Described):
    """What was generalised on purpose, and what was not though it could be."""

    patterns: list[PatternDocument] = Field(description="The patterns of the policy.")
    refused: list[RefusedPatternDocument] = Field(description="Those that were not taken.")


class Seen(Described):
    """When and how often something was seen."""

    first_seen: str | None = Field(description="The time of the first event; null where no event has a time.")
    last_seen: str | None = Field(description="The time of the last event; null where no event has a time.")
    count: int = Field(description="The number of events.")
    event_ids: list[str] = Field(description="The ids of a few of them.")


class PermissionDocument(Seen):
    """One action that the policies allow: on what, and why."""

    action: str = Field(description="The IAM action.")
    access_level: AccessLevel = Field(description="What the action can do, in AWS's words.")
    resources: list[str] = Field(description="The resources, as the policy writes them.")
    conditions: list[ConditionDocument] = Field(description="The conditions, all of which have to hold.")
    reason: ReasonDocument


class LeftoverDocument(Seen):
    """Calls that brought no permission, or not all that they would need."""

    event_source: str = Field(description="CloudTrail's event source.")
    event_name: str = Field(description="CloudTrail's event name.")
    reason: str = Field(description="Why there is no permission for them.")
    actions: list[str] = Field(description="The actions that they would need, where they are known.")


class DeniedDocument(Seen):
    """Calls that were denied: wanted, and never granted."""

    event_source: str = Field(description="CloudTrail's event source.")
    event_name: str = Field(description="CloudTrail's event name.")
    error_code: str = Field(description="The error code of the denial.")
    actions: list[str] = Field(description="The actions that were denied.")
    resource: str | None = Field(description="The resource that the denial names.")
    policy_type: str | None = Field(description="The type of the policy that denied, where the denial names it.")
    explicit: bool = Field(description="Whether a Deny statement matched.")


class NoteDocument(Described):
    """A sentence for the reviewer."""

    note: str = Field(description="The sentence.")
    events: int = Field(description="How many events it is about; 0 where it is about the whole.")


class SelfCheckDocument(Described):
    """The observed requests, put to the policies by a plain evaluator."""

    requests: int = Field(description="How many distinct requests were put.")
    allowed: int = Field(description="How many of them are allowed: all, or there would be no proposal.")


class SummaryDocument(Described):
    """The proposal in numbers."""

    policies: int = Field(description="How many policies there are.")
    statements: int = Field(description="How many statements they have.")
    characters: int = Field(description="Their characters as AWS counts them, together.")
    actions: int = Field(description="How many actions they allow.")
    actions_by_access_level: Counts = Field(description="The actions by access level.")
    actions_by_service: Counts = Field(description="The actions by service prefix.")
    events: Counts = Field(description="What became of each event of the principal; all but `total` add up to it.")


class InputsDocument(Described):
    """What was read."""

    files: int = Field(description="Files.")
    bytes: int = Field(description="Their size as stored.")
    records: int = Field(description="Records in them.")
    events: int = Field(description="Records that are events.")
    duplicates: int = Field(description="Records of the principal that were delivered again, and count once.")
    rejected: Counts = Field(description="Files and records that could not be read, by reason.")
    skipped: Counts = Field(description="Files and records that are no events, by kind.")
    ignored: Counts = Field(description="Members of events that could not be read and were left out.")
    examples: list[str] = Field(description="The first few rejections, with their places.")


class CatalogDocument(Described):
    """The catalog of actions that was used."""

    version: str = Field(description="The version of its source.")
    source: str = Field(description="Where its facts come from.")
    date: str = Field(description="The day of its source.")
    digest: str = Field(description="The digest of its data.")
    overrides: str | None = Field(description="The SHA-256 of the file of overrides that was used, if there was one.")


class ProposalDocument(BaseModel):
    """A least-privilege policy for one principal, with the evidence for every permission and all that is not known."""

    model_config = ConfigDict(extra="forbid", title="Proposal", json_schema_extra={"examples": [PROPOSAL]})

    id: str = Field(
        description="Names the content: the same proposal has the same id.", pattern="^proposal-[0-9a-f]{20}$"
    )
    format: Literal["whittle-proposal/1"] = Field(description=f"The format of this document, `{FORMAT}`.")
    principal: PrincipalDocument
    choices: ChoicesDocument
    window: WindowDocument
    policies: list[NamedPolicyDocument] = Field(description="The policies to attach.")
    fit: FitDocument
    permissions: list[PermissionDocument] = Field(description="Every permission in them, with its reason.")
    blind_spots: BlindSpotsDocument
    last_accessed: LastAccessedDocument | None = Field(
        description="What the last accessed data says beside the trail; null where none is given."
    )
    generalised: GeneralisedDocument
    suggestions: SuggestionsDocument
    rarity: RarityDocument
    backtest: BackTestDocument | None = Field(
        description="What a proposal made of the first three quarters of the window would have denied in the rest; "
        "null where the window is too short for that, or one of its parts is empty."
    )
    unresolved: list[LeftoverDocument] = Field(description="Calls that no rule maps to an action.")
    denied: list[DeniedDocument] = Field(description="Calls that were denied.")
    undetermined: list[LeftoverDocument] = Field(
        description="Calls whose outcome does not say whether they were allowed."
    )
    exempt: list[LeftoverDocument] = Field(description="Calls that need no permission of the principal's.")
    notes: list[NoteDocument] = Field(description="What else a reviewer should know.")
    self_check: SelfCheckDocument
    certificate: CertificateDocument
    diff: DiffDocument | None = Field(
        description="What changes for the principal; null where the current policies are not given."
    )
    summary: SummaryDocument
    inputs: InputsDocument
    catalog: CatalogDocument
    digest: str = Field(description="The SHA-256 of everything but `id` and itself.", pattern="^sha256:[0-9a-f]{64}$")
