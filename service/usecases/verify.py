"""A proposal checked again from what it says and the files beside it, without the trail and without the generator."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import product
from typing import Any

import orjson

from service.core.current import Current
from service.core.errors import InputError, MalformedPolicy
from service.core.iam.document import characters, parse_policy
from service.core.iam.evaluate import Access, Request
from service.core.iam.policy import Condition, Effect, Policy
from service.core.iam.proving.index import PolicyIndex
from service.core.iam.proving.verdict import Holds, Refuted, Unknown, Verdict, words
from service.core.proposal_json import FORMAT, id_and_digest
from service.core.synthesis import MANAGED_POLICY_CHARACTERS, Grant, grants_of
from service.core.within import confirmed, within_current
from service.usecases.request_texts import requests_in


class State(Enum):
    """What came of one check."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that a certificate says, and whether it is so."""

    what: str
    state: State
    detail: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a proposal is checked against: the current policies and the file of requests, as far as they are given."""

    current: Current | None = None
    requests: tuple[str, bytes] | None = None


def verified(name: str, content: bytes, evidence: Evidence) -> tuple[Checked, ...]:
    """Every check of the proposal in a file.

    Raises:
        InputError: it is no proposal, or the requests are none.
    """
    proposal = _proposal(name, content)
    try:
        return tuple(_checks(proposal, evidence))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise InputError(
            f"{name} lacks members of a proposal ({type(error).__name__}: {error}): give one whole"
        ) from error


def _checks(proposal: dict[str, Any], evidence: Evidence) -> Iterator[Checked]:
    yield _digest(proposal)
    documents = [(each["name"], each["characters"], each["document"]) for each in proposal["policies"]]
    policies: list[Policy] = []
    for title, counted, document in documents:
        policy, checked = _document(title, counted, document)
        policies += [policy] if policy else []
        yield checked
    if len(policies) < len(documents):
        return
    yield _grants(proposal, policies)
    yield from _replay(proposal, policies, evidence)
    yield from _new_access(proposal["certificate"], policies, evidence.current)


def _proposal(name: str, content: bytes) -> dict[str, Any]:
    try:
        proposal = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InputError(f"{name} is not JSON ({error}): give what `whittle propose --format json` prints") from error
    if not isinstance(proposal, dict) or proposal.get("format") != FORMAT:
        raise InputError(f"{name} is no proposal of the format `{FORMAT}`: give what `whittle propose` prints as JSON")
    return proposal


def _digest(proposal: dict[str, Any]) -> Checked:
    body = {key: value for key, value in proposal.items() if key not in ("id", "digest")}
    expected = id_and_digest(body)
    same = (proposal.get("id"), proposal.get("digest")) == expected
    return _checked("digest", same, expected[1], "the content is not that of which id and digest were taken")


def _document(title: str, counted: int, document: object) -> tuple[Policy | None, Checked]:
    what = f"policy {title}"
    try:
        policy = parse_policy(orjson.dumps(document))
    except MalformedPolicy as error:
        return None, Checked(what, State.WRONG, str(error))
    problem = _not_ours(policy, counted)
    return (None if problem else policy), Checked(what, State.WRONG if problem else State.RIGHT, problem or "parses")


def _not_ours(policy: Policy, counted: int) -> str:
    """What is wrong with a policy that no proposal would hold; empty for nothing."""
    size = characters(policy)
    if size != counted or size > MANAGED_POLICY_CHARACTERS:
        return f"it has {size} characters: the proposal says {counted}, the quota is {MANAGED_POLICY_CHARACTERS}"
    plain = all(each.effect is Effect.ALLOW and each.actions and each.resources for each in policy.statements)
    if not plain:
        return "it has statements that no proposal has: only Allow, Action and Resource are"
    wild = min((action for each in policy.statements for action in each.actions if set(action) & set("*?")), default="")
    return f"it allows `{wild}`: no proposal has a wildcard in an action" if wild else ""


def _grants(proposal: dict[str, Any], policies: Sequence[Policy]) -> Checked:
    """That the policies hold what the permissions say, each with its reason, and nothing else; nor does the ledger."""
    held, said = set(grants_of(policies)), set(_said(proposal))
    ledger = proposal["certificate"]["excess"]
    exceeding = {(each["action"], each["pattern"]) for each in ledger["entries"]}
    for problem, found in (
        ("the policies allow what no permission says", held - said),
        ("the policies lack what a permission says", said - held),
    ):
        if found:
            first = min(found)
            return Checked("grants", State.WRONG, f"{problem}: {first.action} on {first.resource}")
    same = ledger["granted"] == len(held) and exceeding <= {(each.action, each.resource) for each in held}
    return _checked("grants", same, f"{len(held)}, each with its reason", "the excess ledger is not of these policies")


def _said(proposal: dict[str, Any]) -> Iterator[Grant]:
    for each in proposal["permissions"]:
        conditions = tuple(Condition(one["operator"], one["key"], tuple(one["values"])) for one in each["conditions"])
        yield from (Grant(each["action"], resource, conditions) for resource in each["resources"])


def _replay(proposal: dict[str, Any], policies: Sequence[Policy], evidence: Evidence) -> Iterator[Checked]:
    """Every request put to the policies; without their file, those that the permissions stand for."""
    replay = proposal["certificate"]["replay"]
    if evidence.requests is None:
        yield _allowed("permissions", list(_permitted(proposal)), policies, None)
        return
    name, content = evidence.requests
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    same = digest == replay["requests_digest"]
    yield _checked("requests", same, digest, f"{name} does not hold the requests that were replayed")
    requests = requests_in(name, content)
    yield _checked(
        "number of requests", len(requests) == replay["requests"], f"{len(requests)} requests", "their number differs"
    )
    yield _allowed("replay", requests, policies, replay["allowed"])


def _allowed(what: str, requests: Sequence[Request], policies: Sequence[Policy], claimed: int | None) -> Checked:
    index = PolicyIndex(policies)
    missed = [each for each in requests if index.authorize(each).access is not Access.ALLOWED]
    allowed = len(requests) - len(missed)
    said = f"{allowed} of {len(requests)} requests are allowed"
    if allowed == (len(requests) if claimed is None else claimed):
        return Checked(what, State.RIGHT, said)
    first = f", not {words(missed[0])}" if missed else ""
    return Checked(
        what, State.WRONG, f"{said}{first}" + ("" if claimed is None else f"; the certificate says {claimed}")
    )


def _permitted(proposal: dict[str, Any]) -> Iterator[Request]:
    for each in proposal["permissions"]:
        keys = [condition["key"] for condition in each["conditions"]]
        for values in product(*(condition["values"] for condition in each["conditions"])):
            context = {key: (value,) for key, value in zip(keys, values, strict=True)}
            for resource in each["resources"]:
                literal = resource.replace("${*}", "*").replace("${?}", "?").replace("${$}", "$")
                yield Request(each["action"], literal, context)


def _new_access(certificate: dict[str, Any], policies: Sequence[Policy], current: Current | None) -> Iterator[Checked]:
    what, said = "no new access", certificate["no_new_access"]
    if current is None:
        if said is not None:
            yield Checked(what, State.UNKNOWN, f"not checked again ({said['verdict']}): give --current")
        return
    if said is None:
        yield Checked(what, State.WRONG, "the certificate was made without the current policies")
        return
    yield _same_policies(certificate["current"], current)
    yield _as_said(said, within_current(policies, current))
    if said["witness"] is not None:
        witness = requests_in("the witness", orjson.dumps(said["witness"]))[0]
        yield _checked("witness", confirmed(policies, current, witness), words(witness), "it is not new access")


def _as_said(said: dict[str, Any], verdict: Verdict) -> Checked:
    """The verdict taken again, beside what the certificate says of it."""
    what, found = "no new access", type(verdict).__name__.lower()
    if found != said["verdict"]:
        return Checked(what, State.WRONG, f"the certificate says {said['verdict']}, it is {found}")
    if isinstance(verdict, Holds) and said["assumption"] != verdict.assumption.value:
        return Checked(what, State.WRONG, f"it holds for {verdict.assumption.value}, the certificate says otherwise")
    if isinstance(verdict, Refuted) and said["witness"] is None:
        return Checked(what, State.WRONG, "it is refuted, and the certificate names no request that shows it")
    if isinstance(verdict, Unknown):
        return Checked(what, State.UNKNOWN, f"unknown, as the certificate says: {said['reason']}")
    return Checked(what, State.RIGHT, f"{found}, as the certificate says")


def _same_policies(named: dict[str, Any], current: Current) -> Checked:
    """By their digests: a file may have another name, and say the same."""
    boundary = current.boundary.digest if current.boundary else None
    found = sorted(each.digest for each in current.policies), boundary
    said = sorted(each["digest"] for each in named["policies"]), (named["boundary"] or {}).get("digest")
    return _checked(
        "current policies",
        found == said,
        f"{len(found[0])} as in the certificate",
        "they are not those it was made for",
    )


def _checked(what: str, right: bool, detail: str, otherwise: str) -> Checked:
    return Checked(what, State.RIGHT if right else State.WRONG, detail if right else otherwise)
