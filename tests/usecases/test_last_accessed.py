"""Service last accessed data beside a small trail."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from service.core.actions import ReasonKind
from service.core.beside import Beside
from service.core.days import WindowAsked
from service.core.errors import InputError
from service.core.principals import parse_principal
from service.core.witnesses import Witnesses
from service.usecases.gather import gather
from service.usecases.last_accessed_texts import last_accessed_of
from service.wiring import keep, parts
from tests.usecases.trails import ACCOUNT, APP, Events, event
from tests.usecases.unseen import DAYS, USED, extra, granted, proposed, unused


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


NO_EVENT = "of which the trail has no event of the principal"


def test_what_one_witness_does_not_name_and_what_is_not_granted() -> None:
    last = job(service("sqs", "", ("PurgeQueue", ""), ("CreateQueue", "")))
    said = proposed(current=granted("s3:GetObject", "sqs:PurgeQueue"), last=last).testimony
    assert said is not None
    assert {each.name: (each.settled.value, each.why) for each in said.witnessed} == {
        "s3": ("observed in the trail", "the answer does not name it"),
        "sqs": ("granted, never accessed", ""),
        "sqs:CreateQueue": ("not granted, never accessed", ""),
        "sqs:PurgeQueue": ("granted, never accessed", ""),
    }


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


@pytest.mark.parametrize("content", [b"", b" \n", b"\xef\xbb\xbf", b"[]"])
def test_a_file_without_an_answer(content: bytes) -> None:
    answered = ("1.json", orjson.dumps(job(service("s3", USED))))
    with pytest.raises(InputError, match=r"2\.json holds no answer: give what `aws iam get-service-last-accessed"):
        last_accessed_of([answered, ("2.json", content)], APP)


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
