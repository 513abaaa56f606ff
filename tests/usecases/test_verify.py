"""Proposals that somebody tampered with, and what `verify` says of each; and what is no proposal at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import orjson
import pytest

from service.core.certificate_json import requests_lines
from service.core.current import Current, GrantedPolicy
from service.core.errors import InputError
from service.core.iam.document import characters, parse_policy
from service.core.iam.evaluate import Request
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.verdict import words
from service.core.json_bytes import to_bytes
from service.core.proposal_json import document
from service.usecases.checked import State
from service.usecases.said import proposal_in
from tests.laws.test_certificates import certified, checked, checks, signed
from tests.usecases.trails import event

READ = event(request={"bucketName": "data", "key": "a"})
DELETE = event("s3 DeleteObjects", {"bucketName": "data"})


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


def _never_observed(proposal: dict[str, Any]) -> None:
    """An action within the current policies, added wherever a proposal speaks of what it allows."""
    _first_statement(proposal)["Action"] = ["s3:GetObject", "s3:DeleteObject"]
    _recount(proposal)
    more = {**deepcopy(proposal["permissions"][0]), "action": "s3:DeleteObject", "access_level": "Write"}
    proposal["permissions"].append(more)
    ledger, summary = proposal["certificate"]["excess"], proposal["summary"]
    ledger["granted"], ledger["observed"] = ledger["granted"] + 2, ledger["observed"] + 2
    summary.update(
        actions=2, actions_by_access_level={"Read": 1, "Write": 1}, actions_by_service={"s3": 2},
        characters=proposal["policies"][0]["characters"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tamper", "what"),
    [
        (_other_resource, "replay"),
        (_any_action, "policy app-least-privilege"),
        (_assumes_less, "no new access"),
        (_with_wildcard, "no new access"),
        (_one_more, "grants"),
        (_never_observed, "needs"),
        (_ledger_of_others, "excess"),
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
    found = checked(signed(written) if signed_again else to_bytes(written), _GRANTED, requests)
    assert found[what] is State.WRONG
    assert (found["digest"] is State.WRONG) is not signed_again


def test_what_differs_is_named() -> None:
    proposal = certified([READ, DELETE], _GRANTED)
    requests, written = requests_lines(proposal.certificate.requests), document(proposal)
    written["certificate"]["replay"]["allowed"] += 1
    written["certificate"]["excess"]["entries"][0]["cause"] = "derived"
    details = {each.what: each.detail for each in checks(signed(written), _GRANTED, requests)}
    assert details["replay"] == "certificate.replay.allowed: said 3, found 2"
    assert 'certificate.excess.entries[0].cause: said "derived", found "wildcard' in details["excess"]


def test_another_witness_is_as_good() -> None:
    """A prover of another day may find another request; what the plain evaluator confirms is one."""
    current = Current((GrantedPolicy("p", Policy((Statement(Effect.ALLOW, ("ec2:*",), ("*",)),))),))
    proposal = certified([READ, event(request={"bucketName": "data", "key": "z"})], current)
    requests, written = requests_lines(proposal.certificate.requests), document(proposal)
    verdict = written["certificate"]["no_new_access"]
    for resource, state in (
        ("arn:aws:s3:::data/a", State.RIGHT),
        ("arn:aws:s3:::data/z", State.RIGHT),
        ("arn:aws:s3:::data/b", State.WRONG),
    ):
        witness = Request("s3:GetObject", resource)
        verdict["witness"] = {"action": witness.action, "resource": resource, "context": {}, "unknown_keys": []}
        verdict["in_words"] = words(witness)
        assert checked(signed(written), current, requests)["no new access"] is state


def test_requests_that_are_written_otherwise_are_not_those() -> None:
    """Even where the certificate names their digest: a member that nobody reads could say anything."""
    proposal = certified([READ], None)
    written, requests = document(proposal), requests_lines(proposal.certificate.requests)
    other = requests.replace(b'"unknown_keys":["*"]', b'"unknown_keys":[]')
    written["certificate"]["replay"]["requests_digest"] = f"sha256:{hashlib.sha256(other).hexdigest()}"
    assert checked(signed(written), None, other)["requests"] is State.WRONG


def test_files_may_lie_elsewhere_but_not_be_called_otherwise() -> None:
    def named(name: str) -> Current:
        return Current((GrantedPolicy(name, _GRANTED.policies[0].policy),))

    proposal = certified([READ], named("here/now.json"))
    written, requests = to_bytes(document(proposal)), requests_lines(proposal.certificate.requests)
    for name, state in (("there/now.json", State.RIGHT), ("then.json", State.UNKNOWN)):
        assert checked(written, named(name), requests)["current policies"] is state


def test_another_catalog_is_not_known_to_say_the_same() -> None:
    written = document(certified([READ], None))
    requests = requests_lines(certified([READ], None).certificate.requests)
    written["catalog"]["digest"] = "0" * 64
    written["certificate"]["excess"]["granted"] = 2
    written["certificate"]["excess"]["observed"] = 2
    found = checked(signed(written), None, requests)
    assert (found["catalog"], found["excess"]) == (State.UNKNOWN, State.UNKNOWN)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("policies", 0, "name"), None, "policies[0].name is null where text belongs"),
        (("policies", 0, "characters"), "7", "policies[0].characters is text where a whole number belongs"),
        (("policies", 0, "characters"), True, "policies[0].characters is true or false where a whole number"),
        (("policies",), None, "policies is null where a list belongs"),
        (("policies", 0), [], "policies[0] is a list where an object belongs"),
        (("permissions", 0), {}, "permissions[0].action is missing"),
        (("permissions", 0, "conditions"), [{"key": "a"}], "permissions[0].conditions[0].operator is missing"),
        (("certificate",), 7, "certificate is a whole number where an object belongs"),
        (("certificate", "replay"), {}, "certificate.replay.requests is missing"),
        (("certificate", "approved"), True, "certificate.approved is not known"),
        (("certificate", "excess", "by_cause"), {"derived": {"Read": 0.5}}, "certificate.excess.by_cause.derived.Read"),
        (("catalog",), None, "catalog is null where an object belongs"),
    ],
)
def test_what_is_no_proposal_is_one_sentence(path: tuple[str | int, ...], value: Any, says: str) -> None:
    written = orjson.loads(to_bytes(document(certified([READ], None))))
    place = written
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InputError) as raised:
        proposal_in("p.json", to_bytes(written))
    assert str(raised.value).startswith(f"p.json: {says}"), raised.value
