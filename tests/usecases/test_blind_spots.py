"""Gaps, quiet hours, short evidence, and what is kept of what could not be seen."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest

from service.core.actions import ReasonKind
from service.core.beside import Beside
from service.core.choices import Choices, UnobservableChoice
from service.core.days import WindowAsked
from service.core.principals import parse_principal
from service.core.unseen.logged import Hidden
from service.usecases.current import current_of
from service.usecases.gather import gather
from service.wiring import keep, parts
from tests.usecases.test_selectors import NO_DATA, SQS
from tests.usecases.trails import ACCOUNT, APP, Events, event
from tests.usecases.unseen import DAYS, extra, granted, hidden, proposed, unused


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


@pytest.mark.parametrize(
    ("asked", "is_covered"),
    [
        (WindowAsked(), True),
        (WindowAsked(first="2026-07-31"), True),  # 14 of 15 days
        (WindowAsked(first="2026-07-28"), False),  # 14 of 18 days
        (WindowAsked(last="2026-08-15"), True),
        (WindowAsked(last="2026-08-31"), False),
        (WindowAsked(first="2026-08-05", last="2026-08-10"), True),
    ],
)
def test_nothing_is_unused_in_a_window_of_which_the_trail_shows_too_little(
    asked: WindowAsked, is_covered: bool
) -> None:
    proposal = proposed(current=granted("s3:GetObject", "ec2:RunInstances"), asked=asked)
    assert (unused(proposal) == {"ec2:RunInstances"}) is is_covered
    assert ("ec2:RunInstances" in extra(proposal, ReasonKind.UNOBSERVABLE)) is not is_covered


def named(region: str, account: str = ACCOUNT, days: Iterable[int] = range(1, 15)) -> tuple[str, ...]:
    """A file of each day."""
    stem = f"AWSLogs/{account}/{account}_CloudTrail_{region}"
    return tuple(f"{stem}_202608{day:02}T1200Z_x.json.gz" for day in days)


QUEUE = f"arn:aws:sqs:{{}}:{ACCOUNT}:jobs"


@pytest.mark.parametrize(
    ("files", "region", "expected"),
    [
        (named("eu-west-1"), "eu-west-1", {"iam:ListRoles": Hidden.NO_FILE}),
        ((*named("eu-west-1"), *named("us-east-1")), "eu-west-1", {}),
        ((*named("eu-west-1"), *named("us-east-1")), "eu-central-1", {"sqs:PurgeQueue": Hidden.NO_FILE}),
        (named("us-east-1"), "eu-west-1", {}),  # the principal's own events are from there
        (
            (*named("eu-west-1"), "more.json"),
            "eu-central-1",
            dict.fromkeys(("iam:ListRoles", "sqs:PurgeQueue"), Hidden.NO_FILE),
        ),
        (("more.json", *named("eu-west-1")), "eu-central-1", {}),  # the first has the events
        (
            named("eu-west-1", "444455556666"),
            "eu-west-1",
            dict.fromkeys(("iam:ListRoles", "sqs:PurgeQueue", "ec2:RunInstances"), Hidden.NO_FILE_OF_ACCOUNT),
        ),
    ],
)  # fmt: skip
def test_what_no_file_can_show_is_not_unused(files: tuple[str, ...], region: str, expected: dict[str, Hidden]) -> None:
    """Of a Region without a file nobody knows; that a resource is in any Region says nothing."""
    queue = {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": QUEUE.format(region)}
    current = granted("s3:GetObject", "iam:ListRoles", "ec2:RunInstances", also=[queue])
    proposal = proposed(current=current, files=files)
    assert hidden(proposal) == expected
    assert unused(proposal) == {"iam:ListRoles", "ec2:RunInstances", "sqs:PurgeQueue"} - expected.keys()
    assert set(extra(proposal, ReasonKind.UNOBSERVABLE)) == expected.keys()
    lost = any("no file is of the principal's account" in note for note, _ in proposal.notes)
    assert lost is (Hidden.NO_FILE_OF_ACCOUNT in expected.values())


@pytest.mark.parametrize(
    ("operator", "regions", "is_hidden"),
    [
        ("StringEquals", ["eu-west-1"], False),
        ("StringEquals", ["eu-west-1", "eu-central-1"], True),
        ("ForAnyValue:StringLikeIfExists", ["eu-central-1"], True),
        ("StringLike", ["eu-*"], False),
        ("StringNotEquals", ["eu-central-1"], False),
        ("Null", ["false"], False),
    ],
)
def test_a_region_that_a_condition_names_must_have_a_file(operator: str, regions: list[str], is_hidden: bool) -> None:
    """As one that the ARN of a resource names; where neither does, or by a pattern, it may be any."""
    statement = {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": "*"}
    statement["Condition"] = {operator: {"AWS:requestedRegion": regions}}  # type: ignore[assignment]
    proposal = proposed(current=granted("s3:GetObject", also=[statement]), files=named("eu-west-1"))
    assert hidden(proposal) == ({"sqs:PurgeQueue": Hidden.NO_FILE} if is_hidden else {})
    assert unused(proposal) == (set() if is_hidden else {"sqs:PurgeQueue"})


def test_a_partition_has_its_own_home_for_global_services() -> None:
    """IAM of China is not in Virginia: that there is no file from there says nothing."""
    examiner = parts().proposer.maker.beholder.examiner.observability
    assert not examiner.is_undelivered("iam:ListRoles", {"cn-north-1"}, {""})
    assert examiner.is_undelivered("iam:ListRoles", {"eu-west-1"}, {""})


@pytest.mark.parametrize(
    ("files", "region", "why"),
    [
        ((*named("us-east-1"), *named("eu-central-1", days=range(1, 5))), "eu-central-1", Hidden.HOLE),
        ((*named("us-east-1"), *named("eu-central-1", days=range(1, 5))), "eu-west-1", None),
        ((*named("us-east-1"), *named("eu-central-1", days=(1, 3, 6, 9, 12))), "eu-central-1", None),
        (
            (*named("us-east-1", days=(1, 2, 13, 14)), *named("eu-west-1", days=(1, 2))),
            "eu-west-1",
            Hidden.HOLE_OF_ACCOUNT,
        ),
    ],
)
def test_where_files_are_missing_for_a_part_of_the_window_nothing_is_unused(
    files: tuple[str, ...], region: str, why: Hidden | None
) -> None:
    """Of one Region, or of the principal's account while another's is there."""
    queue = {"Effect": "Allow", "Action": "sqs:PurgeQueue", "Resource": QUEUE.format(region)}
    proposal = proposed(
        current=granted("s3:GetObject", also=[queue]), files=(*files, *named("eu-west-1", "444455556666"))
    )
    assert hidden(proposal).get("sqs:PurgeQueue") == why
    assert ("sqs:PurgeQueue" in unused(proposal)) is (why is None)
    assert any("there is no file of" in note for note, _ in proposal.notes) is (
        why is not None or region == "eu-west-1"
    )
