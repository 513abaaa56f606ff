"""Problems, described."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WrongMember(BaseModel):
    """One thing that is wrong with the body."""

    pointer: str = Field(description="The place, as a JSON Pointer in a URI fragment.", examples=["#/days"])
    detail: str = Field(description="What is wrong with it.", examples=["Input should be greater than or equal to 1"])


class ProblemDocument(BaseModel):
    """What went wrong, as RFC 9457 says it."""

    model_config = ConfigDict(
        extra="forbid",
        title="Problem",
        json_schema_extra={
            "examples": [
                {
                    "type": "/problems/principal-not-found",
                    "title": "The principal made no call in the trail",
                    "status": 404,
                    "detail": "`arn:aws:iam::111122223333:role/order-api` made no call in this trail; the nearest that "
                    "did: arn:aws:iam::111122223333:role/orders-api",
                    "nearest": ["arn:aws:iam::111122223333:role/orders-api"],
                }
            ]
        },
    )

    type: str = Field(description="Which kind of problem it is: stable, for programs to rely on.")
    title: str = Field(description="The kind in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened this time, and what to do.")
    errors: list[WrongMember] | None = Field(None, description="The members of the body that are wrong.")
    nearest: list[str] | None = Field(None, description="Principals of the trail that may have been meant.")
    incident: str | None = Field(None, description="The id under which the service's log tells more.")
    failed: list[str] | None = Field(None, description="The checks that failed.")
