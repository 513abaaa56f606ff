"""What a client sends."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from service.core.days import MAX_DAYS

_DAY: dict[str, JsonValue] = {"format": "date"}


class ProposalRequest(BaseModel):
    """For whom a proposal is wanted, and over which days: the last `days`, or `from` and `to`, or all there are."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [{"principal_arn": "arn:aws:iam::111122223333:role/orders-api", "days": 60}],
        },
    )

    principal_arn: str = Field(
        max_length=2048,
        description="The ARN of a role or a user, or of a session (`arn:aws:sts::…:assumed-role/NAME/SESSION`).",
        examples=["arn:aws:iam::111122223333:role/orders-api"],
    )
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

    def given(self) -> frozenset[str]:
        """The members that have a value, under the names that the client uses."""
        return frozenset(self.model_dump(by_alias=True, exclude_none=True))
