"""Laws of certificates: one of any small trail verifies from what it says, and one that was tampered with does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.certificate_json import requests_lines
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.events import Event
from service.core.iam.document import characters, parse_policy
from service.core.iam.evaluate import Access
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Refuted
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.proposal_json import document, id_and_digest
from service.core.within import confirmed
from service.usecases.gather import gather
from service.usecases.verify import Evidence, State, verified
from service.wiring import keep, parts
from tests.usecases.trails import APP, Events, event

_CALLS = st.sampled_from(
    [
        ("s3 GetObject", {"bucketName": "data", "key": "a"}),
        ("s3 GetObject", {"bucketName": "data", "key": "b/c"}),
        ("s3 PutObject", {"bucketName": "logs", "key": "a"}),
        ("s3 DeleteObjects", {"bucketName": "data"}),
        ("ec2 DescribeInstances", None),
        ("sqs SendMessage", {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/orders"}),
        ("iam GetRole", {"roleName": "worker"}),
        ("lambda CreateFunction20150331v2", {"functionName": "f", "role": "arn:aws:iam::111122223333:role/worker"}),
    ]
)
_REGIONS = st.sampled_from(["eu-west-1", "eu-west-2"])
_ADDRESSES = st.sampled_from(["203.0.113.7", "198.51.100.9", "ssm.amazonaws.com"])


@st.composite
def _events(draw: st.DrawFn) -> Event:
    name, request = draw(_CALLS)
    return event(name, request, region=draw(_REGIONS), source_ip=draw(_ADDRESSES))


_CONDITIONS = st.sampled_from(
    [
        (),
        (Condition("StringEquals", "aws:RequestedRegion", ("eu-west-1",)),),
        (Condition("StringEquals", "aws:RequestedRegion", ("eu-west-1", "eu-west-2")),),
        (Condition("IpAddress", "aws:SourceIp", ("203.0.113.0/24",)),),
        (Condition("StringLike", "aws:PrincipalTag/team", ("*",)),),
        (Condition("StringEquals", "AWS:principalaccount", ("111122223333",)),),
    ]
)
_STATEMENTS = st.builds(
    Statement,
    st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.ALLOW, Effect.DENY]),
    st.sampled_from([("*",), ("s3:*",), ("s3:Get*", "sqs:*"), ("iam:*", "lambda:*"), ("ec2:Describe*",)]),
    st.sampled_from(
        [("*",), ("arn:aws:s3:::data/*", "arn:aws:s3:::data"), ("arn:aws:s3:::data/b/*",), ("arn:aws:*:*:*:*",)]
    ),
    _CONDITIONS,
)
_POLICIES = st.builds(lambda found: Policy(tuple(found)), st.lists(_STATEMENTS, min_size=1, max_size=4))
_CURRENT = st.builds(
    lambda found, boundary: Current(
        tuple(GrantedPolicy(f"p{number}", policy) for number, policy in enumerate(found)),
        GrantedPolicy("boundary", boundary) if boundary else None,
    ),
    st.lists(_POLICIES, max_size=2),
    st.one_of(st.none(), st.none(), _POLICIES),
)
_TRAILS = st.lists(_events(), min_size=1, max_size=6)


def certified(events: list[Event], current: Current | None) -> Proposal:
    reading = gather(Events((tuple(events),)), keep)
    return parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), current)


def checked(content: bytes, current: Current | None, requests: bytes | None) -> dict[str, State]:
    evidence = Evidence(current, ("requests.jsonl", requests) if requests is not None else None)
    return {each.what: each.state for each in verified("proposal.json", content, evidence)}


@given(_TRAILS, st.one_of(st.none(), _CURRENT))
@settings(deadline=None, max_examples=40)
def test_every_certificate_verifies(events: list[Event], current: Current | None) -> None:
    proposal = certified(events, current)
    content, requests = to_bytes(document(proposal)), requests_lines(proposal.certificate.requests)
    for given_requests in (requests, None):
        found = checked(content, current, given_requests)
        assert State.WRONG not in found.values(), found


@given(_TRAILS, _CURRENT)
@settings(deadline=None, max_examples=40)
def test_what_a_certificate_says_is_so(events: list[Event], current: Current) -> None:
    """Refuted has its witness, and whatever is observed and not beyond is granted now by the plain counts."""
    certificate = certified(events, current).certificate
    assert certificate.replay.allowed == certificate.replay.requests
    against = certificate.against
    assert against is not None
    policies = [named.policy for named in certified(events, current).policies]
    if isinstance(against.no_new_access, Refuted):
        assert confirmed(policies, current, against.no_new_access.request)
    layers = [PolicyIndex(granted.policy for granted in layer.policies) for layer in current.layers()]
    allowed = sum(
        all(layer.authorize(each.request).access is Access.ALLOWED for layer in layers) for each in certificate.requests
    )
    assert allowed == against.replay.allowed
    assert against.replay.allowed + sum(each.requests for each in against.replay.misses) == against.replay.requests


def _first_statement(proposal: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = proposal["policies"][0]["document"]["Statement"][0]
    return found


def _other_resource(proposal: dict[str, Any]) -> None:
    _first_statement(proposal)["Resource"] = "arn:aws:s3:::other/thing"
    _recount(proposal)


def _with_wildcard(proposal: dict[str, Any]) -> None:
    _first_statement(proposal).update({"Action": "iam:CreateUser", "Resource": "*"})
    _recount(proposal)


def _one_more(proposal: dict[str, Any]) -> None:
    _first_statement(proposal)["Action"] = ["s3:GetObject", "s3:DeleteObject"]
    _recount(proposal)


def _ledger_of_others(proposal: dict[str, Any]) -> None:
    proposal["certificate"]["excess"]["granted"] += 1


def _recount(proposal: dict[str, Any]) -> None:
    policy = proposal["policies"][0]
    policy["characters"] = len(orjson.dumps(policy["document"]))


def _denying(proposal: dict[str, Any]) -> None:
    _first_statement(proposal)["Effect"] = "Deny"
    _recount(proposal)


def _no_document(proposal: dict[str, Any]) -> None:
    _first_statement(proposal)["Action"] = "s3"


def _says_refuted(proposal: dict[str, Any]) -> None:
    verdict = proposal["certificate"]["no_new_access"]
    verdict["verdict"] = "holds" if verdict["verdict"] == "refuted" else "refuted"


def _counts_more(proposal: dict[str, Any]) -> None:
    proposal["certificate"]["replay"]["allowed"] += 1


def _other_policies(proposal: dict[str, Any]) -> None:
    proposal["certificate"]["current"]["policies"] = [{"name": "p", "digest": "sha256:" + "0" * 64}]


def _other_requests(proposal: dict[str, Any]) -> None:
    proposal["certificate"]["replay"]["requests_digest"] = "sha256:" + "0" * 64


_GRANTED = Current((GrantedPolicy("p", Policy((Statement(Effect.ALLOW, ("s3:*",), ("*",)),))),))


def _any_action(proposal: dict[str, Any]) -> None:
    statement = proposal["policies"][0]["document"]["Statement"][0]
    proposal["permissions"][0]["action"] = statement["Action"] = "s3:Get*"
    proposal["policies"][0]["characters"] = characters(parse_policy(orjson.dumps(proposal["policies"][0]["document"])))


def _assumes_less(proposal: dict[str, Any]) -> None:
    proposal["certificate"]["no_new_access"]["assumption"] = "everything"


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (_other_resource, "replay"),
        (_any_action, "policy app-least-privilege"),
        (_assumes_less, "no new access"),
        (_with_wildcard, "no new access"),
        (_one_more, "grants"),
        (_ledger_of_others, "grants"),
        (_denying, "policy app-least-privilege"),
        (_no_document, "policy app-least-privilege"),
        (_says_refuted, "no new access"),
        (_counts_more, "replay"),
        (_other_policies, "current policies"),
        (_other_requests, "requests"),
    ],
)
@pytest.mark.parametrize("signed_again", [False, True])
def test_a_tampered_one_does_not(tamper: Callable[[dict[str, Any]], None], what: str, signed_again: bool) -> None:
    """Even where whoever tampered took the digest again."""
    events = [event(request={"bucketName": "data", "key": key}) for key in ("a", "b/c")]
    proposal = certified(events, _GRANTED)
    requests = requests_lines(proposal.certificate.requests)
    written = document(proposal)
    assert State.WRONG not in checked(to_bytes(written), _GRANTED, requests).values()
    tamper(written)
    if signed_again:
        written = {key: value for key, value in written.items() if key not in ("id", "digest")}
        named, digest = id_and_digest(written)
        written |= {"id": named, "digest": digest}
    found = checked(to_bytes(written), _GRANTED, requests)
    assert found[what] is State.WRONG
    assert (found["digest"] is State.WRONG) is not signed_again
