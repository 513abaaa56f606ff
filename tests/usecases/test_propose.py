"""From gathered events to a proposal: what is left out, what is said about it, and that nothing goes uncounted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from catalog.model import AccessLevel, Operation
from service.core.actions import Fate, Need, Reason, ReasonKind
from service.core.beside import Beside
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.errors import InternalError
from service.core.events import Event, Identity
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.principals import Principal, PrincipalType, parse_principal
from service.core.proposal import Proposal
from service.core.quotas import MANAGED_POLICIES_PER_PRINCIPAL
from service.core.synthesis import Grant, grants_of, synthesize
from service.usecases.gather import TrailReading, gather
from service.usecases.propose import self_check
from service.wiring import file_trail, keep, parts
from tests.usecases.trails import ACCOUNT, APP, Events, event

SAMPLE = Path(__file__).parents[2] / "samples" / "trail"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


def proposed(*events: Event, asked: WindowAsked = WindowAsked(), arn: str = APP) -> Proposal:  # noqa: B008  # frozen
    return parts().proposer.propose(gather(Events((events,)), keep), parse_principal(arn), asked)


def get(key: str, **members: str) -> Event:
    return event("s3 GetObject", {"bucketName": "data", "key": key}, **members)


def at(time: str) -> Event:
    return get(time or "never", time=time)


@pytest.fixture(scope="module")
def sample() -> TrailReading:
    return gather(file_trail([SAMPLE], 1), keep)


def test_every_role_and_user_of_the_sample_can_be_asked_for(sample: TrailReading) -> None:
    """Each of its events has one fate, and the policies hold what the permissions say."""
    asked = 0
    for principal in sample.principals():
        if ":role/" in principal.arn or ":user/" in principal.arn:
            proposal = parts().proposer.propose(sample, parse_principal(principal.arn), WindowAsked())
            events = dict(proposal.events)
            assert events.pop("total") == sum(events.values()) > 0
            _is_consistent(proposal)
            asked += 1
    assert asked > 15


def _is_consistent(proposal: Proposal) -> None:
    granted = {(grant.action, grant.resource) for grant in grants_of(named.policy for named in proposal.policies)}
    said = {(each.action, resource) for each in proposal.permissions for resource in each.resources}
    assert granted == said


def test_nothing_is_proposed_for_a_service_linked_role() -> None:
    events = (event("config PutEvaluations", role=LINKED), event("ec2 DescribeVolumes", role=LINKED))
    proposal = proposed(*events, arn=LINKED)
    assert (proposal.policies, proposal.permissions, proposal.self_check.requests) == ((), (), 0)
    assert proposal.events["exempt"] == proposal.events["total"] == len(events)
    assert {each.actions for each, _ in proposal.with_fate(Fate.EXEMPT)} == {
        ("config:PutEvaluations",),
        ("ec2:DescribeVolumes",),
    }
    assert any("service-linked role" in note for note, _ in proposal.notes)


def test_a_permission_that_no_policy_can_hold_is_unresolved() -> None:
    proposal = proposed(get("k" * 7000), get("small"))
    assert [each.resources for each in proposal.permissions] == [("arn:aws:s3:::data/small",)]
    ((leftover, evidence),) = proposal.with_fate(Fate.UNRESOLVED)
    assert leftover.actions == ("s3:GetObject",)
    assert (proposal.events["granted"], proposal.events["unresolved"], evidence.count) == (1, 1, 1)


def test_of_a_permission_that_fits_in_part_no_part_is_granted() -> None:
    """A secret is written with and without its suffix, and only the shorter of the two fits."""
    sizes = range(5900, 6020)
    events = [
        event("secretsmanager GetSecretValue", {"secretId": "x" * size + "-abcdef"}, id=f"{size}") for size in sizes
    ]
    proposal = proposed(*events)
    assert proposal.policies
    assert proposal.with_fate(Fate.UNRESOLVED)
    assert proposal.events["granted"] + proposal.events["unresolved"] == len(events)
    _is_consistent(proposal)


WINDOWS = [
    (WindowAsked(), ("2026-08-01T00:00:00Z", "2026-08-05T10:00:00Z"), 4, 0, 0),
    (WindowAsked(days=1), ("2026-08-05T10:00:00Z", "2026-08-05T10:00:00Z"), 1, 2, 1),
    (WindowAsked(first="2026-07-01"), ("2026-08-01T00:00:00Z", "2026-08-05T10:00:00Z"), 3, 0, 1),
    (WindowAsked(last="2026-08-01"), ("2026-08-01T00:00:00Z", "2026-08-01T23:59:59Z"), 2, 1, 1),
    (WindowAsked(first="2026-09-01"), ("", ""), 0, 3, 1),
    (WindowAsked(last="2026-07-01"), ("", ""), 0, 3, 1),
]


@pytest.mark.parametrize(("asked", "covered", "granted", "other_days", "without_time"), WINDOWS)
def test_window(asked: WindowAsked, covered: tuple[str, str], granted: int, other_days: int, without_time: int) -> None:
    times = ("", "2026-08-01T00:00:00Z", "2026-08-01T23:59:59Z", "2026-08-05T10:00:00Z")
    proposal = proposed(*map(at, times), asked=asked)
    assert (proposal.covered.first, proposal.covered.last) == covered
    assert proposal.events.get("granted", 0) == granted
    assert (proposal.events["outside_window"], proposal.events["without_time"]) == (other_days, without_time)
    notes = dict(proposal.notes)
    assert notes.get("events outside the window are left out", 0) == other_days
    assert notes.get("events without a time cannot be placed in a window and are left out", 0) == without_time
    assert ("no event of the principal lies inside the window" in notes) is (granted == 0)


def test_a_trail_without_times_covers_nothing() -> None:
    proposal = proposed(at(""), asked=WindowAsked(days=3))
    assert (proposal.covered.first, proposal.covered.last) == ("", "")
    assert proposal.events["granted"] == 1


def test_days_count_from_the_last_event_of_anybody() -> None:
    other = get("x", role=f"{APP}-other", time="2026-08-09T00:00:00Z")
    window = proposed(at("2026-08-03T00:00:00Z"), other, asked=WindowAsked(days=7)).window
    assert (window.first, window.last) == ("2026-08-03", "2026-08-09")


def test_policies_that_do_not_fit_are_noted() -> None:
    many = [get(chr(ord("A") + number) * 900) for number in range(7 * MANAGED_POLICIES_PER_PRINCIPAL)]
    few = proposed(*many[: 3 * MANAGED_POLICIES_PER_PRINCIPAL])
    assert 1 < len(few.policies) <= MANAGED_POLICIES_PER_PRINCIPAL
    assert few.fit.fits
    assert not any("do not fit" in note for note, _ in few.notes)
    large = proposed(*many)
    assert not large.fit.fits
    assert [each.partition(":")[0] for each in large.fit.over] == [each.name for each in large.policies[10:]]
    assert any("do not fit: there is room for 10" in note for note, _ in large.notes)


def test_a_users_name_in_a_resource_is_told() -> None:
    identity = Identity("IAMUser", account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/dana", user_name="dana")
    call = event(request={"bucketName": "home", "key": "dana/notes"}, identity=identity)
    notes = [note for note, _ in proposed(call, arn=f"arn:aws:iam::{ACCOUNT}:user/dana").notes]
    assert any(note.endswith("it would be arn:aws:s3:::home/${aws:username}/notes") for note in notes)


def test_a_note_is_there_once() -> None:
    """Ten keys, one pattern: each need has it, and the sentence is the same."""
    identity = Identity("IAMUser", account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:user/dana", user_name="dana")
    calls = [
        event(request={"bucketName": "home", "key": f"dana/{number}.txt"}, identity=identity, id=str(number))
        for number in range(10)
    ]
    notes = proposed(*calls, arn=f"arn:aws:iam::{ACCOUNT}:user/dana").notes
    assert len([note for note, _ in notes if "${aws:username}" in note]) == 1
    assert len(notes) == len(set(notes))


def test_the_type_of_a_resource_is_not_the_users_name() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/table"
    caller = Identity("IAMUser", account_id=ACCOUNT, arn=arn, user_name="table")
    put = event("dynamodb PutItem", {"tableName": "orders"}, identity=caller)
    own = event("dynamodb PutItem", {"tableName": "table"}, identity=caller, id="own")
    told = [note for note, _ in proposed(put, own, arn=arn).notes if "${aws:username}" in note]
    (note,) = told
    assert note.endswith(f"it would be arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/{'${aws:username}'}")


TAGGED = [
    (("team", "shop"), "arn:aws:s3:::shop-data/a", "arn:aws:s3:::${aws:PrincipalTag/team}-data/a"),
    (("a", "one"), "arn:aws:s3:::d/one/one.x", "arn:aws:s3:::d/${aws:PrincipalTag/a}/${aws:PrincipalTag/a}.x"),
    (("team", "sho"), "arn:aws:s3:::shop-data/a", ""),
    (("t", "a"), "arn:aws:s3:::shop-data/a", ""),
    (("${x}", "shop"), "arn:aws:s3:::shop-data/a", ""),
]


@pytest.mark.parametrize(("tag", "resource", "named"), TAGGED)
def test_a_tag_in_a_name_is_told(tag: tuple[str, str], resource: str, named: str) -> None:
    bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
    reading = gather(Events(((event(request={"bucketName": bucket, "key": key}),),)), keep, parse_principal(APP))
    everything = Policy((Statement(Effect.ALLOW, ("s3:*",), ("*",)),))
    current = Current((GrantedPolicy("now", everything),), tags=(tag,))
    proposal = parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), Beside(current))
    told = [note for note, _ in proposal.notes if "the principal's tag" in note]
    assert [note.rpartition(" ")[2] for note in told] == ([named] if named else [])


def test_a_role_whose_arn_the_trail_never_shows() -> None:
    """It is the one asked for, and the note says how it was found."""
    name_only = get("x", role="app")
    proposal = proposed(name_only)
    assert proposal.principal == Principal(PrincipalType.ROLE, ACCOUNT, "app", APP)
    assert any("never shows the role's ARN" in note for note, _ in proposal.notes)


def test_where_a_call_came_from_does_not_show_in_the_policy() -> None:
    here, there = get("x", source_ip="192.0.2.1", id="1"), get("x", source_ip="192.0.2.2", id="2")
    ((permission,), (again,)) = (proposed(*each).permissions for each in ((here, there), (there, here)))
    assert permission == again
    assert permission.evidence.event_ids == ("1", "2")


def test_events_with_and_without_the_roles_arn_are_taken_together() -> None:
    proposal = proposed(get("x", role="app"), get("y"), arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session")
    assert proposal.principal.arn == APP
    assert proposal.events["granted"] == 2


READ = Reason(ReasonKind.OBSERVED, Operation("s3.amazonaws.com", "GetObject"), "identity")
PASSED = Condition("StringEquals", "iam:PassedToService", ("ec2.amazonaws.com", "ecs.amazonaws.com"))
KEY = "arn:aws:s3:::b/k"


def need(conditions: tuple[Condition, ...] = (), request: str = KEY, pattern: str = KEY) -> Need:
    return Need("s3:GetObject", AccessLevel.READ, request, (pattern,), True, conditions, READ)


def allow(action: str, resource: str, *conditions: Condition) -> Policy:
    return Policy((Statement(Effect.ALLOW, (action,), (resource,), conditions),))


NOT_ENOUGH = {
    "nothing": [],
    "another action": [allow("s3:GetObjectAcl", KEY)],
    "another resource": [allow("s3:GetObject", "arn:aws:s3:::b/other")],
    "one of two values": [allow("s3:GetObject", KEY, Condition(PASSED.operator, PASSED.key, PASSED.values[:1]))],
    "another key": [allow("s3:GetObject", KEY, Condition("StringEquals", "aws:PrincipalTag/x", PASSED.values))],
}


@pytest.mark.parametrize("policies", NOT_ENOUGH.values(), ids=NOT_ENOUGH)
def test_what_policies_miss_is_an_internal_error(policies: list[Policy]) -> None:
    with pytest.raises(InternalError, match="do not allow `s3:GetObject` on `arn:aws:s3:::b/k`"):
        self_check(policies, [need((PASSED,))])


def test_a_need_whose_pattern_does_not_cover_its_request_is_an_internal_error() -> None:
    """The pattern stands in the policy, yet it is the request that must be allowed."""
    with pytest.raises(InternalError, match="arn:aws:s3:::b/k"):
        self_check([allow("s3:GetObject", "arn:aws:s3:::b/other")], [need(pattern="arn:aws:s3:::b/other")])


def test_each_value_of_a_condition_is_one_request() -> None:
    check = self_check([allow("s3:GetObject", KEY, PASSED)], [need((PASSED,))])
    assert (check.requests, check.allowed) == (2, 2)


def test_a_wider_statement_is_enough() -> None:
    assert self_check([allow("s3:GetObject", "arn:aws:s3:::b/*")], [need()]).requests == 1


def test_five_thousand_needs_of_one_action_are_fast() -> None:
    needs = [need(request=f"{KEY}/{number}", pattern=f"{KEY}/{number}") for number in range(5000)]
    policies = [
        named.policy for named in synthesize([Grant(each.action, each.request) for each in needs], "app", {}).policies
    ]
    started = time.process_time()
    assert self_check(policies, needs).requests == len(needs)
    assert time.process_time() - started < 2
