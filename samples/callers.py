"""Who signs a call: `userIdentity` as CloudTrail writes it, with the address and the agent that go with it.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from samples.account import ACCOUNT, Role, User, access_key
from samples.clock import stamp

Json = dict[str, Any]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"
BOTO3 = (
    "Boto3/1.41.3 md/Botocore#1.41.3 ua/2.1 os/linux#6.1.147-172.266.amzn2023.x86_64 md/arch#x86_64 lang/python#3.13.5"
)
JAVA = "aws-sdk-java/2.34.0 md/io#async md/http#NettyNio ua/2.1 os/Linux#6.1.147 lang/java#21.0.8 exec-env/unknown"
CLI = (
    "aws-cli/2.31.2 md/awscrt#0.27.6 ua/2.1 os/linux#6.12.41 md/arch#x86_64 lang/python#3.13.7 cfg/retry-mode#standard"
)
OFFICE = "198.51.100.24"


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity at a place, with the program that speaks for it."""

    identity: Json
    address: str
    agent: str = BOTO3
    vpc_endpoint: str = ""
    from_console: bool = False

    @property
    def is_service(self) -> bool:
        return self.address.endswith(".amazonaws.com") or self.address == "AWS Internal"

    def through(self, address: str, vpc_endpoint: str) -> Caller:
        """The same caller, seen through a VPC endpoint."""
        return replace(self, address=address, vpc_endpoint=vpc_endpoint)

    def forwarded(self, service: str) -> Caller:
        """A forward access session: the service calls on with the caller's own permissions."""
        name = service if service == "AWS Internal" else f"{service}.amazonaws.com"
        return Caller({**self.identity, "invokedBy": name}, name, name)


def role_session(role: Role, session: str, started: datetime, mfa: bool = False, **more: Any) -> Json:
    """An assumed role. `more` are further members of `sessionContext`."""
    arn = role.session_arn(session)
    return {
        "type": "AssumedRole",
        "principalId": f"{role.id}:{session}",
        "arn": arn,
        "accountId": role.account,
        "accessKeyId": access_key("ASIA", arn + stamp(started)),
        "sessionContext": {
            "sessionIssuer": issuer(role),
            **more,
            "attributes": {"creationDate": stamp(started), "mfaAuthenticated": str(mfa).lower()},
        },
    }


def issuer(role: Role) -> Json:
    return {
        "type": "Role",
        "principalId": role.id,
        "arn": role.arn,
        "accountId": role.account,
        "userName": role.name,
    }


def user(user_: User, prefix: str = "AKIA", key: str = "1") -> Json:
    """An IAM user with a long-term key."""
    return {
        "type": "IAMUser",
        "principalId": user_.id,
        "arn": user_.arn,
        "accountId": user_.account,
        "accessKeyId": access_key(prefix, user_.arn + key),
        "userName": user_.name,
    }


def user_session(user_: User, started: datetime, mfa: bool) -> Json:
    """An IAM user with temporary credentials: GetSessionToken or the console."""
    attributes = {"creationDate": stamp(started), "mfaAuthenticated": str(mfa).lower()}
    return {**user(user_, "ASIA", stamp(started)), "sessionContext": {"attributes": attributes}}


def root(started: datetime | None = None) -> Json:
    """The account root; with `started` a console session."""
    identity: Json = {
        "type": "Root",
        "principalId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:root",
        "accountId": ACCOUNT,
        "accessKeyId": access_key("ASIA" if started else "AKIA", "root"),
    }
    if started:
        attributes = {"creationDate": stamp(started), "mfaAuthenticated": "true"}
        identity["sessionContext"] = {"attributes": attributes}
    return identity


def service(name: str) -> Caller:
    """An AWS service for itself."""
    host = f"{name}.amazonaws.com"
    return Caller({"type": "AWSService", "invokedBy": host}, host, host)


def other_account(account: str, principal_id: str, address: str) -> Caller:
    """A principal of another account, of which this account is told little."""
    return Caller({"type": "AWSAccount", "principalId": principal_id, "accountId": account}, address)
