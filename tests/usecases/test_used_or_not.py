"""What must not be called unused: what was called in vain, what was used elsewhere too, what nobody knows."""

from __future__ import annotations

import orjson
import pytest

from service.core.actions import ReasonKind
from service.core.activity.collapse import MOST_CHILDREN
from service.core.backtest import Lack, Split
from service.core.beside import Beside
from service.core.choices import Choices, UnobservableChoice
from service.core.days import Window, WindowAsked
from service.core.principals import parse_principal
from service.core.unseen.logged import Hidden
from service.usecases.backtest import BackTester
from service.usecases.current import current_of
from service.usecases.gather import gather
from service.usecases.making import Wanted
from service.usecases.reading import of_query
from service.wiring import keep, parts
from tests.usecases.test_blind_spots import QUEUE, named
from tests.usecases.test_last_accessed import job, service
from tests.usecases.test_selectors import MANAGEMENT, NO_DATA, advanced, basic
from tests.usecases.trails import ACCOUNT, APP, Events, event
from tests.usecases.unseen import DAYS, USED, extra, granted, hidden, proposed, unused

SECRETS = [
    event(
        "secretsmanager GetSecretValue", {"secretId": f"s{n}x"}, id=f"s{n}", time=f"2026-08-{n % 14 + 1:02}T00:00:00Z"
    )
    for n in range(MOST_CHILDREN + 50)
]


def test_what_was_used_on_too_many_names_is_kept_as_it_is_granted() -> None:
    """No wildcard of ours may stand for the secrets; that of today does, since each of them was read."""
    proposal = proposed(*DAYS, *SECRETS, current=granted("s3:GetObject", "secretsmanager:GetSecretValue"))
    assert hidden(proposal) == {"secretsmanager:GetSecretValue": Hidden.NOT_KNOWN}
    assert extra(proposal, ReasonKind.UNOBSERVABLE) == {"secretsmanager:GetSecretValue": ("*",)}
    assert unused(proposal) == set()


@pytest.mark.parametrize(
    ("grants", "allowed"), [(("s3:GetObject",), False), (("s3:GetObject", "secretsmanager:*"), True)]
)
def test_a_back_test_knows_of_calls_on_too_many_names(grants: tuple[str, ...], allowed: bool) -> None:
    reading = gather(Events(((*DAYS, *SECRETS),)), keep, parse_principal(APP))
    principal, activity = of_query(reading, parse_principal(APP))
    days = Window("2026-08-01", "2026-08-14")
    wanted = Wanted(principal, days, Beside(granted(*grants)))
    test = BackTester(parts().proposer.maker).of(reading, activity, wanted, [Split(days, days)])
    events = len(DAYS) + len(SECRETS)
    assert (test.recall_events.part, test.recall_events.of) == (events if allowed else len(DAYS), events)
    assert {(each.lack, each.action) for each in test.denied} == (
        set() if allowed else {(Lack.UNKNOWN, "secretsmanager:GetSecretValue")}
    )


def test_what_failed_without_an_answer_is_kept() -> None:
    failed = event("ec2 TerminateInstances", {}, error_code="Client.RequestLimitExceeded", error_message="slow down")
    proposal = proposed(*DAYS, failed, current=granted("s3:GetObject", "ec2:TerminateInstances"))
    assert hidden(proposal) == {"ec2:TerminateInstances": Hidden.UNDETERMINED}
    assert extra(proposal, ReasonKind.UNOBSERVABLE) == {"ec2:TerminateInstances": ("*",)}


def test_what_was_only_denied_is_told() -> None:
    denied = event("ec2 TerminateInstances", {}, error_code="Client.UnauthorizedOperation")
    proposal = proposed(*DAYS, denied, current=granted("s3:GetObject", "ec2:TerminateInstances"))
    assert unused(proposal) == {"ec2:TerminateInstances"}
    told = "granted now and not used, though it was tried and denied: ec2:TerminateInstances"
    assert told in [note for note, _ in proposal.notes]


@pytest.mark.parametrize(
    ("witness", "is_known"),
    [
        (service("sqs", USED), False),
        (service("sqs", "2026-01-01T00:00:00Z"), True),  # before the window: then it was not used in it
        (service("sqs", USED, ("PurgeQueue", USED)), True),  # which says by what
    ],
)
def test_a_service_that_the_other_witness_saw_in_use(witness: object, is_known: bool) -> None:
    current = granted("s3:GetObject", "sqs:PurgeQueue", "sqs:CreateQueue")
    proposal = proposed(current=current, last=job(witness))  # type: ignore[arg-type]
    assert (hidden(proposal).get("sqs:CreateQueue") == Hidden.WITNESSED) is not is_known
    assert ("sqs:CreateQueue" in unused(proposal)) is is_known


def test_what_was_used_in_one_region_is_kept_where_there_is_no_file() -> None:
    queues = [QUEUE.format(region) for region in ("eu-west-1", "eu-central-1")]
    current = granted("s3:GetObject", also=[{"Effect": "Allow", "Action": "sqs:*Queue", "Resource": queues}])
    used = event("sqs PurgeQueue", {"queueUrl": f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/jobs"})
    proposal = proposed(*DAYS, used, current=current, files=named("eu-west-1"))
    kept = extra(proposal, ReasonKind.UNOBSERVABLE)
    assert kept["sqs:PurgeQueue"] == kept["sqs:DeleteQueue"] == (queues[1],)  # not on the other, where all is seen
    dropped = proposed(
        *DAYS,
        used,
        current=current,
        files=named("eu-west-1"),
        choices=Choices(unobservable=UnobservableChoice.DROP),
    )
    assert extra(dropped, ReasonKind.UNOBSERVABLE) == {}
    assert hidden(dropped)["sqs:PurgeQueue"] == Hidden.NO_FILE


def test_what_was_used_is_kept_on_others_where_most_of_the_window_is_missing() -> None:
    objects = [f"arn:aws:s3:::data/{key}" for key in ("a", "b", "*")]
    few = [DAYS[0], DAYS[1], DAYS[13]]
    assert extra(proposed(*few, current=granted("s3:GetObject", resource=objects)), ReasonKind.UNOBSERVABLE) == {
        "s3:GetObject": (objects[2], objects[1])
    }
    assert extra(proposed(*few, current=granted("s3:GetObject")), ReasonKind.UNOBSERVABLE) == {}


def test_what_the_settings_leave_out_is_told_and_kept_beside_what_was_seen() -> None:
    current = granted("s3:GetObject", resource=["arn:aws:s3:::data/*", "arn:aws:s3:::other/*"])
    proposal = proposed(current=current, selectors=[advanced(MANAGEMENT)])
    assert "arn:aws:s3:::other/*" in extra(proposal, ReasonKind.UNOBSERVABLE)["s3:GetObject"]
    assert any(
        note == f"the files have events of s3:GetObject, which the settings leave out ({NO_DATA}): "
        "are they of another trail, or were they changed?"
        for note, _ in proposal.notes
    )


def test_of_a_partly_logged_type_only_what_could_not_be_seen_is_kept() -> None:
    data = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/"]}
    current = granted("s3:*Object", resource=["arn:aws:s3:::data/*", "arn:aws:s3:::other/*"])
    kept = extra(proposed(current=current, selectors=[basic(DataResources=[data])]), ReasonKind.UNOBSERVABLE)
    assert kept["s3:DeleteObject"] == kept["s3:GetObject"] == ("arn:aws:s3:::other/*",)


def test_an_action_that_the_catalog_does_not_know_is_kept_where_it_is_written_out() -> None:
    proposal = proposed(current=granted("s3:GetObject", "foo:BrandNew", "ec2:NobodyKnows", "foo:More*"))
    assert hidden(proposal) == dict.fromkeys(("foo:BrandNew", "ec2:NobodyKnows"), Hidden.NO_SUCH_ACTION)
    assert set(extra(proposal, ReasonKind.UNOBSERVABLE)) == {"foo:BrandNew", "ec2:NobodyKnows"}
    deny = {"Effect": "Deny", "Action": "foo:*", "Resource": "*"}
    assert hidden(proposed(current=granted("s3:GetObject", "foo:BrandNew", also=[deny]))) == {}


@pytest.mark.parametrize(
    ("grants", "is_kept"),
    [
        (("ssm:StartSession",), True),
        (("ssm:Start*",), True),
        (("ssm:*",), False),
        (("*",), False),
    ],
)
def test_what_may_be_a_data_event_is_kept_where_more_than_the_service_is_written(
    grants: tuple[str, ...], is_kept: bool
) -> None:
    perhaps = next(
        pattern.rstrip("*").lower()
        for each in parts().proposer.maker.beholder.examiner.observability.data_types
        if not each.is_whole
        for pattern in each.actions
    )
    service_of, _, _ = perhaps.partition(":")
    action = next(
        each.full_name
        for each in parts().proposer.catalog.service(service_of).actions.values()  # type: ignore[union-attr]
        if each.full_name.lower().startswith(perhaps) and each.access_level.value == "Write" and each.is_operation
    )
    written = [each.replace("ssm:StartSession", action).replace("ssm:Start", action[:-1]).replace("ssm", service_of)
               for each in grants]  # fmt: skip
    proposal = proposed(current=granted("s3:GetObject", *written))
    assert hidden(proposal)[action] == Hidden.PERHAPS_DATA
    assert (action in extra(proposal, ReasonKind.UNOBSERVABLE)) is is_kept


@pytest.mark.parametrize(("created", "is_young"), [("2026-08-01", False), ("2026-08-07", False), ("2026-08-12", True)])
def test_of_a_principal_that_was_not_there_for_half_of_the_window_nothing_is_unused(
    created: str, is_young: bool
) -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "ec2:RunInstances"], "Resource": "*"}]}
    role = {
        "RoleName": "app",
        "Arn": APP,
        "CreateDate": f"{created}T10:00:00+00:00",
        "RolePolicyList": [{"PolicyName": "now", "PolicyDocument": {"Version": "2012-10-17", **document}}],
    }
    current = current_of([("account.json", orjson.dumps({"RoleDetailList": [role]}))], parse_principal(APP))
    proposal = proposed(current=current)
    assert (hidden(proposal).get("ec2:RunInstances") == Hidden.TOO_YOUNG) is is_young
    assert ("ec2:RunInstances" in unused(proposal)) is not is_young


def test_what_is_too_large_to_be_kept_is_not_told_to_be() -> None:
    many = {"StringEquals": {"aws:PrincipalTag/team": [f"team-{number:05}" for number in range(3000)]}}
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Condition": many}
    proposal = proposed(current=granted("s3:GetObject", also=[statement]))
    (group,) = proposal.blind_spots.unobservable
    assert (group.is_kept, group.detail) == (False, "one permission alone is larger than the policy may be")


def test_files_that_do_not_say_whose_they_are_beside_others_are_told() -> None:
    told = "the names of some files do not say of which account and Region they are"
    for files, is_told in (((*named("eu-west-1"), "more.json"), False), (("more.json", *named("eu-west-1")), True)):
        parts_of = (tuple(DAYS), *(() for _ in files[1:]))
        reading = gather(Events(parts_of, files), keep, parse_principal(APP))
        proposal = parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), Beside(granted("s3:*")))
        assert any(note.startswith(told) for note, _ in proposal.notes) is is_told
