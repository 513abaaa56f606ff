"""Questions about policies and their answers, described."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.api.policy_intake import MAX_POLICIES, MAX_REQUESTS
from service.core.iam.document import ONE_ACTION
from service.core.iam.evaluate import Access
from service.core.iam.proving.verdict import Assumption

_READ: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::orders/*"}],
}
_ALL: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Bucket", "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::orders/*"}],
}

Policies = Annotated[list[dict[str, Any] | str], Field(min_length=1, max_length=MAX_POLICIES)]
"""Documents of identity-based policies: objects, or their text, URL-encoded or not."""


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NoNewAccessRequest(_Asked):
    """Whether the new policies together allow nothing that the existing ones do not."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, json_schema_extra={"examples": [{"existing": [_ALL], "new": [_READ]}]}
    )

    existing: Policies = Field(description="What is granted now: documents, or their text as IAM's API gives it.")
    new: Policies = Field(description="What would take its place.")


class AccessNotGrantedRequest(_Asked):
    """Whether the policies together allow none of the actions on any of the resources."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"policies": [_ALL], "actions": ["s3:DeleteObject"], "resources": []}]},
    )

    policies: Policies = Field(description="The policies.")
    actions: list[str] = Field(min_length=1, max_length=100, description="Actions, wildcards allowed.")
    resources: list[str] = Field([], max_length=100, description="ARNs, wildcards allowed; any if there is none.")


class RequestDocument(_Asked):
    """One request: an action on a resource, with the condition keys that it has."""

    action: str = Field(max_length=200, pattern=f"^{ONE_ACTION}$", description="Like `s3:GetObject`.")
    resource: str = Field("*", max_length=4096, description="The ARN; `*` for an action that takes none.")
    context: dict[str, list[str]] = Field({}, max_length=200, description="Condition keys and their values.")
    unknown_keys: list[str] = Field(
        [], max_length=200, description="Keys that it may have with any value; patterns. Any other key is absent."
    )


class EvaluateRequest(_Asked):
    """Whether the policies together allow each of the requests."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "policies": [_ALL],
                    "requests": [
                        {
                            "action": "s3:GetObject",
                            "resource": "arn:aws:s3:::orders/1.json",
                            "context": {"aws:SourceIp": ["203.0.113.7"]},
                            "unknown_keys": [],
                        }
                    ],
                }
            ]
        },
    )

    policies: Policies = Field(description="The policies.")
    requests: list[RequestDocument] = Field(min_length=1, max_length=MAX_REQUESTS, description="The requests.")


class WitnessDocument(BaseModel):
    """A request that shows it."""

    model_config = ConfigDict(extra="forbid", title="Witness")

    action: str = Field(description="The action.")
    resource: str = Field(description="The resource.")
    context: dict[str, list[str]] = Field(description="The condition keys that it has, with their values.")
    unknown_keys: list[str] = Field(description="Keys that it may have with any value; none in a witness.")


class VerdictDocument(BaseModel):
    """The answer of a check: it holds, a request refutes it, or it is not known."""

    model_config = ConfigDict(
        extra="forbid",
        title="Verdict",
        json_schema_extra={
            "examples": [
                {
                    "verdict": "holds",
                    "assumption": "any action",
                    "beyond_assumption": None,
                    "witness": None,
                    "in_words": None,
                    "reason": None,
                }
            ]
        },
    )

    verdict: Literal["holds", "refuted", "unknown"] = Field(description="The answer; unknown is neither yes nor no.")
    assumption: Assumption | None = Field(description="Where it holds: over which actions.")
    beyond_assumption: WitnessDocument | None = Field(
        description="Where it holds for the actions of the catalog only: a request for another, on which it fails."
    )
    witness: WitnessDocument | None = Field(description="Where it is refuted: a request that the evaluator confirms.")
    in_words: str | None = Field(description="The witness as a sentence has it.")
    reason: str | None = Field(description="Where it is not known: why.")


class AccessNotGrantedDocument(VerdictDocument):
    """Whether the policies allow none of the actions, and what no policy decides."""

    model_config = ConfigDict(
        extra="forbid",
        title="AccessNotGranted",
        json_schema_extra={
            "examples": [
                {
                    "verdict": "holds",
                    "assumption": "any action",
                    "beyond_assumption": None,
                    "witness": None,
                    "in_words": None,
                    "reason": None,
                    "notes": [],
                }
            ]
        },
    )

    notes: list[str] = Field(description="Of the actions: those that AWS allows whatever policies say.")


class DecisionDocument(BaseModel):
    """The answer to one request."""

    model_config = ConfigDict(extra="forbid", title="Decision")

    action: str = Field(description="The action of the request.")
    resource: str = Field(description="Its resource.")
    decision: Access = Field(
        description="What the policies say; unknown where it hangs on an unknown key, or on what AWS does not say."
    )
    statements: list[str] = Field(description="The statements that decide, as `policies[0], statement 1 (Sid)`.")
    reason: str | None = Field(description="Why no statement allows it, and the nearest; or why it is not known.")


class EvaluationDocument(BaseModel):
    """The answers, in the order of the requests."""

    model_config = ConfigDict(
        extra="forbid",
        title="Evaluation",
        json_schema_extra={
            "examples": [
                {
                    "requests": [
                        {
                            "action": "s3:GetObject",
                            "resource": "arn:aws:s3:::orders/1.json",
                            "decision": "allowed",
                            "statements": ["policies[0], statement 1 (Bucket)"],
                            "reason": None,
                        }
                    ]
                }
            ]
        },
    )

    requests: list[DecisionDocument]
