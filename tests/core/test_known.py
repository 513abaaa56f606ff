"""What the rest of a trail knows: paths of roles and users, roles of instance profiles."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import msgspec
import pytest

from service.core.activity.profiles import profile_of
from service.core.events import Event
from service.core.known import ROLE_OF_PROFILE, Known, known_of
from service.core.principals import attribute
from service.core.resources import Target
from service.core.trail.records import parse_record

STEM = "arn:aws:iam::111122223333:role/"


def event(name: str = "GetObject", issuer: str = f"{STEM}people/admin", **members: Any) -> Event:
    session = {"sessionIssuer": {"type": "Role", "arn": issuer}}
    record = {
        "userIdentity": {"type": "AssumedRole", "accountId": "111122223333", "sessionContext": session},
        "eventSource": "iam.amazonaws.com",
        "eventName": name,
        "recipientAccountId": "111122223333",
        **members,
    }
    parsed = parse_record(msgspec.json.encode(record))
    assert isinstance(parsed, Event)
    return parsed


def filling(profile: str, role: str, **members: Any) -> Event:
    request = {"instanceProfileName": profile, "roleName": role}
    return event("AddRoleToInstanceProfile", requestParameters=request, **members)


def knowing(*events: Event) -> Known:
    principals = [attribute(each) for each in events]
    found = [profile_of(each, principal) for each, principal in zip(events, principals, strict=True)]
    return known_of(principals, [profile for profile in found if profile])


def either(name: str, kind: str = "role") -> Target:
    return Target(kind, f"{STEM}{name}", (f"{STEM}{name}", f"{STEM}*/{name}"), exact=kind == "role")


APP = event(issuer=f"{STEM}svc/app")
PROFILE = filling("workers", "app")


UNKNOWN = event("AddRoleToInstanceProfile", requestParameters="HIDDEN")
REFUSED = filling("workers", "app", errorCode="AccessDenied")
HELD = either("workers", ROLE_OF_PROFILE)

CASES: dict[str, tuple[list[Event], Target, list[str]]] = {
    "the path of a role that made a call": ([APP], either("app"), ["svc/app"]),
    "a role that nothing shows": ([event()], either("app"), ["app", "*/app"]),
    "two paths of one name": ([APP, event(issuer=f"{STEM}old/app")], either("app"), ["app", "*/app"]),
    "a role that the request spells out": ([APP], Target("role", f"{STEM}app", (f"{STEM}app",)), ["app"]),
    "the role of a profile, and its path": ([PROFILE, APP], HELD, ["svc/app"]),
    "the role of a profile": ([PROFILE], HELD, ["app", "*/app"]),
    "a profile that held two roles": ([PROFILE, filling("workers", "b")], HELD, ["workers", "*/workers"]),
    "a profile that was not filled": ([REFUSED], HELD, ["workers", "*/workers"]),
    "a request that shows nothing": ([UNKNOWN], HELD, ["workers", "*/workers"]),
    "a name with a path is no name": ([APP], either("svc/app"), ["svc/app", "*/svc/app"]),
}


@pytest.mark.parametrize(("events", "target", "names"), CASES.values(), ids=CASES)
def test_spelled_out(events: list[Event], target: Target, names: list[str]) -> None:
    patterns = [STEM + name for name in names]
    for order in permutations(events):
        assert list(knowing(*order).spelled_out(target).patterns) == patterns


def test_the_request_is_the_whole_arn() -> None:
    target = knowing(PROFILE, APP).spelled_out(either("workers", ROLE_OF_PROFILE))
    assert (target.request, target.exact, target.type) == (f"{STEM}svc/app", True, "role")
