"""Roles put into instance profiles."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.core.activity.profiles import Profile, profile_of
from service.core.events import Event
from service.core.principals import Principal, PrincipalType

ROLE = Principal(PrincipalType.ROLE, "111122223333", "app", "arn:aws-cn:iam::111122223333:role/app")
REQUEST = {"instanceProfileName": "workers", "roleName": "app"}
STEM = "arn:aws-cn:iam::111122223333:role/"

CASES: dict[str, tuple[dict[str, Any], Profile | None]] = {
    "a role": ({}, (f"{STEM}workers", f"{STEM}app")),
    "in the account of the record": (
        {"account": "444455556666"},
        ("arn:aws-cn:iam::444455556666:role/workers", "arn:aws-cn:iam::444455556666:role/app"),
    ),
    "another operation": ({"name": "CreateRole"}, None),
    "another service": ({"source": "ec2.amazonaws.com"}, None),
    "one that failed": ({"error_code": "AccessDenied"}, None),
    "no request": ({"request": msgspec.Raw(b"")}, None),
    "a request that is hidden": ({"request": msgspec.Raw(b'"HIDDEN"')}, None),
    "a request without the role": ({"request": msgspec.Raw(b'{"instanceProfileName":"workers"}')}, None),
    "a request that cannot be read": ({"request": msgspec.Raw(b'{"instanceProfileName":"\xff","roleName":"a"}')}, None),
    "a request that is too deep": ({"request": msgspec.Raw(b'{"x":' + b"[" * 100_000)}, None),
}


@pytest.mark.parametrize(("members", "profile"), CASES.values(), ids=CASES)
def test_profiles(members: dict[str, Any], profile: Profile | None) -> None:
    event = {"source": "iam.amazonaws.com", "name": "AddRoleToInstanceProfile", **members}
    assert profile_of(Event(**{"request": msgspec.Raw(msgspec.json.encode(REQUEST)), **event}), ROLE) == profile


def test_a_principal_without_an_arn_is_of_the_usual_partition() -> None:
    nameless = Principal(PrincipalType.ROLE, "111122223333", "app")
    event = Event("iam.amazonaws.com", "AddRoleToInstanceProfile", request=msgspec.Raw(msgspec.json.encode(REQUEST)))
    assert profile_of(event, nameless) == (
        "arn:aws:iam::111122223333:role/workers",
        "arn:aws:iam::111122223333:role/app",
    )
