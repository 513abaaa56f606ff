"""What of an event is kept as a call."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from catalog.model import Operation
from service.core.events import Event, EventResource, Identity, SessionContext
from service.core.outcome import Outcome
from service.core.principals import Principal, PrincipalType
from service.core.usage import (
    ARN_PREFIX,
    COLLAPSED,
    NO_DENIAL,
    Call,
    Context,
    Parameters,
    arns_within,
    call_of,
    context_of,
    normalised,
    partition_of,
)

ROLE = Principal(PrincipalType.ROLE, "111122223333", "app")
DENIED = "User: x is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/k"


def called(**members: Any) -> Call:
    return call_of(
        Event("s3.amazonaws.com", "GetObject", **members), ROLE, lambda _: frozenset({"name", "size", "list"})
    )


def context(**members: Any) -> Context:
    return context_of(Event("s3.amazonaws.com", "GetObject", **members))


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


@pytest.mark.parametrize(("members", "shown"), SHOWN.values(), ids=SHOWN)
def test_context(members: dict[str, str], shown: Context) -> None:
    assert context(**members) == shown


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
    found = context(identity=Identity(session_context=session))
    assert found == ((("aws:MultiFactorAuthPresent", shown),) if shown else ())


FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:app"

NAMED: dict[str, tuple[object, object, Parameters]] = {
    "an ARN that ends with a name of the request": ({"name": "app"}, {"functionArn": FUNCTION}, (("", FUNCTION),)),
    "wherever it stands": ({"name": "app"}, {"a": [{"b": FUNCTION}]}, (("", FUNCTION),)),
    "each once, sorted": (
        {"name": "app"},
        {"b": FUNCTION, "a": ["arn:aws:x:::app", FUNCTION]},
        (("", FUNCTION), ("", "arn:aws:x:::app")),
    ),
    "after a colon or a slash": (
        {"name": "app"},
        ["arn:aws:x:::a/app", "arn:aws:x:::b-app"],
        (("", "arn:aws:x:::a/app"),),
    ),
    "one that names something else": ({"name": "app"}, {"role": "arn:aws:iam::111122223333:role/other"}, ()),
    "a member of the request that is not kept": ({"other": "app"}, {"functionArn": FUNCTION}, ()),
    "text that is no ARN": ({"name": "app"}, {"name": "app"}, ()),
    "nothing to end with": ({"list": {"x": "y"}}, {"a": "arn:aws:s3:::"}, ()),
    "written with an escape": (
        {"name": "app"},
        {"a": "arn:aws:x:::\N{LATIN SMALL LETTER E WITH ACUTE}/app"},
        (("", "arn:aws:x:::\xe9/app"),),
    ),
}


@pytest.mark.parametrize(("request_", "response", "expected"), NAMED.values(), ids=NAMED)
@pytest.mark.parametrize("escaped", [False, True])
def test_arns_of_a_response(request_: object, response: object, expected: Parameters, escaped: bool) -> None:
    """Only those that were made of what was asked for; the path to them is not kept."""
    written = json.dumps(response, ensure_ascii=escaped).encode()
    call = called(request=msgspec.Raw(msgspec.json.encode(request_)), response=msgspec.Raw(written))
    assert call.response == expected


WITHIN: dict[str, tuple[bytes, int]] = {
    "none": (b'{"a":"b"}', 0),
    "absent": (b"", 0),
    "one": (b'{"a":"arn:aws:s3:::b"}', 1),
    "one in a path": (b'{"a":"arn%3Aaws%3As3%3A%3A%3Ab"}', 1),
    "two": (b'["arn:aws:s3:::b","arn:aws:s3:::c"]', 2),
    "a word that begins like one": (b'{"a":"arnold"}', 0),
    "one that a later member of the same name takes the place of": (b'{"a":"arn:aws:s3:::b","a":1}', 0),
    "all where a character is escaped": (b'{"a":"\\u0061rn:aws:s3:::b"}', 1),
}


@pytest.mark.parametrize(("response", "count"), WITHIN.values(), ids=WITHIN)
def test_what_decides_about_the_arns_of_a_response(response: bytes, count: int) -> None:
    assert len(arns_within(msgspec.Raw(response))) == count


def test_the_mark_of_what_was_collapsed_is_no_name() -> None:
    marked = f"a{COLLAPSED}"
    call = called(
        request=msgspec.Raw(msgspec.json.encode({"name": marked, "other": f"arn:aws:s3:::{marked}"})),
        resources=(EventResource(f"arn:aws:s3:::{marked}", type="A"), EventResource(arn_prefix=f"arn:{marked}")),
        error_code="AccessDenied",
        error_message=DENIED.replace("b/k", f"b/{marked}"),
    )
    assert call.resources == (("A", "arn:aws:s3:::a\ufffd"), (ARN_PREFIX, "arn:a\ufffd"))
    assert call.parameters == (("name", "a\ufffd"), ("other", "arn:aws:s3:::a\ufffd"))
    assert call.denial.resource == "arn:aws:s3:::b/a\ufffd"
    assert context(region=COLLAPSED) == (("aws:RequestedRegion", "\ufffd"),)


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
