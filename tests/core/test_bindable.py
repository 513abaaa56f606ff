"""Needs that a condition can bind, beside what other needs grant without it."""

from __future__ import annotations

import pytest

from catalog.model import AccessLevel, Operation
from service.core.actions import Need, Reason, ReasonKind
from service.core.iam.policy import Condition
from service.core.secondary import PASSED_TO
from service.core.suggest.bindable import bindable

S3 = "arn:aws:s3:::"


def need(*patterns: str, action: str = "s3:GetObject", rule: str = "", to: str = "", key: str = PASSED_TO) -> Need:
    reason = Reason(ReasonKind.OBSERVED, Operation("s3.amazonaws.com", "GetObject"), rule)
    conditions = (Condition("StringEquals", key, (to,)),) if to else ()
    return Need(action, AccessLevel.READ, patterns[0], patterns, True, conditions, reason)


@pytest.mark.parametrize(
    ("bound", "beside", "binds"),
    [
        ("data/a", "data/a", False),
        ("data/a", "data/*", False),
        ("data/a", "data/?", False),
        ("data/in/*", "data/*", False),
        ("data/in/*", "data/in/*", False),
        ("data/in/*.csv", "data/in/*v", False),
        ("data/${*}", "data/${*}", False),
        ("data/*", "data/${*}", True),
        ("data/*", "data/?", True),
        ("data/*", "data/?*", True),
        ("data/??", "data/?", True),
        ("data/*", "data/a", True),
        ("data/a", "data/b*", True),
    ],
)
def test_a_grant_beside_it(bound: str, beside: str, binds: bool) -> None:
    wanted = need(S3 + bound)
    assert bindable([wanted], [wanted, need(S3 + beside, rule="another")]) == ({wanted} if binds else set())


def test_every_resource_and_another_action() -> None:
    wanted = need(f"{S3}data/a")
    assert bindable([wanted], [wanted, need("*")]) == set()
    assert bindable([wanted], [wanted, need("*", action="s3:PutObject")]) == {wanted}


def test_a_grant_that_is_held_to_another_request() -> None:
    plain, ecs = need(f"{S3}data/a"), need(f"{S3}data/a", to="ecs.amazonaws.com")
    wide = need("*", to="ec2.amazonaws.com")
    assert bindable([plain, ecs], [plain, ecs, wide]) == {plain, ecs}
    assert bindable([ecs], [ecs, need("*", to="ecs.amazonaws.com")]) == set()
    assert bindable([ecs], [ecs, need("*")]) == set()
    assert bindable([plain], [plain, need("*", key="aws:SecureTransport", to="true")]) == set()


def test_what_is_not_bound_stands_beside_the_rest() -> None:
    """One pattern of the second need is covered, so that it stays as it is; the other covers the third."""
    first, second, third = need(f"{S3}data/*"), need(f"{S3}data/a", f"{S3}logs/*"), need(f"{S3}logs/b")
    apart = need(f"{S3}other/*")
    assert bindable([second, third, apart], [first, second, third, apart]) == {apart}
    assert bindable([second, third, apart], [second, third, apart]) == {second, third, apart}
