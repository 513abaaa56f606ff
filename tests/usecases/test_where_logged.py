"""Where something may be used, and whether a trail logs it there and its files are there."""

from __future__ import annotations

from typing import Any

import pytest

from service.core.days import WindowAsked
from service.core.iam.document import to_json
from service.core.unseen.logged import Hidden
from tests.usecases.test_blind_spots import QUEUE, named
from tests.usecases.test_last_accessed import job, service
from tests.usecases.test_selectors import MANAGEMENT, S3_DATA, advanced, basic
from tests.usecases.trails import ACCOUNT, event
from tests.usecases.unseen import DAYS, USED, granted, hidden, proposed, unused

ONE, OTHER = (f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/{name}" for name in ("one", "other"))


def trails(one: Any, other: Any, *, regions: tuple[str, str] = ("eu-west-1", "")) -> list[Any]:
    """Settings of two trails, each of one Region or of all."""
    listed = [
        {"TrailARN": arn, "HomeRegion": region or "eu-west-1", "IsMultiRegionTrail": not region}
        for arn, region in zip((ONE, OTHER), regions, strict=True)
    ]
    return [{**one, "TrailARN": ONE}, {**other, "TrailARN": OTHER}, {"trailList": listed}]


HERE, THERE = QUEUE.format("eu-west-1"), QUEUE.format("us-east-1")
WRITES = basic(ReadWriteType="WriteOnly")
DATA = advanced(MANAGEMENT, S3_DATA)


@pytest.mark.parametrize(
    ("settings", "action", "resources", "why"),
    [
        (trails(basic(), WRITES), "sqs:ListQueueTags", [THERE], Hidden.ONLY_WRITES),
        (trails(basic(), WRITES), "sqs:ListQueueTags", [HERE], None),
        (trails(basic(), WRITES), "sqs:ListQueueTags", [HERE, THERE], Hidden.ONLY_WRITES),
        (trails(basic(), WRITES), "sqs:PurgeQueue", [THERE], None),
        (trails(DATA, basic()), "s3:GetObject", ["arn:aws:s3:::us-bucket/*"], Hidden.DATA_EVENT),
        (trails(basic(), DATA), "s3:GetObject", ["arn:aws:s3:::us-bucket/*"], None),
        (trails(basic(), basic(), regions=("eu-west-1", "us-east-1")), "sqs:PurgeQueue", [HERE, THERE], None),
        (trails(basic(), basic(), regions=("eu-west-1", "us-east-1")), "sqs:PurgeQueue", ["*"], Hidden.OTHER_REGIONS),
        (trails(basic(), basic(), regions=("eu-west-1", "us-east-1")), "iam:ListRoles", ["*"], None),
        (trails(basic(), WRITES, regions=("eu-west-1", "us-east-1")), "iam:ListRoles", ["*"], Hidden.ONLY_WRITES),
        # the events of STS are where its endpoint is, and there is one in each Region
        (trails(basic(), basic(), regions=("us-east-1", "us-east-1")), "sts:TagSession", ["*"], Hidden.OTHER_REGIONS),
    ],
)
def test_of_several_trails_one_must_log_it_where_it_may_be_used(
    settings: Any, action: str, resources: list[str], why: Hidden | None
) -> None:
    current = granted("ec2:DescribeVpcs", also=[{"Effect": "Allow", "Action": action, "Resource": resources}])
    listed = event("ec2 DescribeVpcs", {}, id="v")
    found = hidden(proposed(listed, *DAYS, current=current, selectors=settings))
    assert found.get(action) == why


@pytest.mark.parametrize(
    ("action", "type_"),
    [
        ("sagemaker:GetRecord", "AWS::SageMaker::Endpoint"),
        ("states:GetActivityTask", "AWS::StepFunctions::StateMachine"),
        ("ses:SendTemplatedEmail", "AWS::SES::EmailIdentity"),
        ("s3tables:GetTableData", "AWS::S3Tables::Table"),
    ],
)
def test_one_type_of_data_events_shows_nothing_of_others(action: str, type_: str) -> None:
    """Where the table does not tell the calls of a service's types apart."""
    one = "arn:aws:any:eu-west-1:111122223333:one"
    current = granted("s3:GetObject", also=[{"Effect": "Allow", "Action": action, "Resource": one}])
    for more in ({}, {"resources.ARN": [one]}):
        settings = advanced(MANAGEMENT, {"eventCategory": ["Data"], "resources.type": [type_], **more})
        found = proposed(current=current, selectors=settings)
        assert hidden(found)[action] == Hidden.PERHAPS_DATA
        assert action not in unused(found)


@pytest.mark.parametrize("name", ["Encrypt", "Sign", "Verify", "GenerateMac", "GenerateDataKeyPair", "ReEncryptFrom"])
def test_what_keys_do_is_read(name: str) -> None:
    found = proposed(current=granted("s3:GetObject", f"kms:{name}"), selectors=WRITES)
    assert hidden(found)[f"kms:{name}"] == Hidden.ONLY_WRITES


LATE = (*named("us-east-1"), *named("eu-central-1", days=range(1, 6)))
"""Of one Region there are files of the first five days only; the principal's own events are of another."""


@pytest.mark.parametrize(
    ("resource", "condition", "why"),
    [
        ("*", {}, Hidden.HOLE),
        ("arn:aws:sqs:eu-*:*:jobs", {}, Hidden.HOLE),
        ("arn:aws:sqs:us-*:*:jobs", {}, None),
        ("arn:aws:sqs:ap-*:*:jobs", {}, Hidden.NO_FILE),
        ("*", {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, None),
        ("*", {"StringLike": {"aws:RequestedRegion": "ap-*"}}, Hidden.NO_FILE),
        ("*", {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}, None),
        ("*", {"StringNotLike": {"aws:RequestedRegion": ["eu-*", "us-*"]}}, Hidden.NO_FILE),
        ("*", {"StringEquals": {"ec2:Region": "ap-south-1"}}, Hidden.NO_FILE),
    ],
)
def test_files_must_be_there_of_every_region_that_it_may_be_used_in(
    resource: str, condition: Any, why: Hidden | None
) -> None:
    statement = {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": resource, "Condition": condition}
    found = proposed(current=granted("s3:GetObject", also=[statement]), files=LATE)
    assert hidden(found).get("sqs:PurgeQueue") == why
    assert ("sqs:PurgeQueue" in unused(found)) is (why is None)


def test_a_bucket_is_in_the_region_in_which_it_was_seen() -> None:
    current = granted("s3:GetObject", "s3:PutBucketPolicy", resource=["arn:aws:s3:::data", "arn:aws:s3:::data/*"])
    for missing, why in (("eu-west-1", Hidden.HOLE), ("eu-central-1", None)):
        there = next(each for each in ("eu-west-1", "eu-central-1") if each != missing)
        files = (*named(there), *named(missing, days=range(1, 6)))
        assert hidden(proposed(current=current, files=files)).get("s3:PutBucketPolicy") == why


@pytest.mark.parametrize("days", [{"days": 3}, {"first": "2026-08-12", "last": "2026-08-14"}])
def test_files_of_other_days_are_no_files_of_the_window(days: dict[str, Any]) -> None:
    """Less evidence makes no stronger verdict: of the last days there is none of that Region."""
    queue = {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": QUEUE.format("eu-central-1")}
    current = granted("s3:GetObject", also=[queue])
    found = proposed(current=current, files=LATE, asked=WindowAsked(**days))
    assert hidden(found).get("sqs:PurgeQueue") == Hidden.HOLE
    foreign = (*named("us-east-1", days=range(1, 6)), *named("eu-west-1", "444455556666"))
    found = proposed(current=granted("s3:GetObject", "ec2:RunInstances"), files=foreign, asked=WindowAsked(**days))
    assert hidden(found).get("ec2:RunInstances") == Hidden.HOLE_OF_ACCOUNT


@pytest.mark.parametrize(
    ("witness", "is_known"),
    [
        (service("sqs", USED, ("PurgeQueue", "2026-03-01T00:00:00Z")), False),  # which does not explain August
        (service("sqs", "2026-08-15T10:00:00Z"), False),  # on the day after the trail ends
        (service("sqs", USED, ("PurgeQueue", USED)), True),
    ],
)
def test_what_does_not_explain_the_last_use_of_a_service(witness: Any, is_known: bool) -> None:
    found = proposed(current=granted("s3:GetObject", "sqs:PurgeQueue", "sqs:CreateQueue"), last=job(witness))
    assert ("sqs:CreateQueue" in unused(found)) is is_known


def test_a_service_that_was_used_later_than_the_trail_shows() -> None:
    early = event("sqs ListQueues", {}, id="early", time="2026-08-02T00:00:00Z")
    current = granted("s3:GetObject", "sqs:ListQueues", "sqs:PurgeQueue")
    for last, why in (("2026-08-11T00:00:00Z", Hidden.WITNESSED), ("2026-08-02T09:00:00Z", None)):
        found = proposed(early, *DAYS, current=current, last=job(service("sqs", last), service("s3", USED)))
        assert hidden(found).get("sqs:PurgeQueue") == why
        assert found.testimony is not None
        told = next(each.why for each in found.testimony.witnessed if each.name == "sqs")
        assert ("later than the trail shows it, which is last on 2026-08-02" in told) is (why is not None)


def deny(resource: str = "*", **conditions: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": "s3:*", "Resource": resource, "Condition": conditions}


IRELAND = {"aws:RequestedRegion": "eu-west-1"}
ADMIN, OWN = "arn:aws:iam::*:role/admin", "arn:aws:iam::*:role/app"


@pytest.mark.parametrize(
    ("denied", "conditions"),
    [
        # of two ways around it, one is not open to this principal
        (deny(StringNotEquals=IRELAND, ArnNotLike={"aws:PrincipalArn": ADMIN}), [{"StringEquals": IRELAND}]),
        (
            deny(StringNotEquals=IRELAND, ArnNotLike={"aws:PrincipalArn": OWN}),
            [{"ArnLike": {"aws:PrincipalArn": OWN}}],
        ),
        # what every request of the principal meets comes before what nobody knows of
        (
            deny(Bool={"aws:SecureTransport": "false"}, StringNotLike={"aws:PrincipalArn": OWN}),
            [{"StringLike": {"aws:PrincipalArn": OWN}}],
        ),
        (deny(ArnNotLike={"aws:PrincipalArn": ADMIN}), []),
    ],
)
def test_what_is_kept_can_be_used_by_the_principal(denied: Any, conditions: list[Any]) -> None:
    proposal = proposed(
        event("ec2 DescribeVpcs", {}, id="v"),
        *DAYS[1:],
        current=granted("ec2:DescribeVpcs", "s3:DeleteObject", also=[denied]),
        selectors=basic(),
    )
    documents: list[Any] = [to_json(each.policy) for each in proposal.policies]
    statements = [each for document in documents for each in document["Statement"]]
    assert [each.get("Condition") for each in statements if "s3:DeleteObject" in str(each["Action"])] == conditions


def test_what_a_deny_makes_lost_is_told_by_name() -> None:
    denied = deny("arn:aws:s3:::secret/*")
    found = proposed(current=granted("s3:GetObject", "s3:DeleteObject", also=[denied]), selectors=basic())
    told = [note for note, _ in found.notes if "cannot be kept" in note]
    assert len(told) == 1
    assert "s3:DeleteObject on *: " in told[0]
    assert "denies a part of it, which a policy that allows cannot say" in told[0]


def test_patterns_of_services_that_the_catalog_does_not_know_are_told() -> None:
    found = proposed(current=granted("s3:GetObject", "newsvc:Do*", "newsvc:Be", "ec2:*"))
    told = [note for note, _ in found.notes if "does not know the service" in note]
    assert len(told) == 1
    assert told[0].startswith("granted now and not kept, since the catalog does not know the service: newsvc:Do*; ")
