"""The ladder: what each rung does, that it is climbed only as far as it takes, and what is said where nothing fits."""

from __future__ import annotations

from functools import cache

import pytest

from catalog.load import load_catalog
from catalog.model import Catalog
from service.core.choices import Rung
from service.core.errors import InternalError
from service.core.fit.climbing import Fitted, Fitter, Wish
from service.core.fit.merging import Impossible
from service.core.fit.wildcards import Wildcards, expanded, expanded_grants
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.verdict import Holds, Refuted
from service.core.quotas import Room, Target, room_for
from service.core.synthesis import Grant, packed
from tests.tables import Row, rows

PLAIN = frozenset({("s3", "bucket"), ("dynamodb", "table"), ("dynamodb", "index")})
LIST, GET = Grant("s3:ListBucket", "arn:aws:s3:::data"), Grant("s3:GetObject", "arn:aws:s3:::data/*")
POLICY, OBJECT = Grant("s3:PutBucketPolicy", "arn:aws:s3:::data"), Grant("s3:PutObject", "arn:aws:s3:::other/*")


class Never(Row, frozen=True):
    action: str
    pattern: str
    never: bool


@cache
def catalog() -> Catalog:
    return load_catalog()


@pytest.mark.parametrize("row", rows("fit", Never))
def test_what_no_request_can_meet(row: Never) -> None:
    assert Impossible(catalog(), PLAIN).is_never(row.action, row.pattern) is row.never


def fitted(*grants: Grant, last: Rung = Rung.MERGED, documents: int = 0, current: Policy | None = None) -> Fitted:
    """Made with room for so many documents."""
    wish = Wish("app", Room(documents, 6144, "least-privilege"), last, (current,) if current else None)
    actions = (catalog().action(each.action) for each in grants)
    levels = {each.full_name: each.access_level.value for each in actions if each}
    return Fitter(catalog(), PLAIN).fitted(grants, levels, wish)


def allow(actions: tuple[str, ...], resources: tuple[str, ...] = ("*",)) -> Policy:
    return Policy((Statement(Effect.ALLOW, actions, resources),))


def test_what_fits_is_not_touched() -> None:
    made = fitted(LIST, GET, documents=1, last=Rung.RESOURCES)
    assert made.fit.fits
    assert made.fit.rung is Rung.EXACT
    assert [each.rung for each in made.fit.steps] == [Rung.EXACT]
    assert len(made.synthesis.policies[0].policy.statements) == 2
    assert not made.added


def test_statements_are_joined_where_no_request_meets_the_rest() -> None:
    made = fitted(LIST, GET)
    exact, merged = made.fit.steps
    assert (exact.statements, merged.statements) == (2, 1)
    assert merged.characters < exact.characters
    assert isinstance(merged.keeps, Holds)
    assert isinstance(merged.adds, Refuted)
    assert merged.added == {"List": 1, "Read": 1}


def test_nothing_is_joined_that_adds_a_request() -> None:
    (_, merged) = fitted(GET, OBJECT).fit.steps
    assert merged.statements == 2
    assert isinstance(merged.adds, Holds)
    assert not merged.added


def test_actions_that_change_permissions_are_not_joined() -> None:
    assert fitted(POLICY, GET).fit.steps[1].statements == 2


def test_actions_that_tag_are_not_joined() -> None:
    tags = Grant("s3:PutBucketTagging", "arn:aws:s3:::data")
    assert fitted(tags, GET).fit.steps[1].statements == 2


def test_conditions_stay_apart() -> None:
    conditioned = Grant(GET.action, GET.resource, (Condition("Bool", "aws:SecureTransport", ("true",)),))
    assert fitted(LIST, conditioned).fit.steps[1].statements == 2


def test_nothing_is_joined_beyond_the_current_policies() -> None:
    """That no request can meet it is the catalog's word; what is granted now is proved."""
    narrow = Policy(
        (
            Statement(Effect.ALLOW, (LIST.action,), (LIST.resource,)),
            Statement(Effect.ALLOW, (GET.action,), (GET.resource,)),
        )
    )
    assert fitted(LIST, GET, current=narrow).fit.steps[1].statements == 2
    assert fitted(LIST, GET, current=allow(("s3:*",))).fit.steps[1].statements == 1


READS = (Grant("sqs:GetQueueUrl", "*"), Grant("sqs:GetQueueAttributes", "*"))


def test_wildcards_are_those_of_the_current_policies() -> None:
    made = fitted(*READS, last=Rung.WILDCARDS, current=allow(("sqs:Get*",)))
    last = made.fit.steps[-1]
    assert (last.rung, last.added) == (Rung.WILDCARDS, {})
    assert isinstance(last.within_current, Holds)
    without = fitted(*READS, last=Rung.WILDCARDS, current=allow(("sqs:GetQueueUrl", "sqs:GetQueueAttributes")))
    assert without.fit.steps[-1].characters > last.characters


@pytest.mark.parametrize("pattern", ["sqs:*", "*", "sq*:Get*"])
def test_wildcards_never_bring_permissions_management_or_other_services(pattern: str) -> None:
    made = fitted(*READS, last=Rung.WILDCARDS, current=allow((pattern,)))
    assert made.fit.steps[-1].characters == made.fit.steps[0].characters


def test_a_wildcard_brings_no_tagging_to_other_resources() -> None:
    """All that it means was used, but not all of it on both queues."""
    one, other = (f"arn:aws:sqs:eu-west-1:111122223333:{name}" for name in ("one", "other"))
    seen = [Grant(action, each) for action in ("sqs:TagQueue", "sqs:UntagQueue") for each in (one, other)]
    made = fitted(*seen, last=Rung.WILDCARDS, current=allow(("sqs:*agQueue",)))
    assert made.fit.steps[-1].characters == made.fit.steps[1].characters


def test_what_a_wildcard_brings_is_told() -> None:
    seen = (Grant("ec2:DescribeInstances", "*"), Grant("ec2:DescribeVolumes", "*"))
    room = Room(0, 6144, "least-privilege")
    wish = Wish("app", room, Rung.WILDCARDS, (allow(("ec2:Describe*",)),))
    fitter = Fitter(catalog(), PLAIN)
    assert not fitter.fitted(seen, {}, wish).added  # what does not fit is proposed as it is
    step = fitter.fitted(seen, {}, wish).fit.steps[-1]
    assert sum(step.added.values()) == len(expanded(catalog(), "ec2:Describe*")) - 2


def test_a_wildcard_is_known_by_what_it_means() -> None:
    grants = set(expanded_grants(catalog(), [allow(("sqs:getqueue*", "sqs:SendMessage"), ("x",))]))
    assert grants == {Grant(each, "x") for each in ("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage")}


def test_the_longest_wildcard_comes_first() -> None:
    found = Wildcards.of(catalog(), [allow(("s3:Get*", "s3:*", "s3:GetObject", "*", "s3:GetBucket*"))])
    assert found.patterns == ["s3:GetBucket*", "s3:Get*", "s3:*"]


def test_what_does_not_fit_is_whole_and_named() -> None:
    many = [Grant("s3:GetObject", f"arn:aws:s3:::data/{'x' * 900}{number}") for number in range(20)]
    made = fitted(*many, documents=2)
    assert not made.fit.fits
    assert made.fit.rung is Rung.EXACT
    assert {grant for each in made.synthesis.policies for grant in expanded_grants(catalog(), [each.policy])} == set(
        many
    )
    assert [each.partition(":")[0] for each in made.fit.over] == [each.name for each in made.synthesis.policies[2:]]


def test_statement_ids_give_way_first() -> None:
    """Statements of many services, which cannot be joined: without ids there is room for them."""
    services = ("s3:GetObject", "sqs:SendMessage", "sns:Publish", "dynamodb:GetItem", "lambda:InvokeFunction")
    grants = [Grant(each, f"{'x' * 80}{number:03d}") for number in range(10) for each in services]
    sizes = [fitted(*grants, Grant("kms:Decrypt", "k" * length), documents=1) for length in range(1000, 2400, 25)]
    by_rung = {each.fit.rung: each for each in sizes if each.fit.fits}
    assert set(by_rung) == {Rung.EXACT, Rung.MERGED}
    assert all(statement.sid for each in by_rung[Rung.EXACT].synthesis.policies for statement in each.policy.statements)
    without = by_rung[Rung.MERGED].synthesis.policies
    assert not any(statement.sid for each in without for statement in each.policy.statements)


def test_no_slot_is_told() -> None:
    made = fitted(LIST)
    assert made.fit.notes == ("no policy can be attached: as many stay attached as the quota allows",)
    assert len(made.fit.over) == 1


def test_above_merged_the_current_policies_must_be_known() -> None:
    made = fitted(LIST, last=Rung.RESOURCES)
    assert [each.rung for each in made.fit.steps] == [Rung.EXACT, Rung.MERGED]
    assert any("give the current policies" in each for each in made.fit.notes)


@pytest.mark.parametrize(
    ("target", "is_user", "documents", "characters"),
    [
        (Target.MANAGED, False, 7, 6144),
        (Target.INLINE, False, 1, 10240),
        (Target.INLINE, True, 1, 2048),
        (Target.BOUNDARY, False, 1, 6144),
        (Target.PERMISSION_SET, False, 1, 10240),
    ],
)
def test_quotas(target: Target, *, is_user: bool, documents: int, characters: int) -> None:
    room = room_for(target, is_user=is_user, slots=7)
    assert (room.documents, room.characters) == (documents, characters)


def test_a_statement_of_one_grant_that_is_too_large_is_an_internal_error() -> None:
    statement = Statement(Effect.ALLOW, ("s3:GetObject",), ("x" * 3000,))
    with pytest.raises(InternalError, match="larger than a policy"):
        packed([statement], "app", {}, room_for(Target.INLINE, is_user=True, slots=0))
