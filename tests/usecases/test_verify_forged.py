"""Proposals that were made up together with the requests that they rest on, signed again: what `verify` still finds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import orjson
import pytest

from catalog.model import AccessLevel
from service.core.certificate_json import requests_lines
from service.core.errors import InputError
from service.core.excess import ExcessCause, excess, own_pattern
from service.core.json_bytes import to_bytes
from service.core.proposal_json import document
from service.usecases.checked import State
from service.usecases.request_texts import observed_in
from service.usecases.said import proposal_in
from tests.laws.test_certificates import certified, checked, signed
from tests.usecases.trails import ACCOUNT, event

_EVENTS = [
    event(request={"bucketName": "data", "key": "a"}),
    event(request={"bucketName": "data", "key": "b/c"}),
    event("ec2 DescribeInstances"),
    event("lambda CreateFunction20150331v2", {"functionName": "f", "role": f"arn:aws:iam::{ACCOUNT}:role/worker"}),
]
_OTHER = f"arn:aws:iam::{ACCOUNT}:role/admin"

_Written = dict[str, Any]
_Lines = list[dict[str, Any]]


def _whole() -> tuple[_Written, _Lines]:
    proposal = certified(_EVENTS, None)
    lines = [orjson.loads(each) for each in requests_lines(proposal.certificate.requests).splitlines()]
    written: _Written = orjson.loads(to_bytes(document(proposal)))
    return written, lines


def _states(written: _Written, lines: _Lines) -> dict[str, State]:
    """Of a proposal that names these requests, with as many replayed as there are."""
    content = b"".join(orjson.dumps(each) + b"\n" for each in lines)
    replay = written["certificate"]["replay"]
    replay["requests_digest"] = f"sha256:{hashlib.sha256(content).hexdigest()}"
    replay["requests"] = replay["allowed"] = len(lines)
    return checked(signed(written), None, content)


def test_what_was_not_changed_is_right() -> None:
    assert set(_states(*_whole()).values()) == {State.RIGHT}


def _another_principal(written: _Written, lines: _Lines) -> None:
    written["principal"].update(arn=_OTHER, name="admin")


def _another_account(written: _Written, lines: _Lines) -> None:
    written["principal"]["account"] = "444455556666"


def _without_arn(written: _Written, lines: _Lines) -> None:
    written["principal"]["arn"] = None


def _a_user(written: _Written, lines: _Lines) -> None:
    written["principal"]["type"] = "user"


def _no_type(written: _Written, lines: _Lines) -> None:
    written["principal"]["type"] = "approver"


def _requests_of_another(written: _Written, lines: _Lines) -> None:
    lines[0]["principal"] = _OTHER


def _keys_of_another(written: _Written, lines: _Lines) -> None:
    lines[0]["context"]["aws:PrincipalArn"] = [_OTHER]


def _request_twice(written: _Written, lines: _Lines) -> None:
    lines.insert(0, deepcopy(lines[0]))


def _out_of_order(written: _Written, lines: _Lines) -> None:
    lines.reverse()


def _in_no_event(written: _Written, lines: _Lines) -> None:
    lines[0]["count"] = 0


def _more_checked(written: _Written, lines: _Lines) -> None:
    written["self_check"] = {"requests": 1000, "allowed": 1000}


def _on_nothing(written: _Written, lines: _Lines) -> None:
    written["permissions"].append({**deepcopy(written["permissions"][0]), "resources": []})


def _permission_twice(written: _Written, lines: _Lines) -> None:
    written["permissions"].insert(0, {**deepcopy(written["permissions"][0]), "count": 1000})


def _said_to_be_harmless(written: _Written, lines: _Lines) -> None:
    """Of an action with two permissions, the first is said to do less than the catalog says of it."""
    passed = next(each for each in written["permissions"] if each["action"] == "iam:PassRole")
    reason = {**passed["reason"], "kind": "observed"}
    written["permissions"].insert(0, {**deepcopy(passed), "access_level": "List", "reason": reason})


def _everything_in_star(written: _Written, lines: _Lines) -> None:
    read = next(each for each in lines if each["action"] == "s3:GetObject")
    read["resource"], read["grants"] = "*", [{"resource": "*", "conditions": []}]


def _more_events(written: _Written, lines: _Lines) -> None:
    written["summary"]["events"]["total"] += 1


def _two_of_a_name(written: _Written, lines: _Lines) -> None:
    written["policies"].append(deepcopy(written["policies"][0]))


_WHAT: list[tuple[Callable[[_Written, _Lines], None], str]] = [
    (_another_principal, "principal"),
    (_another_account, "principal"),
    (_without_arn, "principal"),
    (_a_user, "principal"),
    (_no_type, "principal"),
    (_requests_of_another, "principal"),
    (_keys_of_another, "principal"),
    (_request_twice, "requests"),
    (_out_of_order, "requests"),
    (_in_no_event, "requests"),
    (_more_checked, "self check"),
    (_on_nothing, "list of permissions"),
    (_permission_twice, "list of permissions"),
    (_said_to_be_harmless, "access levels"),
    (_everything_in_star, "requests on *"),
    (_more_events, "summary"),
    (_two_of_a_name, "policy names"),
]


@pytest.mark.parametrize(("forge", "what"), _WHAT, ids=lambda each: getattr(each, "__name__", each))
def test_a_forged_one_is_wrong(forge: Callable[[_Written, _Lines], None], what: str) -> None:
    written, lines = _whole()
    forge(written, lines)
    assert _states(written, lines)[what] is State.WRONG


@pytest.mark.parametrize(
    "member",
    [{"Id": "approved"}, {"Version": "2008-10-17"}, {"Version": None}, {"Statement": []}],
    ids=str,
)
def test_a_document_is_written_as_ours_are(member: dict[str, Any]) -> None:
    """Another Version would mean other resources by the same text."""
    written, lines = _whole()
    policy = written["policies"][0]
    policy["document"] = {name: value for name, value in {**policy["document"], **member}.items() if value is not None}
    policy["characters"] = len(orjson.dumps(policy["document"]))
    assert _states(written, lines)["policy app-least-privilege"] is State.WRONG


def test_a_grant_unlike_its_request_is_in_the_ledger() -> None:
    """Requests that ask for more than they are about do not make it observed."""
    _, lines = _whole()
    read = next(each for each in lines if each["action"] == "s3:GetObject")
    read["grants"] = [{"resource": "arn:aws:s3:::payroll/*", "conditions": []}]
    requests = observed_in("r", b"".join(orjson.dumps(each) + b"\n" for each in lines))
    entries = excess(
        requests, dict.fromkeys({each.action for each in requests}, AccessLevel.READ), lambda _: ()
    ).entries
    assert (ExcessCause.UNSHOWN, "arn:aws:s3:::payroll/*") in {(each.cause, each.pattern) for each in entries}


_TWICE = b'"format": "whittle-proposal/1",'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda text: text.replace(_TWICE, _TWICE + b'"policies": [],'),
            "has `policies` twice in one object: keep one",
        ),
        (
            lambda text: text.replace(b'"Effect":', b'"Effect": "Deny", "Effect":', 1),
            "has `Effect` twice in one object",
        ),
        (lambda text: text.replace(_TWICE, _TWICE + b'"approved": true,'), ": approved is not known: leave it out"),
        (lambda text: text.replace(b'"diff": null', b'"diff": ' + _deep(600)), "nests far deeper than any proposal"),
        (lambda text: text.replace(b'"diff": null', b'"diff": ' + _deep(10**5)), "is not JSON"),
        (lambda text: text.replace(b'"diff": null', b'"diff": 1' + b"0" * 400), "is not JSON"),
    ],
    ids=["member twice", "member of a document twice", "unknown member", "deep", "deepest", "number"],
)
def test_what_could_be_read_in_two_ways_is_no_proposal(change: Callable[[bytes], bytes], says: str) -> None:
    content = to_bytes(document(certified(_EVENTS, None)))
    changed = change(content)
    assert changed != content
    with pytest.raises(InputError) as raised:
        proposal_in("p.json", changed)
    assert says in str(raised.value), raised.value


def _deep(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


_GROUP = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}:*"


@pytest.mark.parametrize(
    ("resource", "formats", "own"),
    [
        ("arn:aws:s3:::data/a*b", (), "arn:aws:s3:::data/a${*}b"),
        ("arn:aws:s3:::data/a:*", ("arn:${Partition}:s3:::${BucketName}/${ObjectName}",), "arn:aws:s3:::data/a:${*}"),
        ("arn:aws:logs:r:1:log-group:g:*", (_GROUP,), "arn:aws:logs:r:1:log-group:g:*"),
        ("arn:aws:logs:r:1:log-group:*", (_GROUP,), "arn:aws:logs:r:1:log-group:${*}"),
    ],
)
def test_the_pattern_of_one_resource(resource: str, formats: tuple[str, ...], own: str) -> None:
    """A star of the ARN itself is no wildcard that was let in."""
    assert own_pattern(resource, formats) == own
