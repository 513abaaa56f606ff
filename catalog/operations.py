"""What is known of operations: the tables that the rules of `catalog.rules` read, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog.model import Operation

Key = tuple[str, str]
"""(IAM prefix or boto3 client, operation in lower case)."""


@dataclass(frozen=True, slots=True)
class EventSource:
    """What CloudTrail's event source stands for: an IAM prefix and the boto3 clients whose calls it may record."""

    prefix: str
    clients: tuple[str, ...]


NOWHERE = EventSource("", ())
"""An event source that nothing is known of."""


@dataclass(frozen=True, slots=True)
class Override:
    """A curated answer. With `some`, the request decides which of the actions were needed."""

    actions: tuple[str, ...]
    conditional: tuple[str, ...]
    some: bool
    reason: str


@dataclass(frozen=True, slots=True)
class UserOverride:
    """A user's own answer; no actions mean that none is needed."""

    actions: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class UserOverrides:
    """A user's file of answers, and the sha256 of its bytes (None: there is no file), which stands for all of it."""

    digest: str | None = None
    rows: Mapping[Operation, UserOverride] = field(default_factory=dict, compare=False)


NO_OVERRIDES = UserOverrides()
"""Where the user has nothing to say."""


@dataclass(frozen=True, slots=True)
class WithoutPermission:
    """Why no policy decides: `kind` is a word for programs, `reason` is for people."""

    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class OperationFacts:
    """The tables. `sources` is by event source less `.amazonaws.com`; the others are by prefix or by client."""

    sources: Mapping[str, EventSource]
    overrides: Mapping[Key, Override]
    """By prefix: what AWS documents under another name, or with more than one action."""
    without_permission: Mapping[Key, WithoutPermission]
    """By prefix."""
    operations: Mapping[Key, tuple[str, ...]]
    """By client: AWS's map of operations to the actions that a call may be authorised for."""
    roles_passed: Mapping[Key, tuple[str, ...]]
    """By client: operations that may pass a role, and the services it may be passed to, if known."""
    methods: Mapping[Key, str]
    """By client: HTTP methods of API Gateway's operations."""
