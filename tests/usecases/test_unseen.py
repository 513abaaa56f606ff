"""What the trail does not show: last accessed data, event selectors, gaps, and the keep list, beside small trails."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from service.core.actions import ReasonKind
from service.core.beside import Beside
from service.core.choices import Choices, UnobservableChoice
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.errors import InputError
from service.core.events import Event
from service.core.iam.document import parse_policy
from service.core.iam.proving.verdict import Holds
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.unseen.logged import Hidden
from service.core.witnesses import Witnesses
from service.usecases.current import current_of
from service.usecases.gather import gather
from service.usecases.keep_texts import keep_list_of
from service.usecases.last_accessed_texts import last_accessed_of
from service.usecases.selector_texts import trails_of
from service.wiring import keep, parts
from tests.usecases.trails import ACCOUNT, APP, Events, event

USED = "2026-08-10T12:00:00Z"
DAYS = [event(id=f"day {day}", time=f"2026-08-{day:02}T12:00:00Z", request={"bucketName": "data", "key": "a"})
        for day in range(1, 15)]  # fmt: skip


def granted(*actions: str, resource: str = "*", **more: Any) -> Current:
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": resource}, *more.get("also", [])]
    return Current((GrantedPolicy("now", parse_policy(to_bytes({"Version": "2012-10-17", "Statement": statements}))),))


def proposed(
    *events: Event,
    current: Current | None = None,
    last: Any = None,
    selectors: Any = None,
    keeping: str = "",
    choices: Choices = Choices(),  # noqa: B008  # frozen
) -> Proposal:
    witnesses = Witnesses(
        last_accessed_of([("last.json", orjson.dumps(last))], APP) if last else None,
        trails_of([("selectors.json", orjson.dumps(selectors))]) if selectors else None,
        keep_list_of("keep.tsv", keeping.encode()) if keeping else (),
    )
    reading = gather(Events((events or tuple(DAYS),)), keep, parse_principal(APP))
    proposal = parts().proposer.propose(
        reading, parse_principal(APP), WindowAsked(), Beside(current, choices, witnesses)
    )
    against = proposal.certificate.against
    assert against is None or against.beyond or isinstance(against.no_new_access, Holds)
    assert proposal.certificate.replay.allowed == proposal.certificate.replay.requests
    return proposal


def extra(proposal: Proposal, kind: ReasonKind) -> dict[str, tuple[str, ...]]:
    return {each.action: each.resources for each in proposal.permissions if each.reason is kind}


def job(*services: dict[str, Any], **more: Any) -> dict[str, Any]:
    done = {"JobStatus": "COMPLETED", "JobCompletionDate": "2026-08-20T00:00:00Z"}
    return {**done, "ServicesLastAccessed": list(services), **more}


def service(name: str, when: str = "", *actions: tuple[str, str], region: str = "eu-west-1", arn: str = APP) -> Any:
    accessed = {"LastAuthenticated": when, "LastAuthenticatedEntity": arn, "LastAuthenticatedRegion": region}
    tracked = [
        {"ActionName": each, "LastAccessedTime": at, "LastAccessedRegion": region} if at else {"ActionName": each}
        for each, at in actions
    ]
    return {"ServiceNamespace": name, "TrackedActionsLastAccessed": tracked, **(accessed if when else {})}


# Last accessed

NO_EVENT = "of which the trail has no event of the principal"


def test_every_service_and_action_is_settled() -> None:
    last = job(
        service("s3", USED, ("GetBucketPolicy", ""), ("PutBucketPolicy", USED)),
        service("sqs"),
        service("ec2", "2026-01-01T00:00:00Z", region="us-east-1"),
    )
    said = proposed(current=granted("s3:*", "sqs:*", "ec2:*"), last=last).testimony
    assert said is not None
    assert {each.name: (each.settled.value, each.why) for each in said.witnessed} == {
        "ec2": (
            "accessed, but not in the trail",
            f"before the window, which begins on 2026-08-01; in us-east-1, {NO_EVENT}",
        ),
        "s3": ("observed in the trail", ""),
        "s3:GetBucketPolicy": ("granted, never accessed", ""),
        "s3:PutBucketPolicy": (
            "accessed, but not in the trail",
            "the attempt may have been denied, or its event is of a kind that the trail does not log",
        ),
        "sqs": ("granted, never accessed", ""),
    }  # fmt: skip


def test_an_action_that_was_accessed_is_kept_as_far_as_it_is_granted() -> None:
    last = job(service("s3", USED, ("PutBucketPolicy", USED), ("PutBucketAcl", USED), ("GetBucketPolicy", "")))
    proposal = proposed(current=granted("s3:Get*", "s3:PutBucketPolicy", resource="arn:aws:s3:::data*"), last=last)
    assert extra(proposal, ReasonKind.LAST_ACCESSED) == {"s3:PutBucketPolicy": ("arn:aws:s3:::data*",)}
    notes = [note for note, _ in proposal.notes]
    assert "s3:PutBucketAcl: last accessed on 2026-08-10, and not granted now: not kept" in notes
    (entry,) = (each for each in proposal.certificate.excess.entries if each.action == "s3:PutBucketPolicy")
    assert entry.cause.value == "accessed, though not in the trail"


def test_without_the_current_policies_nothing_is_kept() -> None:
    proposal = proposed(last=job(service("s3", USED, ("PutBucketPolicy", USED))))
    assert extra(proposal, ReasonKind.LAST_ACCESSED) == {}
    assert any("without the current policies it cannot be kept" in note for note, _ in proposal.notes)


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        (job(service("s3", USED), IsTruncated=True), "a page is missing"),
        (job(service("nonsense")), "does not know these services: nonsense"),
        (job(service("s3"), JobCompletionDate="2026-08-05T00:00:00Z"), "before the window ends on 2026-08-14"),
        (job(service("s3", USED), service("ec2", USED, arn=f"{APP}-2")), "names another principal too"),
    ],
)
def test_what_makes_an_answer_doubtful(last: Any, sentence: str) -> None:
    assert any(sentence in note for note, _ in proposed(last=last).notes)


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        ({"JobStatus": "FAILED", "Error": {"Message": "no\nway"}}, r"the job failed \(no\\nway\)"),
        ({"JobStatus": "IN_PROGRESS"}, "still running"),
        ({"Policies": []}, "is no answer of GetServiceLastAccessedDetails"),
        ([1], r"last.json\[0\] is not a JSON object"),
        (job({"ServiceName": "S3"}), r"ServicesLastAccessed\[0\] has no ServiceNamespace"),
        (job(service("s3", "yesterday")), r"LastAuthenticated: `yesterday` is no moment"),
        (job(service("s3", USED, arn=f"{APP}-2")), "is of arn:aws:iam::111122223333:role/app-2, not of"),
    ],
)
def test_an_answer_that_cannot_be_used(last: Any, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        last_accessed_of([("last.json", orjson.dumps(last))], APP)


def test_pages_in_any_order_and_wrapping_are_one_answer() -> None:
    first, second = job(service("s3", USED), IsTruncated=True, Marker="m"), job(service("ec2", USED))
    when = {"__class__": "datetime", "year": 2026, "month": 8, "day": 10, "hour": 12, "minute": 0, "second": 0}
    recorded = {"status_code": 200, "data": job({**service("ec2", USED), "LastAuthenticated": when})}
    seconds = job(
        {**service("s3", USED), "LastAuthenticated": 1786363200, "LastAuthenticatedEntity": APP}, IsTruncated=True
    )
    files = [
        [("a", orjson.dumps(first)), ("b", orjson.dumps(second))],
        [("b", orjson.dumps(second)), ("a", orjson.dumps(first))],
        [("a", orjson.dumps([first, second]))],
        [("a", orjson.dumps(first) + b"\n" + orjson.dumps(recorded))],
        [("a", orjson.dumps(seconds)), ("b", orjson.dumps(second))],
    ]
    answers = {last_accessed_of(each, APP) for each in files}
    assert len(answers) == 1
    assert answers.pop().notes == ()


# Blind spots


def hidden(proposal: Proposal) -> dict[str, str]:
    return {action: each.why for each in proposal.blind_spots.unobservable for action in each.actions}


def unused(proposal: Proposal) -> set[str]:
    return {action for each in proposal.blind_spots.unused for action in each.actions}


NO_DATA = "its calls are data events, which the trail does not log"
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
        ([basic(ReadWriteType="ReadOnly"), basic(ReadWriteType="WriteOnly")], "ec2:RunInstances", ""),
        ([basic(ExcludeManagementEventSources=[KMS]), basic()], "kms:Decrypt", ""),
    ],
)  # fmt: skip
def test_what_selectors_leave_out_is_not_called_unused(selectors: Any, action: str, why: str) -> None:
    proposal = proposed(current=granted("s3:GetObject", action), selectors=selectors)
    assert hidden(proposal).get(action, "") == why
    assert (action in unused(proposal)) is (not why)
    assert (action in extra(proposal, ReasonKind.UNOBSERVABLE)) is bool(why)


@pytest.mark.parametrize(
    ("selectors", "sentence"),
    [
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
        (["*"], {"HomeRegion": "eu-west-1", "IncludeGlobalServiceEvents": True}, {"ec2:StopInstances"}),
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
        ("arn:aws:s3:::other/*", {"s3:DeleteObjectTagging"}),
        ("arn:aws:s3:::dat*", {"s3:DeleteObjectTagging"}),
    ],
)
def test_a_bucket_is_where_the_trail_shows_it(resource: str, expected: set[str]) -> None:
    current = granted("s3:GetObject", "s3:DeleteObjectTagging", resource=resource)
    events = [*DAYS, event("s3 GetBucketTagging", {"bucketName": "data"}, id="t")]
    found = hidden(
        proposed(*events, current=current, selectors=[advanced(MANAGEMENT, S3_DATA), described(HomeRegion="eu-west-1")])
    )
    assert {action for action, why in found.items() if why == Hidden.OTHER_REGIONS} == expected


def test_what_the_trail_shows_denied_is_not_kept() -> None:
    """The other witness counts attempts, too."""
    denied = event("s3 DeleteBucket", {"bucketName": "data"}, error_code="AccessDenied", time="2026-08-05T00:00:00Z")
    current = granted("s3:GetObject", "s3:DeleteBucket")
    for day, keeps in (("2026-08-05", False), ("2026-08-06", True)):
        answer = job(service("s3", "2026-08-06T00:00:00Z", ("DeleteBucket", f"{day}T00:00:00Z")))
        proposal = proposed(*DAYS, denied, current=current, last=answer)
        assert ("s3:DeleteBucket" in extra(proposal, ReasonKind.LAST_ACCESSED)) is keeps


OTHER_ROLE = f"{APP}-2"


def test_accesses_of_another_principal_are_not_this_ones() -> None:
    """A page of another is refused; where an answer is of several, as of a group, theirs says nothing."""
    own = job(service("s3", "2026-08-06T00:00:00Z"))
    other = job(service("sqs", "2026-08-06T00:00:00Z", ("DeleteQueue", "2026-08-06T00:00:00Z"), arn=OTHER_ROLE))
    for answers in ([own, other], [other, own]):
        with pytest.raises(InputError, match="is of arn:aws:iam::111122223333:role/app-2, not of"):
            last_accessed_of([("1.json", orjson.dumps(answers[0])), ("2.json", orjson.dumps(answers[1]))], APP)
    both = job(*own["ServicesLastAccessed"], *other["ServicesLastAccessed"])
    proposal = proposed(*DAYS, current=granted("s3:GetObject", "sqs:DeleteQueue"), last=both)
    assert extra(proposal, ReasonKind.LAST_ACCESSED) == {}
    reading = gather(Events((tuple(DAYS),)), keep)
    session = parse_principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s")
    witnesses = Witnesses(last_accessed_of([("1.json", orjson.dumps(other))], session.arn))
    asked = Beside(granted("s3:GetObject", "sqs:DeleteQueue"), witnesses=witnesses)
    assert extra(parts().proposer.propose(reading, session, WindowAsked(), asked), ReasonKind.LAST_ACCESSED) == {}


def test_answers_about_a_service_and_about_its_actions_are_one() -> None:
    whole = job(service("sqs", "2026-08-06T00:00:00Z"), JobCompletionDate="2026-08-10T00:00:00Z")
    actions = job(service("sqs", "2026-08-05T00:00:00Z", ("DeleteQueue", "2026-08-05T00:00:00Z")))
    files = [("1.json", orjson.dumps(whole)), ("2.json", orjson.dumps(actions))]
    found = last_accessed_of(files, APP)
    assert found == last_accessed_of(files[::-1], APP)
    (told,) = found.services
    assert (told.access.last, [each.name for each in told.actions]) == ("2026-08-06T00:00:00Z", ["DeleteQueue"])
    assert found.completed == "2026-08-10T00:00:00Z"


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_moment_that_no_clock_shows(moment: str) -> None:
    with pytest.raises(InputError, match="is no moment"):
        last_accessed_of([("1.json", orjson.dumps(job(service("s3", moment))))], APP)


def test_what_was_accessed_is_not_unused_and_what_is_denied_is_not_granted() -> None:
    answer = job(service("sqs", "2026-07-01T00:00:00Z", ("DeleteQueue", "2026-07-01T00:00:00Z")))
    deny = {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}
    current = granted("s3:GetObject", "sqs:DeleteQueue", "sqs:PurgeQueue", "ec2:RunInstances", also=[deny])
    assert unused(proposed(*DAYS, current=current, last=answer)) == {"sqs:PurgeQueue"}


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


def test_quiet_hours_are_told() -> None:
    """Somebody is busy around the clock, but for half a day."""
    hours = [(day, hour) for day in range(1, 15) for hour in range(24) if not (day == 7 and hour < 12)]
    busy = [
        event(
            "sqs GetQueueUrl",
            {"queueName": "q"},
            role=f"{APP}-2",
            time=f"2026-08-{day:02}T{hour:02}:00:00Z",
            id=f"{day} {hour}",
        )
        for day, hour in hours
    ]
    proposal = proposed(*DAYS, *busy)
    assert proposal.blind_spots.quiet == (("2026-08-07T00:00Z", "2026-08-07T12:00Z"),)
    assert any("in 12 hours that are busy on nearly all days: 2026-08-07T00:00Z" in note for note, _ in proposal.notes)


def test_unobservable_is_kept_only_where_something_says_that_it_is_in_use() -> None:
    """Under `*` alone: the data events of a service that the principal uses, and no others."""
    used = [*DAYS, event("sqs GetQueueUrl", {"queueName": "q"}, id="q")]
    everything = proposed(*used, current=granted("*"))
    assert set(extra(everything, ReasonKind.UNOBSERVABLE)) == {
        "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage",
    }  # fmt: skip
    assert hidden(everything)["sns:Publish"] == NO_DATA


def test_dropping_is_the_reviewers_choice() -> None:
    choices = Choices(unobservable=UnobservableChoice.DROP)
    proposal = proposed(current=granted("s3:GetObject", *SQS), choices=choices)
    assert extra(proposal, ReasonKind.UNOBSERVABLE) == {}
    (group,) = proposal.blind_spots.unobservable
    assert (group.is_kept, group.detail) == (False, "dropped, as chosen")


def test_what_is_kept_is_less_what_is_denied() -> None:
    deny = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    proposal = proposed(current=granted("s3:GetObject", *SQS, also=[deny]))
    assert extra(proposal, ReasonKind.UNOBSERVABLE) == {}


def test_days_without_any_event() -> None:
    few = [DAYS[0], DAYS[1], DAYS[13]]
    proposal = proposed(*few, current=granted("s3:GetObject", "ec2:RunInstances"))
    assert proposal.blind_spots.gaps == (("2026-08-03", "2026-08-13"),)
    assert unused(proposal) == set()
    assert "ec2:RunInstances" in extra(proposal, ReasonKind.UNOBSERVABLE)
    assert any("no event of anybody on 11 days" in note for note, _ in proposal.notes)


def test_gaps_do_not_keep_a_service_that_nobody_used() -> None:
    few = [DAYS[0], DAYS[1], DAYS[13]]
    kept = extra(proposed(*few, current=granted("s3:*", "ec2:*")), ReasonKind.UNOBSERVABLE)
    assert "s3:GetBucketPolicy" in kept
    assert not any(action.startswith("ec2:") for action in kept)


def test_a_window_without_any_event_keeps_nothing() -> None:
    reading = gather(Events((tuple(DAYS),)), keep, parse_principal(APP))
    asked, beside = WindowAsked(first="2030-01-01", last="2030-01-31"), Beside(granted("s3:*", *SQS))
    proposal = parts().proposer.propose(reading, parse_principal(APP), asked, beside)
    assert proposal.policies == ()
    assert any("nothing can be called unused, and nothing is kept" in note for note, _ in proposal.notes)


def test_evidence_that_is_young_is_told() -> None:
    assert any(note.startswith("the evidence covers 14 days") for note, _ in proposed().notes)


def test_a_principal_that_was_created_within_the_window_is_told() -> None:
    role = {"RoleName": "app", "Arn": APP, "CreateDate": "2026-08-05T10:00:00+00:00", "RolePolicyList": []}
    current = current_of([("account.json", orjson.dumps({"RoleDetailList": [role]}))], parse_principal(APP))
    assert any("was created on 2026-08-05, within the window" in note for note, _ in proposed(current=current).notes)


# The keep list


def test_a_keep_list_keeps_what_is_granted() -> None:
    keeping = (
        "action\treason\n# the rest\nec2:Start*\tdisaster recovery\nrds:StartDBInstance\tbreak-glass\nec2:Fly\tx\n"
    )
    proposal = proposed(current=granted("s3:GetObject", "ec2:*", resource="*"), keeping=keeping)
    kept = extra(proposal, ReasonKind.KEEP_LIST)
    assert kept["ec2:StartInstances"] == ("*",)
    assert all(each.startswith("ec2:Start") for each in kept)
    assert {"the current policies do not grant `rds:StartDBInstance`", "the catalog has no action `ec2:Fly`"} == {
        note.removeprefix("keep list: ") for note, _ in proposal.notes if note.startswith("keep list: ")
    }
    reasons = {each.details for each in proposal.permissions if each.reason is ReasonKind.KEEP_LIST}
    assert reasons == {("disaster recovery",)}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("ec2:StartInstances\tx", "does not begin with the line"),
        ("action\treason\nec2:StartInstances", "line 2: write an action, a tab, and the reason"),
        ("action\treason\nec2:StartInstances\t ", "line 2: give the reason"),
        ("action\treason\n*\tx", r"`\*` is no action"),
        ("action\treason\nec2:*Instances\tx", "is no action"),
    ],
)
def test_a_keep_list_that_cannot_be_used(text: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        keep_list_of("keep.tsv", text.encode())
