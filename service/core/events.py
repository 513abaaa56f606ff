"""One CloudTrail record, parsed: what the rest of Whittle knows of a call.

The record format: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html

The structs are also the decoder's types: a record as AWS documents it decodes straight into them
(`service.core.trail.records`), which is what makes reading fast.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec


class SessionIssuer(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The entity whose temporary credentials were used: a role, an IAM user or root."""

    type: str | None = None
    arn: str | None = None
    account_id: str | None = None
    user_name: str | None = None
    principal_id: str | None = None


# A union with Raw would match nothing but null, hence the empty default.
class SessionContext(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Where temporary credentials came from."""

    session_issuer: SessionIssuer | None = None
    attributes: msgspec.Raw = msgspec.Raw(b"")
    source_identity: str | None = None
    web_id_federation_data: msgspec.Raw = msgspec.Raw(b"")


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

    def __bytes__(self) -> bytes:
        """None: an event without an identity has this one where the others still have the record's JSON."""
        return b""


# A member that is spelled otherwise (`arn`, `resourceARN`) must not pass for absent: unknown members are an error
# here, which sends the record to the tolerant lane.
class EventResource(
    msgspec.Struct,
    frozen=True,
    gc=False,
    forbid_unknown_fields=True,
    rename={"arn": "ARN", "arn_prefix": "ARNPrefix", "account": "accountId"},
):
    """One entry of `resources`: an ARN that the service names, often none."""

    arn: str = ""
    arn_prefix: str = ""
    type: str = ""
    account: str = ""


_MEMBER_BY_FIELD = {
    "source": "eventSource",
    "name": "eventName",
    "identity": "userIdentity",
    "id": "eventID",
    "time": "eventTime",
    "type": "eventType",
    "region": "awsRegion",
    "account": "recipientAccountId",
    "error_code": "errorCode",
    "error_message": "errorMessage",
    "source_ip": "sourceIPAddress",
    "user_agent": "userAgent",
    "vpc_endpoint": "vpcEndpointId",
    "category": "eventCategory",
    "read_only": "readOnly",
    "request": "requestParameters",
    "response": "responseElements",
    "shared_id": "sharedEventID",
    "tls": "tlsDetails",
}


class Event(msgspec.Struct, frozen=True, gc=False, rename=_MEMBER_BY_FIELD):
    """One record, parsed. Absent members are empty text or `None`; nothing is invented.

    `time` is UTC in the form `2026-01-31T12:00:00Z`, empty where the record has none that can be read.
    `type` is `AwsApiCall` in the records of before eventVersion 1.02, which have no `eventType`.
    `identity` is one object for all events that were read with the same JSON of it, as long as it is remembered
    (`service.core.trail.identities`), so that what follows from it can be looked up by the object.
    `request` and `response` are the record's JSON, not decoded; decode them only when needed. They keep the
    slice of the file that they point into alive, so an event is for folding, not for keeping.
    """

    # In the order of the record: the decoder expects the next field first, and after the last the first.
    source: str
    name: str
    region: str = ""
    source_ip: str = ""
    user_agent: str = ""
    error_code: str = ""
    error_message: str = ""
    request: msgspec.Raw = msgspec.Raw(b"")
    response: msgspec.Raw = msgspec.Raw(b"")
    id: str = ""
    read_only: bool | None = None
    resources: tuple[EventResource, ...] = ()
    type: str = "AwsApiCall"
    account: str = ""
    shared_id: str = ""
    vpc_endpoint: str = ""
    category: str = ""
    tls: msgspec.Raw = msgspec.Raw(b"")
    # Decoded as JSON that `service.core.trail.identities` looks up; no event leaves the reader before that.
    if TYPE_CHECKING:
        identity: Identity = Identity()
    else:
        identity: msgspec.Raw = Identity()
    time: str = ""

    @property
    def is_tls(self) -> bool:
        """Whether the record names the version of TLS with which the call came.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
        """
        written = bytes(self.tls)
        return written.startswith(b"{") and _TLS.search(written) is not None


_TLS = re.compile(rb'"tlsVersion"[\x00-\x20]*:[\x00-\x20]*"TLS')
NO_TLS = msgspec.Raw(b"")
SOME_TLS = msgspec.Raw(b'{"tlsVersion":"TLS"}')
"""What records say that do not name a version of TLS, and that do."""


Batch = Sequence[Event]
"""Events that were decoded together, in the order of the file; empty where they were taken in before."""


@dataclass(frozen=True, slots=True)
class Drifted:
    """An event some of whose members could not be read and were left out; `ignored` names them."""

    event: Event
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A record that cannot be used: a short fixed phrase that can be counted, and what was found."""

    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """Something recognised that is not a call, by its kind: counted, not read."""

    kind: str


Parsed = Event | Drifted | Malformed | Aside
"""What a record turns out to be."""


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
    """Something that was recognised and holds no calls on purpose: a digest, a foreign file, a link seen before."""

    file: str
    kind: str
