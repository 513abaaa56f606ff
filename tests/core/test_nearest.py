"""Whom a user may have meant."""

from __future__ import annotations

import pytest

from service.core.nearest import SUGGESTIONS, nearest
from service.core.principals import Principal, PrincipalType, parse_principal

HOME, AWAY = "111122223333", "444455556666"


def role(name: str, account: str = HOME, path: str = "") -> Principal:
    return Principal(PrincipalType.ROLE, account, name, f"arn:aws:iam::{account}:role/{path}{name}")


def user(name: str) -> Principal:
    return Principal(PrincipalType.USER, HOME, name, f"arn:aws:iam::{HOME}:user/{name}")


ASKED = parse_principal(f"arn:aws:iam::{HOME}:role/orders-api")
CASES = {
    "the same name under a path goes first": [role("orders-api", path="apps/"), role("orders-apis"), role("billing")],
    "the same name in another account is nearer than another name": [role("orders-api", AWAY), role("orders")],
    "of equal names the account asked for is nearer": [role("orders-apj"), role("orders-apj", AWAY)],
    "of equal names a role is nearer than a user": [role("orders-apj"), user("orders-apj")],
    "letters count in either case": [role("Orders-API"), role("orders-xyz")],
    "equally near ones are sorted": [role("orders-ap1"), role("orders-ap2")],
}


@pytest.mark.parametrize("ranked", CASES.values(), ids=CASES)
def test_order(ranked: list[Principal]) -> None:
    assert nearest(ASKED, ranked[::-1]) == tuple(each.label for each in ranked)


def test_callers_that_cannot_have_a_policy_are_never_meant() -> None:
    others = [Principal(kind, HOME, "orders-api") for kind in PrincipalType]
    able = {PrincipalType.ROLE, PrincipalType.USER, PrincipalType.IDENTITY_CENTER_ROLE}
    assert set(nearest(ASKED, others)) == {each.label for each in others if each.type in able}


def test_no_more_than_a_few_and_each_once() -> None:
    many = [role(f"orders-{number}") for number in range(3000)] * 2
    found = nearest(ASKED, [*many, role("orders-api", AWAY)])
    assert found[0] == f"arn:aws:iam::{AWAY}:role/orders-api"
    assert len(set(found)) == len(found) == SUGGESTIONS
