"""A proposal beside what is granted now: the verdict, what lies beyond, and what is kept within."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson
import pytest

from service.core.activity.collapse import MOST_CHILDREN
from service.core.beside import Beside
from service.core.bound import bound
from service.core.certificate_json import certificate_json, requests_digest, requests_lines
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.events import Event
from service.core.excess import ExcessCause
from service.core.iam.document import parse_policy
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.verdict import Refuted, Verdict
from service.core.iam.shortfall import Cause
from service.core.observed import Basis
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.synthesis import Grant, grants_of
from service.core.within import confirmed
from service.usecases.gather import gather
from service.wiring import keep, parts
from tests.tables import Row, rows
from tests.usecases.trails import APP, Events, event


class CalledOnce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    request: dict[str, Any] = {}
    region: str = "eu-west-1"
    source_ip: str = ""


class Case(Row, frozen=True, kw_only=True):
    """`beyond` and `unknown` are the misses of the current policies: action and cause. `notes` are parts of some."""

    current: list[str]
    boundary: str = ""
    calls: list[CalledOnce]
    verdict: str
    apart: str = ""
    beyond: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    grants: list[str]
    notes: tuple[str, ...] = ()
    no_note: str = ""


def proposed(*events: Event, current: Current | None = None) -> Proposal:
    return parts().proposer.propose(
        gather(Events((events,)), keep), parse_principal(APP), WindowAsked(), Beside(current)
    )


@pytest.mark.parametrize("case", rows("certificate", Case))
def test_against_current(case: Case) -> None:
    policies = tuple(GrantedPolicy(text, parse_policy(text)) for text in case.current if text != "[]")
    boundary = GrantedPolicy("boundary", parse_policy(case.boundary)) if case.boundary else None
    current = Current(policies, boundary)
    calls = [event(each.name, each.request, region=each.region, source_ip=each.source_ip) for each in case.calls]
    proposal = proposed(*calls, current=current)
    against = proposal.certificate.against
    assert against is not None
    assert _name(against.no_new_access) == case.verdict
    assert (_name(against.apart_from_beyond) if against.apart_from_beyond else "") == case.apart
    said = {"beyond": against.beyond, "unknown": [each for each in against.replay.misses if each.unknown]}
    found = {name: tuple(f"{each.action} {each.cause.name}" for each in misses) for name, misses in said.items()}
    assert found == {"beyond": case.beyond, "unknown": case.unknown}
    granted = [named.policy for named in proposal.policies]
    assert sorted(map(_grant, grants_of(granted))) == case.grants
    assert proposal.certificate.replay.allowed == proposal.certificate.replay.requests > 0
    notes = [note for note, _ in proposal.notes]
    for part in case.notes:
        assert any(part in note for note in notes), (part, notes)
    assert not case.no_note or not any(case.no_note in note for note in notes), notes
    if isinstance(against.no_new_access, Refuted):
        assert confirmed(granted, current, against.no_new_access.request)


def _name(verdict: Verdict) -> str:
    return type(verdict).__name__.lower()


def _grant(grant: Grant) -> str:
    tests = "".join(f" if {each.operator} {each.key} {','.join(each.values)}" for each in grant.conditions)
    return f"{grant.action} {grant.resource}{tests}"


def test_what_lies_beyond_is_noted_and_in_the_document() -> None:
    current = Current(
        (GrantedPolicy("p", parse_policy('{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}')),)
    )
    proposal = proposed(event(request={"bucketName": "data", "key": "a"}), current=current)
    assert any("certificate.beyond_current" in note and events == 1 for note, events in proposal.notes)
    written = certificate_json(proposal.certificate)
    assert [each["reason"] for each in written["beyond_current"]] == [Cause.ACTION.value]
    assert written["no_new_access"]["witness"]["action"] == "s3:GetObject"
    assert written["current"]["policies"][0]["name"] == "p"


def test_without_current_policies_only_they_are_missing() -> None:
    written = certificate_json(proposed(event(request={"bucketName": "data", "key": "a"})).certificate)
    assert {name for name, value in written.items() if value is None} == {"no_new_access", "beyond_current", "current"}
    assert written["replay"]["current"] is None


def test_requests_have_the_context_of_their_calls() -> None:
    calls = [
        event(request={"bucketName": "data", "key": "a"}, source_ip=address, time=f"2026-08-01T0{hour}:00:00Z")
        for hour, address in enumerate(("203.0.113.7", "203.0.113.7", "203.0.113.8"))
    ]
    requests = proposed(*calls).certificate.requests
    assert [(dict(each.context)["aws:SourceIp"], each.count) for each in requests] == [
        (("203.0.113.7",), 2),
        (("203.0.113.8",), 1),
    ]
    context = dict(requests[0].context)
    assert context["aws:PrincipalArn"] == (APP,)
    assert context["aws:RequestedRegion"] == ("eu-west-1",)
    assert {each.basis for each in requests} == {Basis.OBSERVED}


def test_a_role_that_is_passed_is_derived_with_its_service() -> None:
    function = {"functionName": "f", "role": "arn:aws:iam::111122223333:role/worker"}
    requests = proposed(event("lambda CreateFunction20150331v2", function)).certificate.requests
    passed = next(each for each in requests if each.action == "iam:PassRole")
    assert (passed.basis, dict(passed.context)["iam:PassedToService"]) == (Basis.DERIVED, ("lambda.amazonaws.com",))


def test_a_forwarded_call_is_seen_to_come_through_a_service() -> None:
    call = event("kms Decrypt", {"keyId": "arn:aws:kms:eu-west-1:111122223333:key/a"})
    identity = msgspec.structs.replace(call.identity, invoked_by="ssm.amazonaws.com")
    through = msgspec.structs.replace(call, identity=identity, id="other")
    contexts = [dict(each.context) for each in proposed(call, through).certificate.requests]
    assert [each.get("aws:ViaAWSService") for each in contexts] == [None, ("true",)]


def test_the_lines_of_requests_are_sorted_and_digested() -> None:
    proposal = proposed(
        event(request={"bucketName": "data", "key": "b"}), event(request={"bucketName": "data", "key": "a"})
    )
    lines = [orjson.loads(line) for line in requests_lines(proposal.certificate.requests).splitlines()]
    assert [each["resource"] for each in lines] == ["arn:aws:s3:::data/a", "arn:aws:s3:::data/b"]
    assert set(lines[0]) == {
        "principal", "action", "resource", "context", "unknown_keys", "count", "basis", "exact", "names",
        "siblings", "grants",
    }  # fmt: skip
    digest = certificate_json(proposal.certificate)["replay"]["requests_digest"]
    assert digest == requests_digest(proposal.certificate.requests)


def test_excess_by_cause_and_level() -> None:
    proposal = proposed(
        event(request={"bucketName": "data", "key": "a"}),
        event("s3 DeleteObjects", {"bucketName": "data"}),
        event("ec2 DescribeInstances"),
        event("iam GetRole", {"roleName": "worker"}),
        event(
            "lambda CreateFunction20150331v2", {"functionName": "f", "role": "arn:aws:iam::111122223333:role/worker"}
        ),
    )
    ledger = proposal.certificate.excess
    assert ledger.counts() == {
        "wildcard for a part that is not shown": {"Write": 1},
        "the action takes only *": {"List": 1},
        "alternatives of an IAM path": {"Read": 1},
        "derived": {"Write": 1},
    }
    held = {(each.action, each.resource) for each in grants_of(named.policy for named in proposal.policies)}
    assert {(each.action, each.pattern) for each in ledger.entries} < held
    assert ledger.granted == len(held)


def test_names_that_are_too_many_are_an_excess_that_says_how_many_they_were() -> None:
    many = MOST_CHILDREN + 1
    proposal = proposed(*(event(request={"bucketName": "data", "key": f"in/{key}"}) for key in range(many)))
    (entry,) = proposal.certificate.excess.entries
    assert (entry.cause, entry.pattern) == (ExcessCause.COLLAPSED, "arn:aws:s3:::data/in/*")
    assert abs(entry.names - many) < many / 4
    (request,) = proposal.certificate.requests
    assert (request.resource, request.names, request.exact, request.count) == (entry.pattern, entry.names, False, many)
    assert any(f"about {entry.names} different names" in note for note, _ in proposal.notes)


def test_it_is_the_boundary_that_does_not_allow() -> None:
    """The policies allow it, so a reader has to be told where to look."""
    all_of_it, nothing_of_s3 = (
        parse_policy(f'{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}')
        for action in ("*", "ec2:*")
    )
    current = Current((GrantedPolicy("p", all_of_it),), GrantedPolicy("b", nothing_of_s3))
    against = proposed(event(request={"bucketName": "data", "key": "a"}), current=current).certificate.against
    assert against is not None
    assert [(each.cause, each.place) for each in against.beyond] == [(Cause.ACTION, "permissions boundary b")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("arn:aws:s3:::home/${aws:username}/*", "arn:aws:s3:::home/dana/*"),
        ("arn:aws:s3:::home/${AWS:UserName, 'nobody'}/*", "arn:aws:s3:::home/dana/*"),
        ("arn:aws:s3:::home/$${aws:username}", "arn:aws:s3:::home/$dana"),
        ("arn:aws:s3:::home/${$}{aws:username}", "arn:aws:s3:::home/${$}{aws:username}"),
        ("arn:aws:s3:::${aws:PrincipalTag/a}", "arn:aws:s3:::${aws:PrincipalTag/a}"),
        ("arn:aws:sns:r:${aws:username}:t", "arn:aws:sns:r:${aws:username}:t"),
        ("arn:aws:s3:::${*}${aws:odd}", "arn:aws:s3:::${*}${aws:odd}"),
        ("${aws:username}:a:b:c:d:${aws:username}", "${aws:username}:a:b:c:d:dana"),
    ],
)
def test_what_is_known_stands_in_the_place_of_variables(text: str, found: str) -> None:
    """After the fifth colon, whatever the case of the key; a value with a character of the language is left out."""
    known = {"aws:username": "dana", "aws:odd": "a*"}
    policy = Policy((Statement(Effect.ALLOW, ("s3:*",), (text,)),))
    assert bound(policy, known).statements[0].resources == (found,)
    older = Policy(policy.statements, "2008-10-17")
    assert bound(older, known) == older
