"""One CloudTrail record, parsed: what the rest of Whittle knows of a call.

The record format: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class SessionIssuer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The entity whose temporary credentials were used: a role, an IAM user or root."""

    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None
    principal_id: str | None = None


class SessionContext(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Where temporary credentials came from."""

    session_issuer: SessionIssuer | None = None
    attributes: msgspec.Raw | None = None
    source_identity: str | None = None
    web_id_federation_data: msgspec.Raw | None = None


class Identity(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """`userIdentity`: who signed the request, as CloudTrail writes it."""

    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    principal_id: str | None = None
    user_name: str | None = None
    access_key_id: str | None = None
    invoked_by: str | None = None
    identity_provider: str | None = None
    session_context: SessionContext | None = None


class EventResource(msgspec.Struct, frozen=True, gc=False):
    """One entry of `resources`: an ARN that the service names, often none."""

    arn: str = ""
    arn_prefix: str = ""
    type: str = ""
    account: str = ""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One record, parsed. Absent members are empty text or `None`; nothing is invented.

    `time` is UTC in the form `2026-01-31T12:00:00Z`, empty where the record has none.
    `request` and `response` are the record's JSON, not decoded; decode them only when needed.
    """

    source: str
    name: str
    identity: Identity
    id: str = ""
    time: str = ""
    type: str = "AwsApiCall"
    region: str = ""
    account: str = ""
    error_code: str = ""
    error_message: str = ""
    source_ip: str = ""
    user_agent: str = ""
    vpc_endpoint: str = ""
    category: str = ""
    read_only: bool | None = None
    resources: tuple[EventResource, ...] = ()
    request: msgspec.Raw = msgspec.Raw(b"")
    response: msgspec.Raw = msgspec.Raw(b"")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record or a whole file that could not be used, and why.

    `reason` is a short fixed phrase that can be counted; `detail` says what was found there.
    `record` counts from 1 within `file`; 0 means the file as a whole.
    """

    file: str
    record: int
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was recognised and holds no events on purpose: a digest, Insights, a foreign file."""

    file: str
    kind: str
