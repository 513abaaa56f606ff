"""Synthesis: statements by table; packing, names and what does not fit."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable

import pytest

from service.core import synthesis
from service.core.errors import InternalError
from service.core.iam.document import characters, to_json
from service.core.iam.policy import Condition
from service.core.quotas import MANAGED_POLICY_CHARACTERS
from service.core.synthesis import Grant, NamedPolicy, grants_of, synthesize
from tests.tables import Row, rows

LEVELS = {
    "access-analyzer:ListAnalyzers": "List",
    "ec2:DescribeInstances": "List",
    "iam:PassRole": "Write",
    "s3:GetObject": "Read",
    "s3:ListAllMyBuckets": "List",
    "s3:PutBucketPolicy": "Permissions management",
    "s3:PutObject": "Write",
    "s3:PutObjectTagging": "Tagging",
}

POLICY_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")


class Statements(Row, frozen=True):
    grants: list[list[str]]
    statements: list[dict[str, object]]


def _grant(action: str, resource: str, passed_to: str = "") -> Grant:
    conditions = (Condition("StringEquals", "iam:PassedToService", (passed_to,)),) if passed_to else ()
    return Grant(action, resource, conditions)


def _many(count: int, services: int = 1) -> list[Grant]:
    """Grants of a few actions on many resources, at random but always the same."""
    chance = random.Random(20)
    prefixes = ["s3", *(f"service{number}" for number in range(services - 1))]
    actions = [f"{chance.choice(prefixes)}:{verb}Thing{number}" for verb in ("Get", "Put") for number in range(30)]
    resources = [f"arn:aws:s3:::data-{number:04d}/orders/{chance.getrandbits(32):x}/*" for number in range(count // 8)]
    found: set[Grant] = set()
    while len(found) < count:
        found.add(Grant(chance.choice(actions), chance.choice(resources)))
    return sorted(found)


@pytest.mark.parametrize("row", rows("synthesis", Statements))
def test_statements(row: Statements) -> None:
    made = synthesize([_grant(*each) for each in row.grants], "app", LEVELS)
    documents = [to_json(named.policy) for named in made.policies]
    expected = [{"Version": "2012-10-17", "Statement": row.statements}] if row.statements else []
    assert documents == expected, row.why


def test_order_of_grants_does_not_matter() -> None:
    grants = _many(500, services=4)
    shuffled = random.Random(1).sample(grants * 2, len(grants) * 2)
    assert synthesize(shuffled, "app", LEVELS) == synthesize(grants, "app", LEVELS)


def test_order_and_repetition_of_conditions_do_not_matter() -> None:
    conditions = (Condition("Bool", "aws:a", ("true",)), Condition("Bool", "aws:b", ("true",)))
    expected = Grant("s3:GetObject", "*", conditions)
    assert Grant("s3:GetObject", "*", conditions[::-1]) == Grant("s3:GetObject", "*", conditions * 2) == expected


def test_quota_is_kept_and_used() -> None:
    made = synthesize(_many(1500), "app", LEVELS)
    sizes = [named.characters for named in made.policies]
    assert sizes == [characters(named.policy) for named in made.policies]
    assert len(sizes) > 3
    assert max(sizes) <= MANAGED_POLICY_CHARACTERS
    assert sum(sizes) / len(sizes) > 0.8 * MANAGED_POLICY_CHARACTERS


def test_a_service_stays_together_where_it_fits() -> None:
    grants = [Grant(f"service{s}:Get{n}", f"arn:aws:x:::{n}") for s in range(20) for n in range(s)]
    homes: dict[str, set[str]] = {}
    for named in synthesize(grants, "app", {}).policies:
        for grant in grants_of([named.policy]):
            homes.setdefault(grant.action.split(":")[0], set()).add(named.name)
    assert [service for service, names in homes.items() if len(names) > 1] == []


def test_large_services_find_their_place_first() -> None:
    """Two of 55% and two of 40% fill two policies; in the order of their names they would take three."""
    shares = {"a": 0.4, "b": 0.4, "c": 0.55, "d": 0.55}
    grants = [Grant(f"{each}:Get", "x" * int(MANAGED_POLICY_CHARACTERS * share)) for each, share in shares.items()]
    assert len(synthesize(grants, "app", {}).policies) == 2


def test_one_long_list_is_split() -> None:
    grants = [Grant("s3:GetObject", f"arn:aws:s3:::bucket/{number:05d}") for number in range(1000)]
    made = synthesize(grants, "app", LEVELS)
    assert set(grants_of(named.policy for named in made.policies)) == set(grants)
    sids = [[statement.sid for statement in named.policy.statements] for named in made.policies]
    assert all(len(set(each)) == len(each) for each in sids)


def test_the_largest_grant_that_fits() -> None:
    """A policy of one statement, `S3Read`, of exactly the quota, less the two digits kept free for a number."""
    empty = characters(synthesize([Grant("s3:GetObject", "")], "app", LEVELS).policies[0].policy)
    room = MANAGED_POLICY_CHARACTERS - empty - len("000")
    fits, too_large = Grant("s3:GetObject", "x" * room), Grant("s3:GetObject", "x" * (room + 1))
    made = synthesize([fits, too_large], "app", LEVELS)
    assert made.too_large == (too_large,)
    assert set(grants_of(named.policy for named in made.policies)) == {fits}


def test_a_grant_that_is_lost_or_added_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    grants = [Grant("s3:GetObject", "a"), Grant("sqs:SendMessage", "b")]
    real = synthesis._statements
    for wrong in (grants[:1], [*grants, Grant("s3:GetObject", "c")]):
        monkeypatch.setattr(synthesis, "_statements", lambda _, wrong=wrong: real(wrong))
        with pytest.raises(InternalError, match="exactly the grants"):
            synthesize(grants, "app", LEVELS)


def test_a_policy_over_the_quota_is_an_internal_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "_pack", lambda parts, _: [parts])
    with pytest.raises(InternalError, match="more than 6144 characters"):
        synthesize(_many(1500), "app", LEVELS)


@pytest.mark.parametrize(
    ("principal", "name"),
    [
        ("orders-api", "orders-api-least-privilege"),
        ("a_b+c=d,e.f@g", "a_b+c=d,e.f@g-least-privilege"),
        ("x" * 64, "x" * 64 + "-least-privilege"),
        ("Rôle 1", "R-le-1-d72fce1f-least-privilege"),
    ],
)
def test_names(principal: str, name: str) -> None:
    assert [each.name for each in synthesize([Grant("s3:GetObject", "*")], principal, {}).policies] == [name]


def test_names_are_valid_and_unique() -> None:
    principals = ["", "-", "заказ", "ордер", "a b", "a-b", "a\tb", "x" * 200, "x" * 201, "x" * 112, "\ud800", "\ud801"]
    few, many = [Grant("s3:GetObject", "*")], _many(400)
    names = [
        each.name for grants in (few, many) for name in principals for each in synthesize(grants, name, {}).policies
    ]
    assert [name for name in names if not POLICY_NAME.fullmatch(name)] == []
    assert len(set(names)) == len(names)


def test_three_thousand_grants_of_one_service_are_fast() -> None:
    grants = _many(3000)
    started = time.process_time()
    synthesize(grants, "app", LEVELS)
    assert time.process_time() - started < 3


PURPOSES = {"s3": "storage", "ebs": "storage", "sqs": "messaging", "sns": "messaging", "ec2": "compute"}


def _of(service: str, share: float) -> list[Grant]:
    """Grants of one service that take about this share of a policy."""
    return [Grant(f"{service}:Get", f"{service}-{number}" + "x" * 100) for number in range(int(55 * share))]


def _services(policies: Iterable[NamedPolicy]) -> dict[str, set[str]]:
    return {each.name: {grant.action.split(":")[0] for grant in grants_of([each.policy])} for each in policies}


def test_policies_are_grouped_by_purpose_where_that_costs_nothing() -> None:
    grants = [*_of("s3", 0.5), *_of("sqs", 0.45), *_of("ebs", 0.4), *_of("sns", 0.5)]
    plain, grouped = (synthesize(grants, "app", {}, purposes=each).policies for each in ({}, PURPOSES))
    assert len(grouped) == len(plain) == 2
    assert _services(grouped) == {
        "app-least-privilege-messaging": {"sqs", "sns"},
        "app-least-privilege-storage": {"s3", "ebs"},
    }
    assert set(grants_of(each.policy for each in grouped)) == set(grants)


def test_one_policy_more_is_too_much_for_a_purpose() -> None:
    grants = [*_of("s3", 0.6), *_of("ebs", 0.6), *_of("sqs", 0.35), *_of("sns", 0.35)]
    plain, grouped = (synthesize(grants, "app", {}, purposes=each).policies for each in ({}, PURPOSES))
    assert len(plain) == len(grouped) == 2
    assert set(_services(grouped)) == {
        "app-least-privilege-storage-and-messaging-1",
        "app-least-privilege-storage-and-messaging-2",
    }


def test_of_a_service_of_no_purpose_only_the_number_is_told() -> None:
    grants = [*_of("s3", 0.9), *_of("other", 0.9)]
    names = [each.name for each in synthesize(grants, "app", {}, purposes=PURPOSES).policies]
    assert names == ["app-least-privilege-1", "app-least-privilege-storage"]
