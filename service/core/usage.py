"""Events to usage: who did what, on what, in which context, and how often.

Usage is an algebra. Merging is associative and commutative, so files can be read in any order, in parallel, and
on many machines; the result is the same to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from functools import lru_cache
from urllib.parse import unquote

import msgspec
from msgspec.structs import replace

from catalog.model import Operation
from service.core.events import Event, EventResource, Identity
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

COLLAPSED = "\U0010ffff"
"""What ends a text of which only the beginning was kept, because there were too many like it
(`service.core.activity.collapse`). A character that no name holds: where a record has it, it is replaced.
"""

Context = tuple[tuple[str, str], ...]
"""Condition keys and values that a record shows, sorted."""

NO_DENIAL = Denial()
"""What a call that was not denied has."""

Keep = Callable[[Operation], frozenset[str]]
"""Which members of an operation's request matter: names in lower case, letters and digits only."""


class Call(msgspec.Struct, frozen=True, order=True, gc=False):
    """One distinct thing a principal did. Two events that differ only in time or context are the same call.

    `account` and `region` are where it happened; `error_code` is kept for calls that did not plainly succeed;
    `response` holds the ARNs in it that end with a name of the request.
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

    def __hash__(self) -> int:
        """Of what tells calls of one principal apart: calls are looked up a lot."""
        return hash((self.operation.name, self.region, self.error_code, self.parameters, self.resources))

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        return self.principal.partition or partition_of(self.region)


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
_PARTITION_BY_REGION = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("eusc-", "aws-eusc"))


def partition_of(region: str) -> str:
    """The partition that a Region belongs to; `aws` where the Region is not known."""
    return next((name for prefix, name in _PARTITION_BY_REGION if region.startswith(prefix)), "aws")


class Evidence(msgspec.Struct, frozen=True, gc=False):
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

Contexts = Mapping[Call, Mapping[Context, int]]
"""In which context each call was made, and how often."""


def total(evidence: Iterable[Evidence]) -> Evidence:
    """The evidence of several calls taken together."""
    result = NO_EVIDENCE
    for one in evidence:
        result = result.merge(one)
    return result


def call_of(event: Event, principal: Principal, keep: Keep) -> Call:
    """What an event says, less everything that does not matter to permissions."""
    head = head_of(event, principal)
    parameters = kept(event.request, keep(head.operation))
    return replace(
        head,
        parameters=parameters,
        response=named_in(event.response, parameters),
        resources=named_resources(event.resources),
    )


def head_of(event: Event, principal: Principal) -> Call:
    """The same without what the request, the response and the resources name."""
    result = outcome(event.error_code, event.error_message)
    return Call(
        principal=principal,
        operation=Operation(event.source, event.name),
        event_type=event.type,
        account=event.account or principal.account,
        region=event.region,
        outcome=result,
        error_code=event.error_code,
        denial=_denial(event.error_message) if result is Outcome.DENIED else NO_DENIAL,
        invoked_by=event.identity.invoked_by or "",
    )


def _denial(message: str) -> Denial:
    found = denial(message)
    return replace(found, resource=_plain(found.resource)) if COLLAPSED in message else found


@lru_cache(maxsize=4096)
def normalised(name: str) -> str:
    """A member's name in lower case, letters and digits only: `dBInstanceIdentifier` is `dbinstanceidentifier`."""
    return "".join(letter for letter in name if letter.isalnum()).lower()


def kept(raw: msgspec.Raw, names: frozenset[str]) -> Parameters:
    """The members of a request whose own name is in `names`, and every ARN."""
    if not raw:
        return ()
    try:
        value = msgspec.json.decode(raw)
    except UNREADABLE:
        return ()
    leaves = _Leaves(_marks(names))
    leaves.take(value, "", _Wish.LEFT_OUT, 0)
    return tuple(sorted(leaves.found))


def named_in(response: msgspec.Raw, parameters: Parameters) -> Parameters:
    """The ARNs of a response whose last part is the text of a parameter: what was made of what was asked for.

    Where in the response they stand does not matter, and is not kept.
    """
    if not parameters or not arns_within(response):
        return ()
    texts = {text for _, text in parameters if text}
    return tuple(("", text) for text in arns_within(response) if _ARN_PARTS.split(text)[-1] in texts)


def arns_within(response: msgspec.Raw) -> tuple[str, ...]:
    """The ARNs of a response, sorted. Of members with the same name the last one counts, so it has to be decoded."""
    text = bytes(response)
    if b"\\" not in text and b'"arn' not in text:
        return ()
    return tuple(sorted({found for _, found in kept(response, _NO_NAMES)}))


_NO_NAMES = frozenset[str]()
_ARN_PARTS = re.compile("[/:]")

# Members under which services take tags, as `normalised` writes them.
TAG_MEMBERS = frozenset(
    {"tags", "tag", "tagset", "taglist", "tagging", "resourcetags", "xamztagging"}
    | {"tagspecification", "tagspecifications", "tagspecificationset", "tagsmodel", "tagkeys"}
)
PAIRS = TAG_MEMBERS | {"encryptioncontext"}
"""Members of the caller's own keys with their values; the native core has the same list."""

PAIR = "="
"""The last part of the path under which such a pair is kept, and what stands between its key and its value. `=` alone
is a pair that could be read in two ways.
"""
_KEY_NAMES = ("key", "Key", "tagKey", "TagKey")
_VALUE_NAMES = ("value", "Value", "tagValue", "TagValue")

# Keys that AWS's serialisers put around a value: the value keeps its parent's name.
_WRAPPERS = frozenset({"items", "item", "member", "content", "value"})

# An ARN that was part of a path is logged as it was sent.
_ARN = ("arn:", "arn%3A", "arn%3a")


class _Wish(IntEnum):
    """What becomes of a member: `PAIRS` is kept as the caller's own keys with their values, too."""

    LEFT_OUT = 0
    KEPT = 1
    PAIRS = 2


class _Marks(dict[str, _Wish]):
    """What becomes of a member by its name, as it is spelled."""

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, name: str) -> _Wish:
        if len(self) >= _MOST_SPELLINGS:  # some requests have names of the user's own as members
            self.clear()
        plain = normalised(name)
        kept = _Wish.PAIRS if plain in PAIRS else _Wish.KEPT
        self[name] = found = kept if plain in self._names else _Wish.LEFT_OUT
        return found


_MOST_SPELLINGS = 4096
_marks = lru_cache(maxsize=4096)(_Marks)


class _Leaves:
    """Members whose own name is kept (containers as a mark that they are there, and what is in it as pairs where its
    names are the caller's own), and every ARN.
    """

    def __init__(self, marks: _Marks) -> None:
        self.found: set[tuple[str, str]] = set()
        self._marks = marks

    def take(self, value: object, path: str, wish: _Wish, depth: int) -> None:
        """Note what is in a value."""
        match value:
            case str():
                self._text(value, path, wish)
            case dict():
                self._object(value, path, wish, depth)
            case list() if depth < MAX_DEPTH:
                for member in value:
                    if wish is _Wish.PAIRS and isinstance(member, str):
                        self._pair(path, member, "")
                    self.take(member, path, wish, depth + 1)
            case bool() | int() | float() if wish:
                self.found.add((path, str(value).lower()))

    def _object(self, value: dict[str, object], path: str, wish: _Wish, depth: int) -> None:
        if wish is _Wish.PAIRS:
            self._pairs(value, path)
        if wish and value:
            self.found.add((path, ""))
        if depth >= MAX_DEPTH:
            return
        for key, member in value.items():
            inherits = wish and key in _WRAPPERS
            inside = path if inherits else f"{path}.{key}" if path else key
            self.take(member, inside, wish if inherits else self._marks[key], depth + 1)

    def _pairs(self, value: dict[str, object], path: str) -> None:
        """One that is written as a key and a value, or all members; ARNs are kept by themselves."""
        texts = {name: text for name, text in value.items() if isinstance(text, str)}
        keys = [texts[name] for name in texts if name in _KEY_NAMES]
        if keys:
            values = (texts[name] for name in texts if name in _VALUE_NAMES and texts[name])
            self._pair(path, keys[0], next(values, ""))
            return
        for name, text in texts.items():
            if not text.startswith(_ARN):
                self._pair(path, name, text)

    def _pair(self, path: str, key: str, text: str) -> None:
        self.found.add((f"{path}.{PAIR}", PAIR if PAIR in key else _plain(f"{key}{PAIR}{text}")))

    def _text(self, text: str, path: str, wish: _Wish) -> None:
        if text.startswith("arn"):
            if wish or text.startswith(_ARN):
                self.found.add((path, _plain(unquote(text) if text.startswith(_ARN[1:]) else text)))
        elif wish and text:
            self.found.add((path, _plain(text)))


def _plain(text: str) -> str:
    """The text without the character that has a meaning of its own here."""
    return text.replace(COLLAPSED, "\ufffd")


def named_resources(resources: tuple[EventResource, ...]) -> Parameters:
    """The ARNs that a record lists, with their types; sorted, unique."""
    if not resources:
        return ()
    named = {(each.type, _plain(each.arn)) for each in resources if each.arn}
    prefixes = {(ARN_PREFIX, _plain(each.arn_prefix)) for each in resources if each.arn_prefix}
    return tuple(sorted(named | prefixes))


def context_of(event: Event) -> Context:
    """Global condition keys that the record shows. Absent here means not shown, never absent in the request; but a
    request through a VPC endpoint has no `aws:SourceIp`.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    shown = {
        "aws:RequestedRegion": event.region,
        "aws:SourceIp": event.source_ip if _is_address(event.source_ip) and not event.vpc_endpoint else "",
        "aws:SourceVpce": event.vpc_endpoint,
        "aws:MultiFactorAuthPresent": mfa_of(event.identity),
        "aws:SecureTransport": "true" if event.is_tls else "",
    }
    return tuple(sorted((key, _plain(value)) for key, value in shown.items() if value))


def _is_address(text: str) -> bool:
    return ":" in text or (text.count(".") == 3 and text.replace(".", "").isdigit())


class _SessionAttributes(msgspec.Struct, rename="camel"):
    mfa_authenticated: str | bool | None = None


def mfa_of(identity: Identity) -> str:
    """`true` or `false`, empty where the identity does not show it."""
    context = identity.session_context
    if context is None or not context.attributes:
        return ""
    try:
        attributes = msgspec.json.decode(context.attributes, type=_SessionAttributes)
    except UNREADABLE:
        return ""
    value = attributes.mfa_authenticated
    return "" if value is None else str(value).lower()
