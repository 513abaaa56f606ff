"""The ladder in whole proposals: each rung, where it is the one that does, with what the certificate says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import orjson
import pytest

from service.core.beside import Beside
from service.core.certificate_json import requests_lines
from service.core.choices import Choices, ConditionChoice, ResourceChoice, Rung, UnobservableChoice
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.events import Event
from service.core.excess import ExcessCause
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.verdict import Holds, Refuted
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.proposal_json import document
from service.core.quotas import Target
from service.usecases.checked import State
from service.usecases.gather import gather
from service.wiring import keep, parts
from tests.laws.test_certificates import checked, checks, signed
from tests.usecases.trails import APP, Events, event

EVERYTHING = ("s3:*", "ec2:Describe*", "ec2:*", "dynamodb:*", "sqs:Get*", "sqs:*")


def _current(*actions: str) -> Current:
    return Current((GrantedPolicy("broad", Policy((Statement(Effect.ALLOW, actions, ("*",)),))),))


def _proposed(events: Iterable[Event], fit: Rung, current: Current | None) -> Proposal:
    choices = Choices(
        ResourceChoice.EXACT, ConditionChoice.NONE, UnobservableChoice.DROP, target=Target.BOUNDARY, fit=fit
    )
    reading = gather(Events((tuple(events),)), keep)
    return parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), Beside(current, choices))


def _objects(count: int, more: int) -> list[Event]:
    """Objects whose ARNs have 101 characters, but for the last, which is longer; and one bucket listed."""
    names = [f"{number:02d}{'k' * 82}" for number in range(count - 1)] + ["z" * (84 + more)]
    listed = event("s3 ListObjects", {"bucketName": "data"})
    return [listed, *(event("s3 GetObject", {"bucketName": "data", "key": each}) for each in names)]


def _verifies(proposal: Proposal, current: Current | None) -> None:
    content, requests = to_bytes(document(proposal)), requests_lines(proposal.certificate.requests)
    for asked in (requests, None):
        found = checks(content, current, asked)
        assert State.WRONG not in {each.state for each in found}, found
    assert not proposal.certificate.replay.misses


def _just_too_large(fit: Rung, current: Current | None) -> Proposal:
    """The smallest of these trails whose exact policy does not fit one document."""
    for more in range(0, 120, 10):
        proposal = _proposed(_objects(57, more), fit, current)
        if not proposal.fit.steps[0].fits:
            return proposal
    raise AssertionError("the policy always fits")


@pytest.mark.parametrize("current", [None, _current(*EVERYTHING)], ids=["unknown", "known"])
def test_merged(current: Current | None) -> None:
    proposal = _just_too_large(Rung.MERGED, current)
    assert (proposal.fit.fits, proposal.fit.rung, len(proposal.policies)) == (True, Rung.MERGED, 1)
    (statement,) = proposal.policies[0].policy.statements
    assert {"s3:ListBucket", "s3:GetObject"} <= set(statement.actions)
    merged = [each for each in proposal.certificate.excess.entries if each.cause is ExcessCause.MERGED]
    assert {each.action for each in merged} == {"s3:ListBucket", "s3:GetObject"}
    assert proposal.fit.steps[-1].added == {"List": 57, "Read": 1}
    assert any("statements were joined" in note for note, _ in proposal.notes)
    if current is not None:
        assert proposal.certificate.against is not None
        assert isinstance(proposal.certificate.against.no_new_access, Holds)
    _verifies(proposal, current)


def test_exact_goes_no_further() -> None:
    proposal = _just_too_large(Rung.EXACT, _current(*EVERYTHING))
    assert (proposal.fit.fits, proposal.fit.rung, len(proposal.policies)) == (False, Rung.EXACT, 2)
    assert proposal.fit.over
    _verifies(proposal, _current(*EVERYTHING))


_MANY = (
    "AccountAttributes Addresses AvailabilityZones CustomerGateways DhcpOptions Images Instances InternetGateways "
    "KeyPairs LaunchTemplates NatGateways NetworkAcls NetworkInterfaces PlacementGroups PrefixLists Regions "
    "RouteTables SecurityGroups Snapshots Subnets Tags Volumes VpcEndpoints Vpcs VpnConnections VpnGateways"
)


def test_wildcards() -> None:
    described = [event(f"ec2 Describe{each}") for each in _MANY.split()]
    current = _current(*EVERYTHING)
    for count in range(40, 60):
        proposal = _proposed([*_objects(count, 0), *described], Rung.WILDCARDS, current)
        if not any(each.fits for each in proposal.fit.steps[:2]):
            break
    assert (proposal.fit.fits, proposal.fit.rung) == (True, Rung.WILDCARDS)
    assert any("ec2:Describe*" in each.actions for each in proposal.policies[0].policy.statements)
    wild = [each for each in proposal.certificate.excess.entries if each.cause is ExcessCause.WILDCARD]
    assert {each.action for each in wild} >= {"ec2:DescribeSpotPriceHistory"}
    assert proposal.certificate.against is not None
    assert isinstance(proposal.certificate.against.no_new_access, Holds)
    _verifies(proposal, current)


def test_resources() -> None:
    tables = [event("dynamodb GetItem", {"tableName": f"orders-{number:03d}-{'t' * 60}"}) for number in range(80)]
    current = _current(*EVERYTHING)
    proposal = _proposed(tables, Rung.RESOURCES, current)
    assert (proposal.fit.fits, proposal.fit.rung) == (True, Rung.RESOURCES)
    assert [each.rung for each in proposal.fit.steps] == list(Rung)
    last = proposal.fit.steps[-1]
    assert isinstance(last.keeps, Holds)
    assert isinstance(last.adds, Refuted)
    assert last.adds.request.resource.startswith("arn:aws:dynamodb:eu-west-1:111122223333:table/")
    assert isinstance(last.within_current, Holds)
    (permission,) = proposal.permissions
    assert permission.resources == ("arn:aws:dynamodb:eu-west-1:111122223333:table/*",)
    assert [each.pattern for each in proposal.generalised.generalised] == list(permission.resources)
    _verifies(proposal, current)
    assert last.added == {"Read": 1}
    unknown = _proposed(tables, Rung.RESOURCES, None)
    assert not unknown.fit.fits
    assert any("give the current policies" in note for note, _ in unknown.notes)


def _climbed(rungs: list[dict[str, Any]], rung: str) -> dict[str, Any]:
    return next(each for each in rungs if each["rung"] == rung)


def _forged(**members: Any) -> Callable[[dict[str, Any]], None]:
    return lambda fit: _climbed(fit["rungs"], "merged").update(members)


def _refuted(member: str) -> Callable[[dict[str, Any]], None]:
    return lambda fit: _climbed(fit["rungs"], "merged")[member].update(verdict="refuted")


def _not_climbed(fit: dict[str, Any]) -> None:
    fit["rungs"].pop(0)


def _another_rung(fit: dict[str, Any]) -> None:
    fit["rungs"][1]["rung"] = fit["rung"] = "wildcards"


def _higher_than_asked(fit: dict[str, Any]) -> None:
    fit["rungs"].append({**fit["rungs"][1], "rung": "wildcards"})


def _as_if_it_fitted(fit: dict[str, Any]) -> None:
    fit["rungs"][1].update(keeps=None, adds_nothing=None)


@pytest.mark.parametrize(
    "forge",
    [
        _not_climbed,
        _another_rung,
        _higher_than_asked,
        _as_if_it_fitted,
        _forged(added={}),
        _refuted("keeps"),
        _refuted("within_current"),
    ],
)
def test_what_is_forged_of_the_ladder_is_wrong(forge: Callable[[dict[str, Any]], None]) -> None:
    current = _current(*EVERYTHING)
    written: dict[str, Any] = orjson.loads(to_bytes(document(_just_too_large(Rung.MERGED, current))))
    assert checked(signed(written), current, None)["ladder"] is State.RIGHT
    forge(written["fit"])
    assert checked(signed(written), current, None)["ladder"] is State.WRONG


def test_what_is_over_is_told_as_it_is() -> None:
    written: dict[str, Any] = orjson.loads(to_bytes(document(_just_too_large(Rung.EXACT, None))))
    (over,) = written["fit"]["over"]
    written["fit"]["over"] = [over.replace("s3", "nothing of note")]
    assert checked(signed(written), None, None)["fit"] is State.WRONG
