"""What a client sends."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, Strict, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError

from service.api.policy_intake import MAX_POLICIES
from service.core.choices import Choices, ConditionChoice, ResourceChoice, Rung, SharedNames, UnobservableChoice
from service.core.days import MAX_DAYS
from service.core.quotas import MANAGED_POLICIES_PER_PRINCIPAL, MOST_POLICIES_PER_PRINCIPAL, Target


def _policies_or_details(value: Any) -> Any:
    """One sentence for whatever is neither, in the place of one for each of the two."""
    documents = isinstance(value, list) and all(isinstance(each, dict | str) for each in value)
    if isinstance(value, dict) or (documents and 0 < len(value) <= MAX_POLICIES):
        return value
    raise PydanticCustomError("current", _NEITHER)


_NEITHER = f"give a list of 1 to {MAX_POLICIES} policy documents, or what GetAccountAuthorizationDetails answers"
_CURRENT_SCHEMA: JsonSchemaValue = {
    "anyOf": [
        {
            "type": "array",
            "items": {"anyOf": [{"type": "object", "additionalProperties": True}, {"type": "string"}]},
            "minItems": 1,
            "maxItems": MAX_POLICIES,
        },
        {"type": "object", "additionalProperties": True},
    ]
}
_CurrentPolicies = Annotated[Any, AfterValidator(_policies_or_details), WithJsonSchema(_CURRENT_SCHEMA)]


def _chosen(choice: type[StrEnum]) -> tuple[Strict, WithJsonSchema]:
    """A choice comes as text, and is described where it stands: the body's schema has no part of its own."""
    return Strict(strict=False), WithJsonSchema({"type": "string", "enum": [each.value for each in choice]})


_DAY: dict[str, JsonValue] = {"format": "date"}


MAX_KEPT = 1000
"""How many rows a keep list may have."""


MAX_MEMBERS = 100
"""How many principals a group may have."""


class KeptAction(BaseModel):
    """A row of a keep list."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    action: str = Field(max_length=200, description="An action, or the beginning of its name and `*`: `backup:Start*`.")
    reason: str = Field(min_length=1, max_length=1000, description="Why it has to stay.")


_KEEP_SCHEMA: JsonSchemaValue = {
    "type": "array",
    "maxItems": MAX_KEPT,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["action", "reason"],
        "properties": {
            "action": {"type": "string", "maxLength": 200},
            "reason": {"type": "string", "minLength": 1, "maxLength": 1000},
        },
    },
}


class QuestionRequest(BaseModel):
    """Over which days, beside what is granted now, and how the policies are to be made."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    days: int | None = Field(
        None, ge=1, le=MAX_DAYS, description="How many days, counted back from the trail's last event."
    )
    first: str | None = Field(
        None, alias="from", min_length=1, max_length=40, description="The first day, in UTC.", json_schema_extra=_DAY
    )
    last: str | None = Field(
        None,
        alias="to",
        min_length=1,
        max_length=40,
        description="The last day, itself included, in UTC.",
        json_schema_extra=_DAY,
    )

    current: _CurrentPolicies | None = Field(
        None,
        description=(
            "What the principal is granted now, for the proposal to be proved against: policy documents (objects, or "
            "their text as IAM's API gives it), or what `GetAccountAuthorizationDetails` answers, whole."
        ),
    )

    resources: Annotated[ResourceChoice, *_chosen(ResourceChoice)] = Field(
        ResourceChoice.PATTERNS,
        description="How the resources that were seen become those of the policy: as they are, generalised to patterns "
        "where their names show one, or all of their type in the account.",
    )
    conditions: Annotated[ConditionChoice, *_chosen(ConditionChoice)] = Field(
        ConditionChoice.SAFE, description="Which suggested conditions are put into the policy."
    )
    unobservable: Annotated[UnobservableChoice, *_chosen(UnobservableChoice)] = Field(
        UnobservableChoice.KEEP,
        description="Whether permissions are kept of which the evidence cannot show the use.",
    )
    target: Annotated[Target, *_chosen(Target)] = Field(
        Target.MANAGED,
        description="As what the principal is given the policies: managed policies, one inline policy, a permissions "
        "boundary, or the inline policy of an IAM Identity Center permission set.",
    )
    fit: Annotated[Rung, *_chosen(Rung)] = Field(
        Rung.MERGED,
        description="How far policies that do not fit may be changed: not at all, joined where no request can meet "
        "what that adds, with wildcards that the current policies have, or with all resources of a type.",
    )
    policy_quota: int = Field(
        MANAGED_POLICIES_PER_PRINCIPAL,
        ge=1,
        le=MOST_POLICIES_PER_PRINCIPAL,
        description="How many managed policies the principal may have.",
    )
    attached: int = Field(
        0, ge=0, le=MOST_POLICIES_PER_PRINCIPAL, description="How many managed policies stay attached to the principal."
    )
    permissions_patterns: bool = Field(
        False, description="Whether resources of Permissions management actions are generalised like others."
    )
    shared_names: Annotated[SharedNames, *_chosen(SharedNames)] = Field(
        SharedNames.COVER,
        description="Whether a pattern may cover what only another principal was seen using, where both were seen "
        "using much of the same.",
    )

    def choices(self) -> Choices:
        """How the proposal is to be made."""
        return Choices(
            self.resources,
            self.conditions,
            self.unobservable,
            self.target,
            self.fit,
            self.policy_quota,
            self.attached,
            self.permissions_patterns,
            self.shared_names,
        )

    def given(self) -> frozenset[str]:
        """The members that have a value, under the names that the client uses."""
        return frozenset(self.model_dump(by_alias=True, exclude_none=True, exclude={"current"}))


class ProposalRequest(QuestionRequest):
    """For whom a proposal is wanted, and over which days: the last `days`, or `from` and `to`, or all there are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"principal_arn": "arn:aws:iam::111122223333:role/orders-api", "days": 60}],
        },
    )

    principal_arn: str = Field(
        max_length=2048,
        description="The ARN of a role or a user, or of a session (`arn:aws:sts::…:assumed-role/NAME/SESSION`).",
        examples=["arn:aws:iam::111122223333:role/orders-api"],
    )
    last_accessed: dict[str, Any] | list[dict[str, Any]] | None = Field(
        None,
        description="What `GetServiceLastAccessedDetails` answers for the principal: a page, or all of them in a list.",
    )
    event_selectors: dict[str, Any] | list[dict[str, Any]] | None = Field(
        None,
        description="What `GetEventSelectors` answers for the trails that the service reads, and `DescribeTrails` "
        "beside it: one answer, or several in a list.",
    )
    keep: Annotated[list[KeptAction], WithJsonSchema(_KEEP_SCHEMA)] = Field(
        [], max_length=MAX_KEPT, description="Actions that have to stay as they are granted now, whether used or not."
    )


class AdviceRequest(ProposalRequest):
    """For whom advice is wanted, and the account's credential report beside what a proposal takes."""

    credential_report: dict[str, Any] | str | None = Field(
        None,
        description="What `GetCredentialReport` answers (with its `Content` in base64), or the CSV in it.",
    )


class GroupRequest(QuestionRequest):
    """For which principals together policies are wanted, by their ARNs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "storefront",
                    "members": [
                        "arn:aws:iam::111122223333:role/ecs/storefront-task",
                        "arn:aws:iam::111122223333:role/ecs/storefront-execution",
                    ],
                }
            ],
        },
    )

    name: str = Field(max_length=64, description="The name of the job function, which its policies have.")
    members: list[str] = Field(
        min_length=2, max_length=MAX_MEMBERS, description="The ARNs of roles and users; at least two."
    )
