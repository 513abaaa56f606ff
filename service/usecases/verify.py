"""A proposal checked again from its inputs, without the trail and without the generator.

Nothing is believed that follows from the policies, the replayed requests, the current policies and the catalog: it is
computed again and compared member by member. What needs an input that is not given is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import orjson

from catalog.model import AccessLevel, Catalog
from service.core.certificate import Certificate, certificate_of
from service.core.certificate_json import certificate_json
from service.core.choices import Rung
from service.core.current import Current, layer_of
from service.core.diff.as_json import diff_json
from service.core.errors import InputError, MalformedPolicy
from service.core.fit.wildcards import expanded_grants
from service.core.granted import granted_by
from service.core.iam.document import characters, parse_policy, to_json
from service.core.iam.policy import CURRENT_VERSION, Effect, Policy
from service.core.json_bytes import Json
from service.core.observed import ObservedRequest, of_principal
from service.core.principals import PrincipalType
from service.core.proposal_json import id_and_digest
from service.core.quotas import Room, Target, room_for
from service.core.synthesis import Grant
from service.core.within import Formats
from service.usecases.checked import Checked, State, agreed, checked
from service.usecases.checks import Checks
from service.usecases.differences import Difference, differences
from service.usecases.policy_diffs import PolicyDiffs
from service.usecases.request_texts import observed_in
from service.usecases.said import proposal_in
from service.usecases.verify_certificate import Found, Given, certificate_checks
from service.usecases.verify_current import matched, policies_check
from service.usecases.verify_fit import fit_check, ladder_check
from service.usecases.verify_requests import (
    conditions_of,
    permissions_check,
    principal_check,
    principal_of,
    requests_checks,
    same_grants,
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a proposal is checked against: the current policies and the file of requests, as far as they are given."""

    current: Current | None = None
    requests: tuple[str, bytes] | None = None


@dataclass(frozen=True)
class Verifier:
    """Checks proposals with one catalog; `diffs` compares policies over it."""

    catalog: Catalog
    diffs: PolicyDiffs

    @cached_property
    def _formats(self) -> Formats:
        return Checks(self.catalog).arn_formats

    def verified(self, name: str, content: bytes, evidence: Evidence) -> tuple[Checked, ...]:
        """Every check of the proposal in a file.

        Raises:
            InputError: it is no proposal, or the requests are none.
        """
        return tuple(self._checks(proposal_in(name, content), evidence))

    def _checks(self, proposal: Json, evidence: Evidence) -> Iterator[Checked]:
        yield _digest(proposal)
        yield self._same_catalog(proposal["catalog"])
        limits = _limits(proposal)
        documents = [_document(each, limits) for each in proposal["policies"]]
        yield from (check for _, check in documents)
        policies = [policy for policy, _ in documents if policy]
        if len(policies) < len(documents):
            return
        yield _names(proposal["policies"])
        yield _permissions(proposal["permissions"])
        held = set(expanded_grants(self.catalog, policies))
        yield _grants(proposal, held)
        yield _summary(proposal, policies)
        yield fit_check(proposal, policies, limits.room)
        yield self._levels(proposal["permissions"])
        requests: tuple[ObservedRequest, ...] | None = None
        if evidence.requests is None:
            yield permissions_check(proposal, policies)
            yield principal_check(proposal["principal"], ())
        else:
            requests = observed_in(*evidence.requests)
            yield from requests_checks(proposal, held, *evidence.requests, requests)
            yield principal_check(proposal["principal"], requests)
            yield self._stars(proposal["catalog"], requests)
        yield from self._certificate(proposal, policies, requests, evidence.current)

    def _certificate(
        self,
        proposal: Json,
        policies: Sequence[Policy],
        requests: tuple[ObservedRequest, ...] | None,
        current: Current | None,
    ) -> Iterator[Checked]:
        said = proposal["certificate"]["current"]
        if current is not None:
            current = of_principal(current, principal_of(proposal["principal"]))
        if current is not None and said is not None:
            yield policies_check(current, said)
            current = matched(current, said) or current
        yield ladder_check(proposal, policies, granted_by(current).policies if current else None, self.catalog)
        names = (each["name"] for each in proposal["policies"])
        certificate = certificate_of(
            layer_of(zip(names, policies, strict=True)),
            requests or (),
            current,
            {each.action: self._level(each.action) or AccessLevel.WRITE for each in requests or ()},
            self._formats,
        )
        given = Given(requests is not None, current, self._is_same(proposal["catalog"]))
        yield from certificate_checks(proposal, self._found(certificate, policies, current), given)

    def _found(self, certificate: Certificate, policies: Sequence[Policy], current: Current | None) -> Found:
        diff = diff_json(self.diffs.of(current.identity, policies)) if current else None
        found = {"certificate": certificate_json(certificate), "diff": diff}
        return Found(orjson.loads(orjson.dumps(found)), tuple(policies), tuple(certificate.notes()))

    def _level(self, action: str) -> AccessLevel | None:
        definition = self.catalog.action(action)
        return definition.access_level if definition else None

    def _levels(self, permissions: Sequence[Json]) -> Checked:
        """The access levels that the permissions say, beside those of the catalog."""
        actions = sorted({each["action"] for each in permissions})
        found = {action: level.value for action in actions if (level := self._level(action))}
        if missing := sorted(set(actions) - set(found)):
            return Checked(
                "access levels", State.UNKNOWN, f"the catalog has no `{missing[0]}`: give the one it was made with"
            )
        differing = (
            Difference(f"permissions[{number}].access_level", each["access_level"], found[each["action"]])
            for number, each in enumerate(permissions)
            if each["access_level"] != found[each["action"]]
        )
        return agreed("access levels", differing, f"{len(found)} as in the catalog")

    def _stars(self, said: Json, requests: Sequence[ObservedRequest]) -> Checked:
        """That a request on `*` alone, of which nothing is hidden, is for an action that takes no resource."""
        asked = {each.action for each in requests if each.exact and each.resource == "*"}
        found = {each: self.catalog.action(each) for each in asked}
        wrong = min((name for name, action in found.items() if action is None or action.resources), default="")
        otherwise = State.WRONG if self._is_same(said) else State.UNKNOWN
        if wrong:
            return Checked("requests on *", otherwise, f"{wrong} takes resources, and no request shows which")
        return Checked("requests on *", State.RIGHT, f"{len(asked)} actions that take no resource")

    def _is_same(self, said: Json) -> bool:
        return bool(said["digest"] == self.catalog.version.digest)

    def _same_catalog(self, said: Json) -> Checked:
        version = self.catalog.version
        named = {"version": version.version, "source": version.source, "date": version.date, "digest": version.digest}
        if not self._is_same(said):
            sentence = f"made with version {said['version']} of {said['date']}, not with this one of {version.date}"
            return Checked("catalog", State.UNKNOWN, f"{sentence}: `whittle catalog status` says which there is")
        return agreed("catalog", differences({key: said[key] for key in named}, named, "catalog"), version.digest)


def _digest(proposal: Json) -> Checked:
    body = {key: value for key, value in proposal.items() if key not in ("id", "digest")}
    named, digest = id_and_digest(body)
    same = (proposal["id"], proposal["digest"]) == (named, digest)
    return checked("digest", same, digest, "the content is not that of which id and digest were taken")


@dataclass(frozen=True, slots=True)
class _Limits:
    """What the choices let policies be."""

    room: Room
    wildcards: bool


def _limits(proposal: Json) -> _Limits:
    """Those of a proposal's choices.

    Raises:
        InputError: a choice is none that there is.
    """
    said, principal = proposal["choices"], principal_of(proposal["principal"])
    try:
        target, rung = Target(said["target"]), Rung(said["fit"])
    except ValueError as error:
        raise InputError(f"choices: {error}") from None
    slots = max(said["policy_quota"] - said["attached"], 0)
    room = room_for(target, is_user=principal.type is PrincipalType.USER, slots=slots)
    return _Limits(room, rung in (Rung.WILDCARDS, Rung.RESOURCES))


def _document(said: Json, limits: _Limits) -> tuple[Policy | None, Checked]:
    what = f"policy {said['name']}"
    try:
        policy = parse_policy(orjson.dumps(said["document"]))
    except MalformedPolicy as error:
        return None, Checked(what, State.WRONG, str(error))
    problem = _not_ours(policy, said, limits)
    return (None if problem else policy), checked(what, not problem, "parses", problem)


def _not_ours(policy: Policy, said: Json, limits: _Limits) -> str:
    """What is wrong with a policy that no proposal would hold; empty for nothing."""
    size, counted, quota = characters(policy), said["characters"], limits.room.characters
    if size != counted or size > quota:
        return f"characters: said {counted}, found {size}, and the quota is {quota}"
    if to_json(replace(policy, version=CURRENT_VERSION, id="")) != said["document"] or not policy.statements:
        return f"it is not written as in a proposal: Version {CURRENT_VERSION}, no Id, at least one statement"
    plain = all(each.effect is Effect.ALLOW and each.actions and each.resources for each in policy.statements)
    if not plain:
        return "it has statements that no proposal has: only Allow, Action and Resource are"
    wild = min((action for each in policy.statements for action in each.actions if set(action) & set("*?")), default="")
    return f"it allows `{wild}`: its choices are for no wildcard in an action" if wild and not limits.wildcards else ""


def _names(policies: Sequence[Json]) -> Checked:
    """A policy is asked for by its name."""
    names = [each["name"] for each in policies]
    twice = next((each for each in names if names.count(each) > 1), "")
    return checked("policy names", not twice, f"{len(names)}, all different", f"two policies are called {twice}")


def _permissions(permissions: Sequence[Json]) -> Checked:
    """That each is there once: the same twice, with other reasons, would be for the reader to choose from."""
    seen: set[tuple[Any, ...]] = set()
    for number, each in enumerate(permissions):
        key = each["action"], conditions_of(each), each["reason"]["kind"]
        if key in seen or not each["resources"]:
            problem = "is there twice" if key in seen else "is on no resource"
            return Checked("list of permissions", State.WRONG, f"permissions[{number}]: {each['action']} {problem}")
        seen.add(key)
    return Checked("list of permissions", State.RIGHT, f"{len(permissions)}, each once")


def _grants(proposal: Json, held: set[Grant]) -> Checked:
    """That the policies hold what the permissions say, each with its reason, and nothing else."""
    return same_grants("grants", held, set(_said(proposal)), "permission says", f"{len(held)}, each with its reason")


def _said(proposal: Json) -> Iterator[Grant]:
    for each in proposal["permissions"]:
        yield from (Grant(each["action"], resource, conditions_of(each)) for resource in each["resources"])


def _summary(proposal: Json, policies: Sequence[Policy]) -> Checked:
    """The counts of the policies and permissions."""
    levels = {each["action"]: each["access_level"] for each in proposal["permissions"]}
    found = {
        "policies": len(policies),
        "statements": sum(len(each.statements) for each in policies),
        "characters": sum(map(characters, policies)),
        "actions": len(levels),
        "actions_by_access_level": _counted(levels.values()),
        "actions_by_service": _counted(action.split(":", 1)[0] for action in levels),
    }
    events = dict(proposal["summary"]["events"])
    found["events"] = {**events, "total": sum(events.values()) - events.get("total", 0)}
    said = {name: proposal["summary"][name] for name in found}
    return agreed("summary", differences(said, found, "summary"), f"{len(levels)} actions")


def _counted(names: Any) -> dict[str, int]:
    listed = list(names)
    return {name: listed.count(name) for name in sorted(set(listed))}
