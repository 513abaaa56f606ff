"""What of an event is kept as a call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from catalog.model import Operation
from service.core.events import Event, EventResource, Identity, SessionContext
from service.core.outcome import Outcome
from service.core.principals import Principal, PrincipalType
from service.core.usage import ARN_PREFIX, NO_DENIAL, Call, Parameters, call_of, normalised, partition_of

ROLE = Principal(PrincipalType.ROLE, "111122223333", "app")
DENIED = "User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k"


def called(**members: Any) -> Call:
    return call_of(
        Event("s3.amazonaws.com", "GetObject", **members), ROLE, lambda _: frozenset({"name", "size", "list"})
    )


def kept(request: object) -> Parameters:
    return called(request=msgspec.Raw(msgspec.json.encode(request))).parameters


def deep(levels: int) -> object:
    return {"x": deep(levels - 1)} if levels else {"name": "a"}


KEPT: dict[str, tuple[object, Parameters]] = {
    "a member that is wanted": ({"name": "a", "other": "b"}, (("name", "a"),)),
    "its name however it is spelled": ({"Na-me": "a"}, (("Na-me", "a"),)),
    "an ARN anywhere": ({"other": ["arn:aws:s3:::b"]}, (("other", "arn:aws:s3:::b"),)),
    "numbers and truth as text": ({"size": 3, "name": True}, (("name", "true"), ("size", "3"))),
    "nothing and empty text are not there": ({"name": None, "size": ""}, ()),
    "a container as a mark that it is there": ({"list": {"x": "y"}}, (("list", ""),)),
    "an empty container is not there": ({"list": {}}, ()),
    "wrappers keep the name": ({"list": {"items": ["a", "b"]}}, (("list", ""), ("list", "a"), ("list", "b"))),
    "a wrapper of what is not wanted": ({"other": {"items": ["a"]}}, ()),
    "what is deeper has its path": ({"other": [{"name": "a"}]}, (("other.name", "a"),)),
    "each once, sorted": ({"list": ["b", "a", "b"]}, (("list", "a"), ("list", "b"))),
    "as deep as APIs go": (deep(50), ((f"{'x.' * 50}name", "a"),)),
    "no deeper": (deep(70), ()),
    "text alone": ("arn:aws:s3:::b", (("", "arn:aws:s3:::b"),)),
}


@pytest.mark.parametrize(("request_", "expected"), KEPT.values(), ids=KEPT)
def test_kept_members(request_: object, expected: Parameters) -> None:
    assert kept(request_) == expected


@pytest.mark.parametrize("raw", [b"", b"null", b"{", b"[" * 100_000, b'"\xff"'])
def test_a_request_that_cannot_be_read_shows_nothing(raw: bytes) -> None:
    assert called(request=msgspec.Raw(raw)).parameters == ()


def test_plain_members() -> None:
    call = called(type="AwsVpceEvent", region="eu-west-1", error_code="NoSuchKey", identity=Identity(invoked_by="x"))
    assert call.operation == Operation("s3.amazonaws.com", "GetObject")
    assert (call.event_type, call.region, call.error_code, call.invoked_by) == (
        "AwsVpceEvent",
        "eu-west-1",
        "NoSuchKey",
        "x",
    )
    assert call.outcome is Outcome.ALLOWED


def test_a_record_that_names_no_account_is_of_the_callers() -> None:
    assert called().account == ROLE.account
    assert called(account="444455556666").account == "444455556666"


def test_only_a_denied_call_has_a_denial() -> None:
    denied = called(error_code="AccessDenied", error_message=DENIED)
    assert (denied.outcome, denied.denial.action) == (Outcome.DENIED, "s3:GetObject")
    assert called(error_code="NoSuchKey", error_message=DENIED).denial == NO_DENIAL


def test_resources() -> None:
    entries = (EventResource("arn:b", type="B"), EventResource("arn:a", type="A"), EventResource(arn_prefix="arn:p"))
    assert called(resources=(*entries, entries[0], EventResource(type="C"))).resources == (
        ("A", "arn:a"),
        (ARN_PREFIX, "arn:p"),
        ("B", "arn:b"),
    )


SHOWN = {
    "nothing": ({}, ()),
    "the Region": ({"region": "eu-west-1"}, (("aws:RequestedRegion", "eu-west-1"),)),
    "an address": ({"source_ip": "192.0.2.1"}, (("aws:SourceIp", "192.0.2.1"),)),
    "an address of version 6": ({"source_ip": "2001:db8::1"}, (("aws:SourceIp", "2001:db8::1"),)),
    "a host": ({"source_ip": "config.amazonaws.com"}, ()),
    "words": ({"source_ip": "AWS Internal"}, ()),
    "an endpoint": ({"vpc_endpoint": "vpce-1"}, (("aws:SourceVpce", "vpce-1"),)),
}


@pytest.mark.parametrize(("members", "context"), SHOWN.values(), ids=SHOWN)
def test_context(members: dict[str, str], context: Parameters) -> None:
    assert called(**members).context == context


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        (b'{"mfaAuthenticated":"true"}', "true"),
        (b'{"mfaAuthenticated":false}', "false"),
        (b'{"mfaAuthenticated":True}', ""),
        (b'{"mfaAuthenticated":3}', ""),
        (b'{"creationDate":"2026-08-01T00:00:00Z"}', ""),
        (b'{"mfaAuthenticated":' + b"[" * 100_000, ""),
        (b"null", ""),
        (b"", ""),
    ],
)
def test_mfa(attributes: bytes, shown: str) -> None:
    session = SessionContext(attributes=msgspec.Raw(attributes))
    context = called(identity=Identity(session_context=session)).context
    assert context == ((("aws:MultiFactorAuthPresent", shown),) if shown else ())


PARTITIONS = {
    "eu-west-1": "aws",
    "": "aws",
    "cn-north-1": "aws-cn",
    "us-gov-west-1": "aws-us-gov",
    "eusc-de-east-1": "aws-eusc",
}


@pytest.mark.parametrize("region", PARTITIONS)
def test_partition(region: str) -> None:
    assert partition_of(region) == called(region=region).partition == PARTITIONS[region]


def test_the_principals_own_partition_goes_first() -> None:
    role = Principal(PrincipalType.ROLE, "1", "app", "arn:aws-cn:iam::1:role/app")
    event = Event("s3.amazonaws.com", "GetObject", region="eu-west-1")
    assert call_of(event, role, lambda _: frozenset()).partition == "aws-cn"


def test_normalised() -> None:
    assert normalised("dBInstance-Identifier_2") == "dbinstanceidentifier2"
