"""Laws of the ladder: a joined policy allows exactly the requests that can be made and were allowed before."""

from __future__ import annotations

import re
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.load import load_catalog, read_table
from catalog.model import Catalog
from service.core.choices import Rung
from service.core.fit.climbing import Fitter, Wish
from service.core.fit.merging import Impossible, merged
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.verdict import Holds
from service.core.quotas import Room
from service.core.synthesis import Grant, grants_of, grouped

ACTIONS = (
    "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:ListAllMyBuckets", "s3:PutBucketPolicy", "dynamodb:PutItem",
    "dynamodb:Query", "dynamodb:ListTables", "sqs:SendMessage", "sqs:ListQueues", "ec2:RunInstances",
    "ec2:StartInstances", "ec2:DeleteVolume", "ec2:DescribeInstances", "logs:PutLogEvents", "logs:CreateLogStream",
    "lambda:InvokeFunction",
)  # fmt: skip
PLACES = {"Partition": "aws", "Region": "eu-west-1", "Account": "111122223333"}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@cache
def catalog() -> Catalog:
    return load_catalog()


@cache
def plain() -> frozenset[tuple[str, str]]:
    return frozenset((row["service"], row["type"]) for row in read_table("plain_names.tsv"))


def formats(action: str) -> list[tuple[str, str]]:
    """Of the resources that an action takes: type and format."""
    definition, service = catalog().action(action), catalog().service(action.partition(":")[0])
    assert definition is not None
    assert service is not None
    types = service.resource_types
    return [(each.type, text) for each in definition.resources for text in types[each.type].arn_formats]


@st.composite
def resources(draw: st.DrawFn, action: str, *, wild: bool) -> str:
    """One that the action takes: its names hold separators where they may."""
    known = formats(action)
    if not known:
        return "*"
    kind, text = draw(st.sampled_from(known))
    can_part = (action.partition(":")[0], kind) not in plain()
    names = st.sampled_from(
        ["a", "b", *(["a/b", "a:b", "a/index/b"] if can_part else []), *(["*", "a*"] if wild else [])]
    )
    return _VARIABLE.sub(lambda found: PLACES.get(found[1]) or draw(names), text)


actions = st.sampled_from(ACTIONS)
grants = actions.flatmap(lambda action: st.builds(Grant, st.just(action), resources(action, wild=True)))
requests = actions.flatmap(lambda action: st.builds(Request, st.just(action), resources(action, wild=False)))


@given(st.sets(grants, min_size=2, max_size=12), st.lists(requests, min_size=1, max_size=40))
@settings(deadline=None, max_examples=200)
def test_no_request_that_can_be_made_is_added_or_lost(wanted: set[Grant], asked: list[Request]) -> None:
    before = grouped(wanted)
    after, added = merged(before, Impossible(catalog(), plain()), lambda _: True)
    assert len(after) <= len(before)
    assert set(grants_of([Policy(after)])) - wanted == set(added)
    for request in asked:
        answers = [authorize((Policy(each),), request).access is Access.ALLOWED for each in (before, after)]
        assert answers[0] is answers[1], request


@given(st.sets(grants, min_size=1, max_size=8), st.booleans())
@settings(deadline=None, max_examples=40)
def test_every_rung_keeps_what_is_needed_and_stays_within(wanted: set[Grant], is_known: bool) -> None:
    services = sorted({each.action.partition(":")[0] for each in wanted})
    broad = Policy((Statement(Effect.ALLOW, tuple(f"{each}:*" for each in services), ("*",)),))
    wish = Wish("app", Room(0, 6144, "least-privilege"), Rung.WILDCARDS, (broad,) if is_known else None)
    for step in Fitter(catalog(), plain()).fitted(wanted, {}, wish).fit.steps[1:]:
        assert isinstance(step.keeps, Holds)
        assert not is_known or isinstance(step.within_current, Holds)
        assert "Permissions management" not in step.added
