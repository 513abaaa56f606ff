"""Events to usage: who did what, on what, in which context, and how often.

Usage is an algebra. Merging is associative and commutative, so files can be read in any order, in parallel, and
on many machines; the result is the same to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote

import msgspec

from catalog.model import Operation
from service.core.events import Event, EventResource
from service.core.outcome import Denial, Outcome, denial, outcome
from service.core.principals import Principal
from service.core.trail.tolerant import UNREADABLE

MAX_DEPTH = 60
"""How deep request members are looked at; no AWS API nests its identifiers deeper."""

EXAMPLES = 3
"""How many example event ids evidence keeps."""

ARN_PREFIX = "ARNPrefix"
"""The type under which a call's resources hold the beginning of an ARN, as CloudTrail gives for many objects."""

Parameters = tuple[tuple[str, str], ...]
"""Request or response members that were kept: (dotted path without list positions, text), sorted, unique."""

NO_DENIAL = Denial()
"""What a call that was not denied has."""

Keep = Callable[[Operation], frozenset[str]]
"""Which members of an operation's request matter: names in lower case, letters and digits only."""


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """One distinct thing a principal did. Two events that differ only in time are the same call.

    `account` and `region` are where it happened; `context` holds condition keys and values that the event shows;
    `error_code` is kept for calls that did not plainly succeed.
    """

    principal: Principal
    operation: Operation
    event_type: str
    account: str
    region: str
    outcome: Outcome
    error_code: str = ""
    denial: Denial = NO_DENIAL
    invoked_by: str = ""
    parameters: Parameters = ()
    response: Parameters = ()
    resources: tuple[tuple[str, str], ...] = ()
    context: tuple[tuple[str, str], ...] = ()

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return self.principal.partition or partition_of(self.region)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
_PARTITION_BY_REGION = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc"))


def partition_of(region: str) -> str:
    """The partition that a Region belongs to; `aws` where the Region is not known."""
    return next((name for prefix, name in _PARTITION_BY_REGION if region.startswith(prefix)), "aws")


@dataclass(frozen=True, slots=True)
class Evidence:
    """When and how often something was seen. Times are UTC (`2026-01-31T12:00:00Z`), empty if no event had one."""

    first_seen: str
    last_seen: str
    count: int
    event_ids: tuple[str, ...]

    def merge(self, other: Evidence) -> Evidence:
        """Both taken together; the order does not matter."""
        times = [time for time in (self.first_seen, other.first_seen) if time]
        return Evidence(
            min(times, default=""),
            max(self.last_seen, other.last_seen),
            self.count + other.count,
            tuple(sorted({*self.event_ids, *other.event_ids})[:EXAMPLES]),
        )


NO_EVIDENCE = Evidence("", "", 0, ())
"""Merging with it changes nothing."""

Usage = Mapping[Call, Evidence]


def without_context(usage: Usage) -> Usage:
    """Usage by what was called alone: calls that differ only in where they came from, taken together."""
    return merge({replace(call, context=()): evidence} for call, evidence in usage.items())


def merge(usages: Iterable[Usage]) -> Usage:
    """All usage taken together; the order of `usages` does not matter."""
    merged: dict[Call, Evidence] = {}
    for usage in usages:
        for call, evidence in usage.items():
            seen = merged.get(call)
            merged[call] = evidence if seen is None else seen.merge(evidence)
    return merged


def total(evidence: Iterable[Evidence]) -> Evidence:
    """The evidence of several calls taken together."""
    result = NO_EVIDENCE
    for one in evidence:
        result = result.merge(one)
    return result


def call_of(event: Event, principal: Principal, keep: Keep) -> Call:
    """What an event says, less everything that does not matter to permissions."""
    operation = Operation(event.source, event.name)
    names = keep(operation)
    result = outcome(event.error_code, event.error_message)
    return Call(
        principal=principal,
        operation=operation,
        event_type=event.type,
        account=event.account or principal.account,
        region=event.region,
        outcome=result,
        error_code=event.error_code,
        denial=denial(event.error_message) if result is Outcome.DENIED else NO_DENIAL,
        invoked_by=event.identity.invoked_by or "",
        parameters=_kept(event.request, names),
        response=_kept(event.response, names),
        resources=_resources(event.resources),
        context=_context(event),
    )


@lru_cache(maxsize=4096)
def normalised(name: str) -> str:
    """A member's name in lower case, letters and digits only: `dBInstanceIdentifier` is `dbinstanceidentifier`."""
    return "".join(letter for letter in name if letter.isalnum()).lower()


def _kept(raw: msgspec.Raw, names: frozenset[str]) -> Parameters:
    if not raw:
        return ()
    try:
        value = msgspec.json.decode(raw)
    except UNREADABLE:
        return ()
    return tuple(sorted(set(_leaves(value, (), names))))


# Keys that AWS's serialisers put around a value: the value keeps its parent's name.
_WRAPPERS = frozenset({"items", "item", "member", "content", "value"})


# An ARN that was part of a path is logged as it was sent.
_ARN = ("arn:", "arn%3A", "arn%3a")


def _leaves(
    value: object, path: tuple[str, ...], names: frozenset[str], *, kept: bool = False, depth: int = 0
) -> Iterator[tuple[str, str]]:
    """Members whose own name is kept (containers as a mark that they are there), and every ARN."""
    if depth > MAX_DEPTH:
        return
    match value:
        case dict():
            yield from [(".".join(path), "")] if kept and value else []
            for inside, member, named in _members(value, path, names, kept=kept):
                yield from _leaves(member, inside, names, kept=named, depth=depth + 1)
        case list():
            for member in value:
                yield from _leaves(member, path, names, kept=kept, depth=depth + 1)
        case str() if value and (kept or value.startswith(_ARN)):
            yield ".".join(path), unquote(value) if value.startswith(_ARN[1:]) else value
        case bool() | int() | float() if kept:
            yield ".".join(path), str(value).lower()


def _members(
    container: dict[str, object], path: tuple[str, ...], names: frozenset[str], *, kept: bool
) -> Iterator[tuple[tuple[str, ...], object, bool]]:
    """What is inside an object: (path, value, whether it is kept)."""
    for key, member in container.items():
        inherits = kept and key in _WRAPPERS
        yield (path if inherits else (*path, key)), member, inherits or normalised(key) in names


def _resources(resources: tuple[EventResource, ...]) -> tuple[tuple[str, str], ...]:
    named = {(each.type, each.arn) for each in resources if each.arn}
    prefixes = {(ARN_PREFIX, each.arn_prefix) for each in resources if each.arn_prefix}
    return tuple(sorted(named | prefixes))


def _context(event: Event) -> tuple[tuple[str, str], ...]:
    """Global condition keys that the record shows. Absent here means not shown, never absent in the request.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    shown = {
        "aws:RequestedRegion": event.region,
        "aws:SourceIp": event.source_ip if _is_address(event.source_ip) else "",
        "aws:SourceVpce": event.vpc_endpoint,
        "aws:MultiFactorAuthPresent": _mfa(event),
    }
    return tuple(sorted((key, value) for key, value in shown.items() if value))


def _is_address(text: str) -> bool:
    return ":" in text or (text.count(".") == 3 and text.replace(".", "").isdigit())


class _SessionAttributes(msgspec.Struct, rename="camel"):
    mfa_authenticated: str | bool | None = None


def _mfa(event: Event) -> str:
    context = event.identity.session_context
    if context is None or not context.attributes:
        return ""
    try:
        attributes = msgspec.json.decode(context.attributes, type=_SessionAttributes)
    except UNREADABLE:
        return ""
    value = attributes.mfa_authenticated
    return "" if value is None else str(value).lower()
