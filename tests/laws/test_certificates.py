"""Laws of certificates: one of any small trail verifies from what it says, and one that was tampered with does not."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.beside import Beside
from service.core.certificate_json import requests_lines
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.errors import InputError
from service.core.events import Event
from service.core.iam.evaluate import Access
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Refuted
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.proposal_json import document, id_and_digest
from service.core.within import confirmed
from service.usecases.checked import Checked, State
from service.usecases.gather import gather
from service.usecases.said import CERTIFICATE
from service.usecases.verify import Evidence, Verifier
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
_OF_THE_CALLS = ("s3:*", "sqs:*", "ec2:Describe*", "iam:*", "lambda:*")
_STATEMENTS = st.builds(
    Statement,
    st.sampled_from([Effect.ALLOW, Effect.ALLOW, Effect.ALLOW, Effect.DENY]),
    st.sampled_from([_OF_THE_CALLS, ("s3:*",), ("s3:Get*", "sqs:*"), ("iam:*", "lambda:*"), ("ec2:Describe*",)]),
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
    return parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), Beside(current))


def checks(content: bytes, current: Current | None, requests: bytes | None) -> tuple[Checked, ...]:
    evidence = Evidence(current, ("requests.jsonl", requests) if requests is not None else None)
    return _verifier().verified("proposal.json", content, evidence)


@cache
def _verifier() -> Verifier:
    return Verifier(parts().catalog, parts().proposer.diffs)


def checked(content: bytes, current: Current | None, requests: bytes | None) -> dict[str, State]:
    return {each.what: each.state for each in checks(content, current, requests)}


def signed(proposal: dict[str, Any]) -> bytes:
    """The proposal under the id and digest of what it says."""
    body = {key: value for key, value in proposal.items() if key not in ("id", "digest")}
    named, digest = id_and_digest(body)
    return to_bytes({"id": named, **body, "digest": digest})


@given(_TRAILS, st.one_of(st.none(), _CURRENT))
@settings(deadline=None, max_examples=25)
def test_every_certificate_verifies(events: list[Event], current: Current | None) -> None:
    proposal = certified(events, current)
    content, requests = to_bytes(document(proposal)), requests_lines(proposal.certificate.requests)
    for now, asked in ((current, requests), (None, None)):
        found = checks(content, now, asked)
        assert State.WRONG not in {each.state for each in found}, found
    verdicts = ("no new access", "no new access apart from that")
    unknown = [each.what for each in checks(content, current, requests) if each.state is State.UNKNOWN]
    assert set(unknown) <= set(verdicts)  # of all that is given, nothing but a verdict is not known


@given(_TRAILS, _CURRENT)
@settings(deadline=None, max_examples=20)
def test_what_is_not_given_is_not_known(events: list[Event], current: Current) -> None:
    """Never a pass in silence: without the requests no replay, without the current policies no verdict."""
    proposal = certified(events, current)
    content, requests = to_bytes(document(proposal)), requests_lines(proposal.certificate.requests)
    details = {each.what: each for each in checks(content, current, None)}
    assert {details[each].state for each in ("replay", "excess", "beyond current")} == {State.UNKNOWN}
    assert "--requests" in details["replay"].detail
    details = {each.what: each for each in checks(content, None, requests)}
    assert {details[each].state for each in ("no new access", "diff", "beyond current")} == {State.UNKNOWN}
    assert "--current" in details["diff"].detail
    assert details["replay"].state is State.RIGHT


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
    seen = [each for each in certificate.requests if each.was_seen]
    allowed = sum(all(layer.authorize(each.request).access is Access.ALLOWED for layer in layers) for each in seen)
    assert allowed == against.replay.allowed
    assert against.replay.allowed + sum(each.requests for each in against.replay.misses) == against.replay.requests


def _allow(*actions: str, resource: str = "*", conditions: tuple[Condition, ...] = ()) -> Statement:
    return Statement(Effect.ALLOW, actions, (resource,), conditions)


def _now(*statements: Statement, boundary: Statement | None = None) -> Current:
    return Current(
        (GrantedPolicy("p", Policy(statements)),),
        GrantedPolicy("boundary", Policy((boundary,))) if boundary else None,
    )


_TAGGED = Condition("StringEquals", "aws:PrincipalTag/team", ("a",))
_READ = event(request={"bucketName": "data", "key": "a"})
_DELETE = event("s3 DeleteObjects", {"bucketName": "data"})
_LIST = event("ec2 DescribeInstances")
_ROLE = event("iam GetRole", {"roleName": "worker"})
_SITUATIONS: dict[str, tuple[list[Event], Current | None]] = {
    "alone": ([_READ, _DELETE, _LIST, _ROLE], None),
    "within": ([_READ, _DELETE, _LIST], _now(_allow("s3:*", "ec2:Describe*"), boundary=_allow("*"))),
    "beyond, and the rest within": ([_READ, _DELETE, _LIST], _now(_allow("s3:Delete*", "ec2:*"))),
    "beyond, and the rest too": ([_READ, _LIST], _now(_allow("ec2:*", conditions=(_TAGGED,)))),
    "not decided": (
        [_READ, _LIST, _DELETE],
        _now(
            _allow("s3:Delete*", resource="arn:aws:s3:::*/tmp"),
            _allow("s3:Get*", resource="arn:aws:s3:::logs/*"),
            _allow("ec2:*"),
            boundary=_allow("s3:Delete*", "ec2:*", resource="*", conditions=(_TAGGED,)),
        ),
    ),
}

_Path = tuple[str | int, ...]


def _leaves(value: Any, path: _Path = ()) -> Iterator[_Path]:
    """Every part of a JSON value that is no object."""
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, (*path, key))
        return
    yield path
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _leaves(each, (*path, number))


def _at(value: Any, path: _Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _changed(value: Any) -> list[Any]:
    """Other values in the place of one."""
    match value:
        case None:
            return ["x", [], {}]
        case bool() | int():
            return [value + 1, value - 1, None, str(value)]
        case str():
            return [f"{value}x", "", None, 7]
        case []:
            return [["x"], None]
        case list():
            return [value[1:], [*value, value[0]], [], None]
        case _:
            return [{"x": 1}, None]


def _mutations(part: Any, of: _Path) -> Iterator[tuple[_Path, Any]]:
    for path in _leaves(part):
        yield from (((*of, *path), other) for other in _changed(_at(part, path)))


def _with(proposal: dict[str, Any], path: _Path, value: Any) -> bytes:
    found = deepcopy(proposal)
    _at(found, path[:-1])[path[-1]] = value
    return signed(found)


def _refused(content: bytes, current: Current | None, requests: bytes) -> bool:
    """Said to be no proposal, to be wrong, or to name policies that were not given."""
    try:
        found = checks(content, current, requests)
    except InputError:
        return True
    named = any(each.what == "current policies" and each.state is State.UNKNOWN for each in found)
    return named or State.WRONG in {each.state for each in found}


def _holds(content: bytes, current: Current | None, requests: bytes) -> bool:
    try:
        return {each.state for each in checks(content, current, requests)} == {State.RIGHT}
    except InputError:
        return False


@pytest.mark.parametrize("situation", _SITUATIONS)
def test_no_member_of_a_certificate_is_believed(situation: str) -> None:
    """Each member changed, and signed again: never does all of it hold, or is the member said to be as it was."""
    events, current = _SITUATIONS[situation]
    proposal = certified(events, current)
    requests, written = requests_lines(proposal.certificate.requests), orjson.loads(to_bytes(document(proposal)))
    before = {each.what: each.state for each in checks(signed(written), current, requests)}
    assert State.WRONG not in before.values()
    asked = list(_mutations(written["certificate"], ("certificate",)))
    assert len(asked) > 50
    for path, other in asked:
        content = _with(written, path, other)
        assert _refused(content, current, requests), (path, other)


def test_the_situations_have_every_member() -> None:
    """The mutations above reach each member that a certificate can have."""
    there: set[str] = set()
    for events, current in _SITUATIONS.values():
        written = orjson.loads(to_bytes(document(certified(events, current))))["certificate"]
        there |= {_pattern(path) for path in _leaves(written) if _at(written, path) is not None}
    missing = set(_members(CERTIFICATE)) - there
    assert {each for each in missing if not any(part in each for part in _NEVER_THERE)} == set()


# A proposal allows what was observed, names its actions whole, and a witness leaves nothing open.
_NEVER_THERE = ("replay.misses.", "beyond_assumption.", "unknown_keys.[]")


def _pattern(path: _Path) -> str:
    found = ".".join("[]" if isinstance(step, int) else step for step in path)
    return found if ".by_cause." not in f".{found}" else "excess.by_cause"


def _members(shape: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """The members of a shape that are no objects themselves, lists with their items."""
    inner = getattr(shape, "shape", None) or getattr(shape, "shapes", None)
    match shape:
        case dict():
            for key, each in shape.items():
                yield from _members(each, (*path, key))
        case [each]:
            yield from _members(each, (*path, "[]"))
        case _ if isinstance(inner, dict):
            yield from _members(inner, path)
        case _ if inner is not None and not type(shape).__name__.startswith("_Every"):
            yield from _members(inner, path)
        case _:
            yield ".".join(path)


@given(st.data(), _TRAILS, _CURRENT)
@settings(deadline=None, max_examples=30)
def test_no_change_of_any_certificate_holds(data: st.DataObject, events: list[Event], current: Current) -> None:
    proposal = certified(events, current)
    requests, written = requests_lines(proposal.certificate.requests), orjson.loads(to_bytes(document(proposal)))
    part = data.draw(st.sampled_from(["certificate", "diff", "policies", "permissions", "summary", "catalog"]))
    path = data.draw(st.sampled_from(sorted(_leaves(written[part]), key=str)))
    value = _at(written[part], path)
    other = data.draw(
        st.one_of(st.sampled_from(_changed(value)), st.text(max_size=3), st.integers(-9, 9), st.booleans())
    )
    by_nobody = part == "permissions" and path[1:2] not in _CHECKED
    by_nobody |= (part, *path[:1]) in (("summary", "events"), ("catalog", "overrides"))
    by_nobody |= part == "policies" and path[1:] == ("name",)  # what it is called is up to whoever attaches it
    if by_nobody or _alike(value, other) or "Sid" in path:
        return
    assert not _holds(_with(written, (part, *path), other), current, requests)


def _alike(value: Any, other: Any) -> bool:
    """Whether both say the same: a list that has something twice says it, too."""
    if isinstance(value, list) and isinstance(other, list):
        return {str(each) for each in value} == {str(each) for each in other}
    return bool(type(value) is type(other) and value == other)


# Of a permission. Its reason, its evidence, what became of events and the overrides rest on the trail alone.
_CHECKED = (("action",), ("resources",), ("conditions",), ("access_level",))
