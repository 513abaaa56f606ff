"""The smaller answers, described."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from catalog.model import AccessLevel
from service.core.principals import PrincipalType


class PrincipalSummaryDocument(BaseModel):
    """One principal of the trail."""

    model_config = ConfigDict(extra="forbid", title="PrincipalSummary")

    arn: str | None = Field(description="The ARN; null where the trail does not show it.")
    type: PrincipalType = Field(description="What kind of principal it is.")
    account: str = Field(description="The account that it belongs to; empty for an AWS service.")
    name: str = Field(description="Its name, without the path.")
    events: int = Field(description="How many events it made.")
    operations: int = Field(description="How many different API calls it made.")
    services: list[str] = Field(description="The event sources that it called, sorted.")
    first_seen: str | None = Field(description="The time of its first event.")
    last_seen: str | None = Field(description="The time of its last event.")


class PrincipalsDocument(BaseModel):
    """Who is in the trail, the busiest first."""

    model_config = ConfigDict(
        extra="forbid",
        title="Principals",
        json_schema_extra={
            "examples": [
                {
                    "principals": [
                        {
                            "arn": "arn:aws:iam::111122223333:role/orders-api",
                            "type": "role",
                            "account": "111122223333",
                            "name": "orders-api",
                            "events": 1829,
                            "operations": 2,
                            "services": ["dynamodb.amazonaws.com", "s3.amazonaws.com"],
                            "first_seen": "2026-08-01T00:03:39Z",
                            "last_seen": "2026-09-29T23:32:33Z",
                        }
                    ]
                }
            ]
        },
    )

    principals: list[PrincipalSummaryDocument]


class KeyDocument(BaseModel):
    """A condition key."""

    model_config = ConfigDict(extra="forbid", title="ConditionKey")

    name: str = Field(description="The key, as the catalog writes it.")
    type: str | None = Field(description="The type of its values; null for a key that the service does not define.")


class AcceptedResourceDocument(BaseModel):
    """A resource type that an action accepts."""

    model_config = ConfigDict(extra="forbid", title="AcceptedResource")

    type: str = Field(description="The name of the resource type.")
    required: bool = Field(description="Whether AWS marks it as required.")
    arn_formats: list[str] = Field(description="The formats of its ARNs.")
    condition_keys: list[KeyDocument] = Field(description="The keys that apply to this type only.")


class ActionDocument(BaseModel):
    """One IAM action, as the Service Authorization Reference defines it."""

    model_config = ConfigDict(
        extra="forbid",
        title="Action",
        json_schema_extra={
            "examples": [
                {
                    "action": "lambda:InvokeFunction",
                    "service": "AWS Lambda",
                    "access_level": "Write",
                    "resources": [
                        {
                            "type": "function",
                            "required": True,
                            "arn_formats": [
                                "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}",
                            ],
                            "condition_keys": [],
                        }
                    ],
                    "condition_keys": [{"name": "lambda:EventSourceToken", "type": "String"}],
                    "dependent_actions": [],
                    "permission_only": False,
                    "retired": False,
                    "catalog": "2026-08-01",
                }
            ]
        },
    )

    action: str = Field(description="The action in AWS's spelling.")
    service: str = Field(description="The name of its service.")
    access_level: AccessLevel = Field(description="What the action can do, in AWS's words.")
    resources: list[AcceptedResourceDocument] = Field(
        description="The types it accepts; none means that it takes only `*`."
    )
    condition_keys: list[KeyDocument] = Field(description="The condition keys that it knows.")
    dependent_actions: list[str] = Field(description="Actions that it may need besides.")
    permission_only: bool = Field(description="Whether no API call of its name exists.")
    retired: bool = Field(description="Whether AWS no longer lists it.")
    catalog: str = Field(description="The version of the catalog.")


class HealthDocument(BaseModel):
    """The process answers."""

    model_config = ConfigDict(extra="forbid", title="Health", json_schema_extra={"examples": [{"status": "ok"}]})

    status: str = Field(description="`ok`.")


class ReadinessDocument(BaseModel):
    """The service can do its work."""

    model_config = ConfigDict(
        extra="forbid",
        title="Readiness",
        json_schema_extra={"examples": [{"status": "ready", "checks": ["catalog", "store", "trail"]}]},
    )

    status: str = Field(description="`ready`.")
    checks: list[str] = Field(description="What was checked.")


class ProblemKindDocument(BaseModel):
    """One kind of problem."""

    model_config = ConfigDict(
        extra="forbid",
        title="ProblemKind",
        json_schema_extra={
            "examples": [{"type": "/problems/body-too-large", "status": 413, "title": "The body is too large"}]
        },
    )

    type: str = Field(description="The URI reference that problems of this kind carry.")
    status: int = Field(description="Their HTTP status.")
    title: str = Field(description="The kind in words.")
