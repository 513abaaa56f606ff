"""The closest managed policies: counted by proof, ranked as by looking at every one of them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from random import Random

import pytest

from catalog.load import load_catalog
from catalog.model import Catalog
from service.core.advice.closest import SHOWN, Closest, ClosestPolicies
from service.core.current import GrantedPolicy
from service.core.errors import InputError
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.synthesis import Grant
from service.usecases.managed_texts import managed_policies_of

BUCKET = "arn:aws:s3:::data/*"
USED = [Grant("s3:GetObject", BUCKET), Grant("s3:PutObject", BUCKET), Grant("sqs:SendMessage", "*")]


@cache
def catalog() -> Catalog:
    return load_catalog()


def named(name: str, *statements: Statement) -> GrantedPolicy:
    return GrantedPolicy(name, Policy(statements))


def allow(*actions: str, resource: str = "*") -> Statement:
    return Statement(Effect.ALLOW, actions, (resource,))


def closest(*policies: GrantedPolicy) -> tuple[Closest, ...]:
    return ClosestPolicies(catalog(), policies).of(USED)


def test_what_is_covered_and_what_is_more() -> None:
    narrow = named("Narrow", allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject"))
    (found,) = closest(narrow)
    assert (found.name, found.covered, found.used, found.more) == ("Narrow", 2, 3, (("Write", 1),))


def test_the_narrow_one_is_closer_than_the_broad_one() -> None:
    broad, narrow = named("Broad", allow("*")), named("Narrow", allow("s3:GetObject", "s3:PutObject"))
    assert [each.name for each in closest(broad, narrow)] == ["Narrow", "Broad"]
    assert closest(broad)[0].covered == len(USED)


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", resource="arn:aws:s3:::other/*"),
        Statement(Effect.ALLOW, ("s3:GetObject",), ("*",), (Condition("Bool", "aws:SecureTransport", ("true",)),)),
        Statement(Effect.DENY, ("s3:GetObject",), ("*",)),
    ],
    ids=["other resource", "under a condition", "denied"],
)
def test_what_is_not_covered(statement: Statement) -> None:
    assert closest(named("P", statement)) == ()


def test_what_is_denied_everywhere_is_not_more() -> None:
    (found,) = closest(named("P", allow("s3:*"), Statement(Effect.DENY, ("s3:Put*",), ("*",))))
    assert found.covered == 1
    (without,) = closest(named("P", allow("s3:*")))
    assert found.excess < without.excess


def test_the_ranking_is_that_of_looking_at_all() -> None:
    """Against a ranking that leaves nothing out, over random policies."""
    chance = Random(11)
    actions = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "s3:DeleteObject", "sqs:*", "s3:Get*", "sns:Publish"]
    policies = [named(f"P{number:03d}", allow(*chance.sample(actions, chance.randint(1, 4)))) for number in range(60)]
    found = ClosestPolicies(catalog(), policies).of(USED)
    assert len(found) == SHOWN
    universe = [f"{prefix}:{each.name}" for prefix in ("s3", "sqs", "sns") for each in _actions(prefix)]
    scores = sorted((-_score(each.policy, universe), each.name) for each in policies)
    assert sorted(-_score_of(each) for each in found) == pytest.approx([score for score, _ in scores[:SHOWN]])


def _actions(prefix: str):  # type: ignore[no-untyped-def]  # of the catalog
    service = catalog().service(prefix)
    assert service is not None
    return service.actions.values()


def _score(policy: Policy, universe: list[str]) -> float:
    resources = {"sqs:SendMessage": "*"}
    used = {each.action for each in USED}
    covered = sum(
        authorize([policy], Request(each.action, resources.get(each.action, "arn:aws:s3:::data/x"))).access
        is Access.ALLOWED
        for each in USED
    )
    granted = {each for each in universe if authorize([policy], Request(each, "x")).access is Access.ALLOWED}
    recall, precision = covered / len(USED), len(granted & used) / len(granted)
    return 2 * recall * precision / (recall + precision) if covered else 0.0


def _score_of(found: Closest) -> float:
    recall = found.covered / found.used
    precision = found.covered / (found.covered + found.excess)
    return 2 * recall * precision / (recall + precision)


DOCUMENT = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}


def test_files_of_managed_policies() -> None:
    one, two = {"path": "policies/One", "policy": DOCUMENT}, {"name": "Two", "policy": 7}
    lines = "\n".join([json.dumps(one), "not json", "", json.dumps(two)])
    version = json.dumps({"PolicyVersion": {"Document": DOCUMENT}})
    files = [
        ("all.jsonl.gz", gzip.compress(lines.encode())),
        ("folder/Three.json", version.encode()),
        ("folder/AWSThingsServiceRolePolicy.json", version.encode()),
        ("folder/Four.json", b"{}"),
        ("five.gz", b"\x1f\x8bbroken"),
        ("six.json.gz", gzip.compress(version.encode())[:-4]),
        ("other/One.json", json.dumps({**DOCUMENT, "Statement": []}).encode()),
    ]
    policies, notes = managed_policies_of(files)
    assert [each.name for each in policies] == ["One", "Three"]
    told = "\n".join(notes)
    assert "1 policies are of service-linked roles" in told
    for place in (
        "all.jsonl.gz, line 2",
        "all.jsonl.gz, line 4",
        "folder/Four.json",
        "five.gz",
        "six.json.gz",
        "other/One.json",
    ):
        assert place in told
    with pytest.raises(InputError, match=r"there is no managed policy in folder/Four\.json"):
        managed_policies_of(files[3:4])


def test_a_file_of_several_members_is_read_to_its_end() -> None:
    lines = [json.dumps({"name": name, "policy": DOCUMENT}) + "\n" for name in ("One", "Two")]
    policies, notes = managed_policies_of([("all.jsonl.gz", b"".join(gzip.compress(each.encode()) for each in lines))])
    assert ([each.name for each in policies], notes) == (["One", "Two"], ())
