"""Laws of synthesis: exactly what was asked for, whatever the order, within the quota."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.iam.document import characters
from service.core.iam.policy import Condition
from service.core.quotas import MANAGED_POLICY_CHARACTERS
from service.core.rectangles import rectangles
from service.core.synthesis import Grant, grants_of, synthesize

UNHURRIED = settings(deadline=None)
"""The machine may be busy; how fast things are is tested elsewhere."""

CONDITIONS: list[tuple[Condition, ...]] = [(), (Condition("Bool", "aws:SecureTransport", ("true",)),)]
LEVELS = {"s3:A": "Read", "s3:B": "Write", "sqs:A": "Permissions management"}

names = st.sampled_from(["A", "B", "C", "D"])
grants = st.builds(
    Grant,
    st.builds("{}:{}".format, st.sampled_from(["s3", "S3", "sqs", "s"]), names),
    st.builds(lambda name, length: name * length, names, st.sampled_from([1, 2, 900, 3000, 7000])),
    st.sampled_from(CONDITIONS),
)


@UNHURRIED
@given(st.lists(grants, max_size=40))
def test_synthesis(wanted: list[Grant]) -> None:
    made = synthesize(wanted, "app", LEVELS)
    triples = [
        (action, resource, statement.conditions)
        for named in made.policies
        for statement in named.policy.statements
        for action in statement.actions
        for resource in statement.resources
    ]
    left_out = {(each.action, each.resource, each.conditions) for each in made.too_large}
    assert set(triples) | left_out == {(each.action, each.resource, each.conditions) for each in wanted}
    assert len(set(triples)) == len(triples)
    assert left_out.isdisjoint(triples)
    assert all(len(resource) == 7000 for _, resource, _ in left_out)
    for named in made.policies:
        assert named.characters == characters(named.policy) <= MANAGED_POLICY_CHARACTERS
        sids = [statement.sid for statement in named.policy.statements]
        assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
        assert len(set(sids)) == len(sids)


@UNHURRIED
@given(st.lists(grants, max_size=40).flatmap(lambda each: st.tuples(st.just(each), st.permutations(each))))
def test_order_does_not_matter(both: tuple[list[Grant], list[Grant]]) -> None:
    assert synthesize(both[0], "app", LEVELS) == synthesize(both[1], "app", LEVELS)


@UNHURRIED
@given(
    st.dictionaries(st.text("abcdef", min_size=1, max_size=1), st.frozensets(st.integers(0, 6).map(str), min_size=1))
)
def test_rectangles_are_exactly_the_pairs(pairs: dict[str, frozenset[str]]) -> None:
    cells = [(action, resource) for each in rectangles(pairs) for action in each.actions for resource in each.resources]
    assert sorted(cells) == sorted((action, resource) for action, resources in pairs.items() for resource in resources)


PURPOSES = {"s3": "storage", "sqs": "messaging"}


@UNHURRIED
@given(st.lists(grants, max_size=40))
def test_purposes_change_names_and_places_only(wanted: list[Grant]) -> None:
    plain, by_purpose = (synthesize(wanted, "app", LEVELS, purposes=each) for each in ({}, PURPOSES))
    held = [set(grants_of(named.policy for named in made.policies)) for made in (plain, by_purpose)]
    assert held[0] == held[1]
    assert len(by_purpose.policies) <= len(plain.policies)
    names = [each.name for each in by_purpose.policies]
    assert len(set(names)) == len(names)
    assert all(each.characters <= MANAGED_POLICY_CHARACTERS for each in by_purpose.policies)
