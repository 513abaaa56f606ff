"""Policies as values: statements of an effect, actions, resources and conditions."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from service.core.errors import MalformedPolicy

CURRENT_VERSION = "2012-10-17"
"""The version of the policy language that knows variables and escapes."""

VERSIONS = ("", "2008-10-17", CURRENT_VERSION)
"""What `Version` may say; none is the same as 2008-10-17.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
"""


class Effect(Enum):
    """What a statement does with the requests that it matches."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """One test: an operator as the policy writes it, a condition key, and the values of which one has to fit."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. Its actions are either listed or all but those listed, and so are its resources.

    INVARIANT: exactly one of `actions` and `not_actions` has members, and one of `resources` and `not_resources`;
    the conditions are sorted, and none has the operator and key of another.
    """

    effect: Effect
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    sid: str = ""
    not_actions: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _exactly_one("Action", self.actions, self.not_actions)
        _exactly_one("Resource", self.resources, self.not_resources)
        counts = Counter((each.operator, each.key) for each in self.conditions)
        for (operator, key), count in sorted(counts.items()):
            if count > 1:
                raise MalformedPolicy(f"`{operator}` tests `{key}` twice: give it one list of values")
        object.__setattr__(self, "conditions", tuple(sorted(self.conditions)))


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document. `version` is empty where the document has none, which means 2008-10-17."""

    statements: tuple[Statement, ...]
    version: str = CURRENT_VERSION
    id: str = ""

    def __post_init__(self) -> None:
        if self.version not in VERSIONS:
            raise MalformedPolicy(f"Version `{self.version}` does not exist: write `{CURRENT_VERSION}`")

    @property
    def has_variables(self) -> bool:
        """Whether `${...}` is a variable or an escape rather than literal text."""
        return self.version == CURRENT_VERSION


def _exactly_one(member: str, listed: tuple[str, ...], excepted: tuple[str, ...]) -> None:
    if bool(listed) == bool(excepted):
        raise MalformedPolicy(f"a statement has either {member} or Not{member}, with at least one value")


def unexpressible(text: str) -> str | None:
    """Why a policy document may not contain the text, or `None` where it may.

    "Policy documents can contain only ... horizontal tab (U+0009), linefeed (U+000A), carriage return (U+000D), and
    characters in the range U+0020 to U+00FF": https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    found = INEXPRESSIBLE.search(text)
    return f"U+{ord(found[0]):04X} is no character of policy documents" if found else None


INEXPRESSIBLE = re.compile(r"[^\t\n\r\x20-\xff]")
"""A character that policy documents cannot hold."""
