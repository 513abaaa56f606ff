"""What a trail logs by its settings, and what that says of what is granted."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from service.core.actions import ReasonKind
from service.core.errors import InputError
from service.core.unseen.logged import Hidden
from service.usecases.selector_texts import trails_of
from tests.usecases.trails import ACCOUNT, event
from tests.usecases.unseen import DAYS, extra, granted, hidden, proposed, unused

NO_DATA = "its calls are data events, which the trail does not log"


NEVER = "CloudTrail never logs it"
SQS = ("sqs:SendMessage", "sqs:GetQueueUrl")


def test_without_settings_data_events_are_logged_where_one_is_seen() -> None:
    proposal = proposed(current=granted("s3:GetObject", "s3:PutObject", *SQS, "logs:PutLogEvents", "ec2:RunInstances"))
    assert proposal.blind_spots.used == ("s3:GetObject",)
    assert unused(proposal) == {"s3:PutObject", "sqs:GetQueueUrl", "ec2:RunInstances"}
    assert hidden(proposal) == {"sqs:SendMessage": NO_DATA, "logs:PutLogEvents": "CloudTrail never logs it"}
    assert extra(proposal, ReasonKind.UNOBSERVABLE) == {"logs:PutLogEvents": ("*",), "sqs:SendMessage": ("*",)}


def basic(**selector: Any) -> dict[str, Any]:
    return {"TrailARN": f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/t", "EventSelectors": [selector]}


def advanced(*selectors: dict[str, list[str]]) -> dict[str, Any]:
    listed = [
        {"FieldSelectors": [{"Field": field, "Equals": values} for field, values in each.items()]} for each in selectors
    ]
    return {"TrailARN": f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/t", "AdvancedEventSelectors": listed}


KMS = "kms.amazonaws.com"


MANAGEMENT = {"eventCategory": ["Management"]}


READS = {"readOnly": ["true"]}
S3_DATA = {"eventCategory": ["Data"], "resources.type": ["AWS::S3::Object"]}


@pytest.mark.parametrize(
    ("selectors", "action", "why"),
    [
        (basic(ReadWriteType="All"), "s3:PutObject", NO_DATA),
        (basic(ReadWriteType="All"), "kms:Decrypt", ""),
        (basic(ExcludeManagementEventSources=[KMS]), "kms:Decrypt", "the trail leaves the events of the service out"),
        (basic(ReadWriteType="WriteOnly"), "ec2:DescribeInstances", "the trail logs only events that write"),
        (basic(ReadWriteType="WriteOnly"), "ec2:RunInstances", ""),
        (basic(ReadWriteType="ReadOnly"), "ec2:RunInstances", "the trail logs only events that read"),
        (basic(IncludeManagementEvents=False), "ec2:RunInstances", "the trail logs no management events"),
        (basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]), "s3:PutObject", ""),
        (
            basic(DataResources=[{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/"]}]),
            "s3:PutObject",
            "its calls are data events, which the trail logs for some resources or calls only",
        ),
        (advanced(MANAGEMENT, S3_DATA), "s3:PutObject", ""),
        (advanced(S3_DATA), "ec2:RunInstances", "the trail logs no management events"),
        (advanced(MANAGEMENT, {**S3_DATA, **READS}), "s3:PutObject", "the trail logs only events that read"),
        (
            advanced(MANAGEMENT, {**S3_DATA, "eventName": ["GetObject"]}),
            "s3:PutObject",
            "its calls are data events, which the trail logs for some resources or calls only",
        ),
        (advanced(MANAGEMENT, {**S3_DATA, "resources.type": ["AWS::IoT::Thing"]}), "iot:Connect", NEVER),
        (basic(), "s3vectors:QueryVectors", NO_DATA),
        (basic(), "s3vectors:CreateIndex", ""),
        (basic(), "iot:ListThings", NEVER),
        ([basic(ReadWriteType="ReadOnly"), basic(ReadWriteType="WriteOnly")], "ec2:RunInstances", ""),
        ([basic(ExcludeManagementEventSources=[KMS]), basic()], "kms:Decrypt", ""),
    ],
)  # fmt: skip
def test_what_selectors_leave_out_is_not_called_unused(selectors: Any, action: str, why: str) -> None:
    proposal = proposed(current=granted("s3:GetObject", action), selectors=selectors)
    assert hidden(proposal).get(action, "") == why
    assert (action in unused(proposal)) is (not why)
    assert (action in extra(proposal, ReasonKind.UNOBSERVABLE)) is bool(why)


def also(*fields: Any) -> Any:
    """A trail whose selector of the data events of objects has more field selectors."""
    answer = advanced(MANAGEMENT, S3_DATA)
    answer["AdvancedEventSelectors"][1]["FieldSelectors"] += fields
    return answer


def of_field(field: str, **operators: list[str]) -> Any:
    return {"Field": field, **operators}


DATA, LOGS = "arn:aws:s3:::data/", "arn:aws:s3:::logs/"
ONLY_READS, ONLY_WRITES = of_field("readOnly", Equals=["true"]), of_field("readOnly", Equals=["false"])


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ([ONLY_READS, of_field("readOnly", Equals=["true", "false"])], Hidden.ONLY_READS),
        ([of_field("readOnly", Equals=["true", "false"]), ONLY_READS], Hidden.ONLY_READS),
        ([ONLY_READS, ONLY_WRITES], Hidden.DATA_EVENT),
        ([of_field("resources.type", Equals=["AWS::S3::Object"])], ""),
        ([of_field("resources.type", Equals=["AWS::SQS::Queue"])], Hidden.DATA_EVENT),
        ([of_field("resources.ARN", Equals=[DATA]), of_field("resources.ARN", NotEquals=[LOGS])], Hidden.PARTLY_LOGGED),
    ],
)  # fmt: skip
def test_all_field_selectors_have_to_fit(fields: list[Any], why: str) -> None:
    proposal = proposed(current=granted("sqs:ListQueues", "s3:PutObject"), selectors=also(*fields))
    assert hidden(proposal).get("s3:PutObject", "") == why


@pytest.mark.parametrize("is_last", [True, False])
def test_what_one_field_selector_leaves_out_the_other_does_not_bring_back(is_last: bool) -> None:
    fields = [of_field("resources.ARN", StartsWith=[DATA]), of_field("resources.ARN", NotStartsWith=[f"{DATA}x"])]
    (trail,) = trails_of([("s.json", orjson.dumps(also(*(fields if is_last else fields[::-1]))))])
    assert (trail.resources, trail.some_data) == (frozenset(), frozenset({"AWS::S3::Object"}))


@pytest.mark.parametrize(
    ("selectors", "sentence"),
    [
        (
            also(of_field("resources.ARN", StartsWith=[DATA]), of_field("resources.ARN", StartsWith=[f"{DATA}x"])),
            r"AdvancedEventSelectors\[1\], `resources.ARN`: two field selectors choose values of this field",
        ),
        ({"trailList": []}, "no event selectors"),
        ({"Trails": []}, "has no event selectors"),
        (basic(ReadWriteType="Some"), "`Some` is no ReadWriteType"),
        (basic(DataResources={"Type": "AWS::S3::Object"}), "DataResources is not a list"),
        ({"EventSelectors": [3]}, "EventSelectors is not a list of selectors"),
        (advanced({"eventCategory": ["Insight"]}), "has no eventCategory of Management, Data or NetworkActivity"),
    ],
)
def test_settings_that_cannot_be_used(selectors: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        trails_of([("selectors.json", orjson.dumps(selectors))])


def test_settings_of_another_accounts_trail_are_not_used() -> None:
    other = {**basic(IncludeManagementEvents=False), "TrailARN": "arn:aws:cloudtrail:eu-west-1:999999999999:trail/t"}
    proposal = proposed(current=granted("s3:GetObject", "ec2:RunInstances"), selectors=other)
    assert unused(proposal) == {"ec2:RunInstances"}
    assert any("no event of account 999999999999 is in the files" in note for note, _ in proposal.notes)
    listed = {"trailList": [{"TrailARN": other["TrailARN"], "IsOrganizationTrail": True, "HomeRegion": "eu-west-1"}]}
    current = granted("s3:GetObject", "ec2:RunInstances")
    assert unused(proposed(current=current, selectors=[other, listed])) == set()


def test_what_another_account_logs_does_not_show_what_this_one_does() -> None:
    """Both accounts are in the files; only the other's trail logs the data events of queues."""
    theirs = event(role="arn:aws:iam::999999999999:role/theirs", account="999999999999", id="theirs")
    queues = {"eventCategory": ["Data"], "resources.type": ["AWS::SQS::Queue"]}
    other = {**advanced({"eventCategory": ["Management"]}, queues), "TrailARN": OTHER_TRAIL}
    proposal = proposed(*DAYS, theirs, current=granted("s3:GetObject", *SQS), selectors=other)
    assert unused(proposal) == {"sqs:GetQueueUrl"}
    assert hidden(proposal)["sqs:SendMessage"] == NO_DATA
    assert any("it is of account 999999999999, and the principal of 111122223333" in note for note, _ in proposal.notes)


OTHER_TRAIL = "arn:aws:cloudtrail:eu-west-1:999999999999:trail/t"


def test_a_trail_of_one_region_is_told() -> None:
    listed = {"trailList": [{"TrailARN": basic()["TrailARN"], "IsMultiRegionTrail": False, "HomeRegion": "eu-west-1"}]}
    assert any("logs eu-west-1 only" in note for note, _ in proposed(selectors=[basic(), listed]).notes)


def described(**members: Any) -> Any:
    return {"trailList": [{"TrailARN": basic()["TrailARN"], "IsMultiRegionTrail": False, **members}]}


HERE = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*"


THERE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*"


@pytest.mark.parametrize(
    ("resources", "members", "expected"),
    [
        (["*"], {"HomeRegion": "eu-west-1"}, {"ec2:StopInstances", "iam:ListRoles"}),
        ([HERE], {"HomeRegion": "eu-west-1"}, {"iam:ListRoles"}),
        ([HERE, THERE], {"HomeRegion": "eu-west-1"}, {"ec2:StopInstances", "iam:ListRoles"}),
        ([HERE.replace("eu-west-1", "eu-*")], {"HomeRegion": "eu-west-1"}, {"ec2:StopInstances", "iam:ListRoles"}),
        # those of IAM have been recorded in Virginia only since 2021
        (
            ["*"],
            {"HomeRegion": "eu-west-1", "IncludeGlobalServiceEvents": True},
            {"ec2:StopInstances", "iam:ListRoles"},
        ),
        (["*"], {"HomeRegion": "us-east-1"}, {"ec2:StopInstances"}),
        (["*"], {"HomeRegion": "eu-west-1", "IsMultiRegionTrail": True}, set()),
    ],
)
def test_what_may_be_used_where_the_trail_does_not_log_is_not_unused(
    resources: list[str], members: Any, expected: set[str]
) -> None:
    statement = {"Effect": "Allow", "Action": ["ec2:StopInstances"], "Resource": resources}
    current = granted("s3:GetObject", "iam:ListRoles", also=[statement])
    found = hidden(proposed(current=current, selectors=[basic(), described(**members)]))
    assert {action for action, why in found.items() if why == Hidden.OTHER_REGIONS} == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("arn:aws:s3:::data/*", set()),
        ("arn:aws:s3:::data", set()),
        ("arn:aws:s3:::other/*", {"s3:DeleteObjectTagging", "s3:GetObject"}),
        ("arn:aws:s3:::dat*", {"s3:DeleteObjectTagging", "s3:GetObject"}),
    ],
)
def test_a_bucket_is_where_the_trail_shows_it(resource: str, expected: set[str]) -> None:
    current = granted("s3:GetObject", "s3:DeleteObjectTagging", resource=resource)
    events = [*DAYS, event("s3 GetBucketTagging", {"bucketName": "data"}, id="t")]
    found = hidden(
        proposed(*events, current=current, selectors=[advanced(MANAGEMENT, S3_DATA), described(HomeRegion="eu-west-1")])
    )
    assert {action for action, why in found.items() if why == Hidden.OTHER_REGIONS} == expected


def test_a_read_that_is_called_a_write() -> None:
    """Events of kms:Decrypt are reads: a trail of writes has none."""
    current = granted("s3:GetObject", "kms:Decrypt", "kms:CreateKey")
    found = hidden(proposed(current=current, selectors=basic(ReadWriteType="WriteOnly")))
    assert found["kms:Decrypt"] == Hidden.ONLY_WRITES
    assert "kms:CreateKey" not in found


def test_what_may_be_a_data_event_is_not_unused() -> None:
    """One call of a service shows nothing of its data events, nor does a read that another call brings."""
    listed = event("iot ListThings", {}, id="things")
    proposal = proposed(*DAYS, listed, current=granted("s3:GetObject", "iot:ListThings", "iot:Publish"))
    assert hidden(proposal)["iot:Publish"] == Hidden.PERHAPS_DATA
    assert "iot:Publish" in extra(proposal, ReasonKind.UNOBSERVABLE)
    code = {"functionName": "f", "code": {"s3Bucket": "data", "s3Key": "k"}}
    made = event("lambda CreateFunction20150331", code, id="f")
    assert hidden(proposed(made, current=granted("lambda:*", "s3:PutObject")))["s3:PutObject"] == Hidden.DATA_EVENT


def test_trails_together_log_what_one_of_them_does() -> None:
    reads = basic(ReadWriteType="ReadOnly", ExcludeManagementEventSources=["kms.amazonaws.com"])
    writes = {**basic(ReadWriteType="WriteOnly"), "TrailARN": basic()["TrailARN"] + "2"}
    current = granted("s3:GetObject", "kms:ListAliases", "kms:CreateKey", "ec2:DescribeVpcs")
    assert hidden(proposed(current=current, selectors=[reads, writes])) == {"kms:ListAliases": Hidden.EXCLUDED}


@pytest.mark.parametrize("trail", [basic(), advanced(MANAGEMENT, S3_DATA)], ids=["one selector", "several"])
def test_global_services_that_a_trail_leaves_out(trail: Any) -> None:
    listed = described(IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False)
    found = hidden(proposed(current=granted("s3:GetObject", "iam:ListRoles"), selectors=[trail, listed]))
    assert found == {"iam:ListRoles": Hidden.NO_GLOBAL}


PARTLY = "its calls are data events, which the trail logs for some resources or calls only"
WILD = "arn:aws:s3:::data/*"


def starting(arn: str) -> Any:
    """A trail that logs all data events of objects whose ARN begins so."""
    return also({"Field": "resources.ARN", "StartsWith": [arn]})


SOME_DATA = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/", "arn:aws:s3:::logs/2026/"]}


@pytest.mark.parametrize(
    ("selector", "granted_on", "kept"),
    [
        (basic(DataResources=[SOME_DATA]), ["arn:aws:s3:::data/*"], []),
        (basic(DataResources=[SOME_DATA]), ["arn:aws:s3:::data/in/*", "arn:aws:s3:::logs/2026/*"], []),
        (basic(DataResources=[SOME_DATA]), ["arn:aws:s3:::data/*", "arn:aws:s3:::logs/*"], ["arn:aws:s3:::logs/*"]),
        (basic(DataResources=[SOME_DATA]), ["arn:aws:s3:::d*"], ["arn:aws:s3:::d*"]),
        (basic(DataResources=[SOME_DATA]), ["*"], []),
        (basic(DataResources=[SOME_DATA]), ["arn:aws:s3:::*/*"], []),
        (basic(DataResources=[SOME_DATA], ReadWriteType="ReadOnly"), ["arn:aws:s3:::data/*"], ["arn:aws:s3:::data/*"]),
        (advanced(MANAGEMENT, {**S3_DATA, "resources.ARN": ["arn:aws:s3:::data/key"]}), ["arn:aws:s3:::data/key"], []),
        (advanced(MANAGEMENT, {**S3_DATA, "resources.ARN": [WILD]}), [WILD], [WILD]),
        (starting(WILD), [WILD], [WILD]),
        (starting("arn:aws:s3:::data/"), [WILD], []),
        (starting("arn:aws:s3:::data/*"), ["arn:aws:s3:::data/${*}x", WILD], [WILD]),
        (
            advanced(MANAGEMENT, {**S3_DATA, "resources.ARN": ["arn:aws:s3:::data/key"], "eventName": ["GetObject"]}),
            ["arn:aws:s3:::data/key"],
            ["arn:aws:s3:::data/key"],
        ),
    ],
)  # fmt: skip
def test_what_was_used_where_the_trail_looks_may_be_used_where_it_does_not(
    selector: Any, granted_on: list[str], kept: list[str]
) -> None:
    """GetObject was seen; of another bucket it could not have been. PutObject could have been seen of `data` alone."""
    statement = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": granted_on}
    proposal = proposed(current=granted("sqs:ListQueues", also=[statement]), selectors=selector)
    assert proposal.blind_spots.used == ("s3:GetObject",)
    assert extra(proposal, ReasonKind.UNOBSERVABLE).get("s3:GetObject", ()) == tuple(kept)
    seen = not kept and granted_on not in (["*"], ["arn:aws:s3:::*/*"])
    assert ("s3:PutObject" in unused(proposal)) is seen
    assert (hidden(proposal).get("s3:PutObject") == PARTLY) is not seen
    assert (hidden(proposal).get("s3:GetObject") == PARTLY) is not seen


@pytest.mark.parametrize(("actions", "is_kept"), [(["s3:*"], False), (["s3:PutObjectAcl", "s3:GetObject"], True)])
def test_what_changes_permissions_stays_only_by_its_name(actions: list[str], is_kept: bool) -> None:
    shared = event("s3 PutObjectAcl", {"bucketName": "data", "key": "a"}, id="acl")
    statement = {"Effect": "Allow", "Action": actions, "Resource": ["arn:aws:s3:::data/*", "arn:aws:s3:::logs/*"]}
    current = granted("sqs:ListQueues", also=[statement])
    proposal = proposed(*DAYS, shared, current=current, selectors=basic(DataResources=[SOME_DATA]))
    kept = extra(proposal, ReasonKind.UNOBSERVABLE)
    assert kept["s3:GetObject"] == ("arn:aws:s3:::logs/*",)
    assert ("s3:PutObjectAcl" in kept) is is_kept
    assert "s3:PutObjectAcl" in proposal.blind_spots.used
