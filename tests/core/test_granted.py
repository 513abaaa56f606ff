"""What the current policies grant of an action, as needs to be kept without a call."""

from __future__ import annotations

import pytest

from catalog.model import AccessLevel
from service.core.actions import NO_OPERATION, Reason, ReasonKind
from service.core.current import Current, GrantedPolicy
from service.core.granted import Kept, granted_by
from service.core.iam.document import parse_policy
from service.core.json_bytes import to_bytes

REASON = Reason(ReasonKind.KEEP_LIST, NO_OPERATION, "", "break-glass")


def kept(action: str, *statements: dict[str, object], version: str = "2012-10-17") -> Kept:
    policy = parse_policy(to_bytes({"Version": version, "Statement": list(statements)}))
    return granted_by(Current((GrantedPolicy("now", policy),))).kept(action, AccessLevel.READ, REASON)


def allow(action: str, *resources: str, **condition: object) -> dict[str, object]:
    found = {"Condition": condition} if condition else {}
    return {"Effect": "Allow", "Action": action, "Resource": list(resources), **found}


def deny(action: str, resource: str, **condition: object) -> dict[str, object]:
    return {**allow(action, resource, **condition), "Effect": "Deny"}


def patterns(found: Kept) -> list[str]:
    return [pattern for need in found.needs for pattern in need.patterns]


LOGS, DATA = "arn:aws:s3:::logs/*", "arn:aws:s3:::data/*"


@pytest.mark.parametrize(
    ("statements", "wanted"),
    [
        pytest.param([allow("s3:Get*", LOGS, DATA)], [DATA, LOGS], id="each resource of a statement"),
        pytest.param([allow("s3:Put*", LOGS)], [], id="of no statement"),
        pytest.param([allow("s3:*", "*"), allow("s3:Get*", LOGS)], ["*"], id="the whole has the parts"),
        pytest.param([allow("s3:*", LOGS, DATA), deny("s3:*", DATA)], [LOGS], id="less what is denied"),
        pytest.param([allow("s3:*", "*"), deny("s3:*", DATA)], [], id="not where a Deny cuts into it"),
        pytest.param(
            [allow("s3:*", "arn:aws:s3:::home/${aws:username}/*")],
            ["arn:aws:s3:::home/${aws:username}/*"],
            id="a variable stays one",
        ),
        pytest.param([{"Effect": "Allow", "Action": "s3:Get*", "NotResource": DATA}], [], id="NotResource names none"),
    ],
)
def test_kept(statements: list[dict[str, object]], wanted: list[str]) -> None:
    assert patterns(kept("s3:GetObject", *statements)) == wanted


def test_two_denials_by_one_key_cannot_be_turned_into_conditions() -> None:
    by_region = ({"StringEquals": {"aws:RequestedRegion": region}} for region in ("eu-west-1", "eu-west-2"))
    found = kept("s3:GetObject", allow("s3:*", LOGS), *(deny("s3:*", "*", **each) for each in by_region))
    assert found.needs == ()
    assert len(found.lost) == 1


def test_what_cannot_be_kept_is_said() -> None:
    found = kept("s3:GetObject", allow("s3:*", "*"), deny("s3:*", DATA))
    assert found.lost == (f"s3:GetObject on *: {_WHY_LOST}",)


_WHY_LOST = "now, statement 1 grants it and now, statement 2 denies a part of it, which a policy that allows cannot say"


def test_a_text_that_would_become_a_variable_is_not_kept() -> None:
    old = kept("s3:GetObject", allow("s3:*", "arn:aws:s3:::home/${aws:username}"), version="2008-10-17")
    assert old.needs == ()
    assert len(old.lost) == 1


def test_conditions_are_kept_and_a_condition_of_a_deny_turned() -> None:
    region = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    (need,) = kept("s3:GetObject", allow("s3:*", LOGS, **region), deny("s3:*", "*", **plain)).needs
    assert [(each.operator, each.key, each.values) for each in need.conditions] == [
        ("Bool", "aws:SecureTransport", ("true",)),
        ("StringEquals", "aws:RequestedRegion", ("eu-west-1",)),
    ]
    assert need.is_extra
