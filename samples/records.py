"""A call as a service logs it, and the CloudTrail record made from it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from samples.account import ACCOUNT, IRELAND
from samples.callers import Caller
from samples.chance import Dice
from samples.clock import stamp, steps

Json = dict[str, Any]
ABSENT: Final = "absent, not null"


@dataclass(frozen=True, slots=True)
class Call:
    """What was called, with what, and what came of it; not by whom or when."""

    service: str
    name: str
    request: Json | str | None = None
    response: Json | None = None
    write: bool = False
    data: bool = False
    region: str = IRELAND
    resources: tuple[Json, ...] = ()
    host: str = ""
    version: str = ""
    api_version: str = ""
    more: Json | None = None
    error: tuple[str, str] = ("", "")
    changes: Mapping[str, Any] = field(default_factory=dict)

    def failing(self, code: str, message: str) -> Call:
        """The same call, refused or unlucky: no response."""
        return replace(self, error=(code, message), response=None)

    def changed(self, **members: Any) -> Call:
        """The same call, whose record has other members; `ABSENT` leaves one out."""
        return replace(self, changes={**self.changes, **members})

    def at_version(self, version: str) -> Call:
        return replace(self, version=version)


# The record version that a service writes; the others write the newest.
_VERSIONS = {
    "elasticloadbalancing": "1.08",
    "apigateway": "1.08",
    "glue": "1.09",
    "logs": "1.09",
    "ecr": "1.10",
    "ssm": "1.10",
}
# Record members that came with a version of the format.
_SINCE = {
    "managementEvent": "1.06",
    "eventCategory": "1.07",
    "tlsDetails": "1.08",
    "sessionCredentialFromConsole": "1.08",
}
# Services without a Region in their host name.
_GLOBAL_HOSTS = {"iam", "cloudfront", "route53", "organizations"}
_DYNAMODB_REQUEST_TAIL = "VV4KQNSO5AEMVJF66Q9ASUAAJG"


def record(call: Call, caller: Caller, when: datetime, dice: Dice) -> Json:
    """The record, with its members in CloudTrail's order."""
    members = {**_who_and_what(call, caller, when), **_outcome(call), **_particulars(call, caller, dice)}
    members |= call.changes
    version = members["eventVersion"]
    return {
        name: value for name, value in members.items() if value != ABSENT and _SINCE.get(name, "1.00") <= str(version)
    }


def script(calls: Iterable[Call], caller: Caller, start: datetime, dice: Dice) -> Iterator[Json]:
    """The records of calls that one caller makes one after another, some seconds apart."""
    for when, call in zip(steps(start, dice), calls, strict=False):
        yield record(call, caller, when, dice)


def _who_and_what(call: Call, caller: Caller, when: datetime) -> Json:
    return {
        "eventVersion": call.version or _VERSIONS.get(call.service, "1.11"),
        "userIdentity": caller.identity,
        "eventTime": stamp(when),
        "eventSource": f"{call.service}.amazonaws.com",
        "eventName": call.name,
        "awsRegion": call.region,
        "sourceIPAddress": caller.address,
        "userAgent": f"[{caller.agent}]" if call.service == "s3" and not caller.is_service else caller.agent,
    }


def _outcome(call: Call) -> Json:
    code, message = call.error
    return {
        "errorCode": code or ABSENT,
        "errorMessage": message or ABSENT,
        "requestParameters": call.request,
        "responseElements": call.response,
        "additionalEventData": call.more or ABSENT,
    }


def _particulars(call: Call, caller: Caller, dice: Dice) -> Json:
    return {
        "requestID": _request_id(call.service, dice),
        "eventID": dice.uuid(),
        "readOnly": not call.write,
        "resources": list(call.resources) or ABSENT,
        "eventType": "AwsApiCall",
        "apiVersion": call.api_version or ABSENT,
        "managementEvent": not call.data,
        "recipientAccountId": ACCOUNT,
        "sharedEventID": ABSENT,
        "vpcEndpointId": caller.vpc_endpoint or ABSENT,
        "vpcEndpointAccountId": ACCOUNT if caller.vpc_endpoint else ABSENT,
        "eventCategory": "Data" if call.data else "Management",
        "tlsDetails": ABSENT if caller.is_service else _tls(call),
        "sessionCredentialFromConsole": "true" if caller.from_console else ABSENT,
    }


def _request_id(service: str, dice: Dice) -> str:
    if service == "s3":
        return dice.upper(6) + "4Q7ZK1B9XN"
    if service == "dynamodb":
        return dice.upper(6) + "7M2HD0Q5T8E1JKRB6PAW" + _DYNAMODB_REQUEST_TAIL
    return dice.uuid()


def _tls(call: Call) -> Json:
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "clientProvidedHostHeader": call.host or _host(call),
    }


def _host(call: Call) -> str:
    if call.service in _GLOBAL_HOSTS:
        return f"{call.service}.amazonaws.com"
    return f"{call.service}.{call.region}.amazonaws.com"
