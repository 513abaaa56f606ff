"""Which members of a request name a resource: from `queueUrl` to the `${QueueName}` of an ARN format."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from service.core.iam.pattern import escape

CALLER = "@caller"
"""The member under which a table asks for the IAM user that makes the call."""


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """One resource's name: `literal` as the request means it, `patterns` as a policy writes it."""

    literal: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MemberRule:
    """A row: request member `member`, put through `transform`, is the variable's text for a resource `type`."""

    member: str
    transform: str
    type: str


COMPLETES_ARNS = frozenset({"secret-suffix"})
"""Transforms that hold for the name inside an ARN too: a request may give a secret's ARN without its suffix."""


class Members:
    """The table of request members, by service prefix and variable."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._rules: dict[tuple[str, str], list[MemberRule]] = defaultdict(list)
        for row in rows:
            rule = MemberRule(row["member"], row["transform"], row["type"])
            transform_named(rule.transform)
            self._rules[row["prefix"], row["variable"]].append(rule)

    def rules(self, prefix: str, variable: str, kind: str = "") -> Sequence[MemberRule]:
        """The rows for a variable of a service, in the table's order; of one resource type where `kind` is given."""
        found = self._rules.get((prefix, variable), ())
        return [rule for rule in found if not kind or rule.type in (kind, "*")]


Transform = Callable[[str], Name | None]


def as_is(text: str) -> Name:
    """The text itself, made literal."""
    return Name(text, (escape(text),))


def transform_named(name: str) -> Transform:
    """The transform of a row. Raises KeyError for a name that there is not."""
    kind, _, argument = name.partition(":")
    if kind == "starting":
        return lambda text: as_is(text) if text.startswith(argument) else None
    return _TRANSFORMS[name]


def _last_segment(text: str) -> Name:
    """`https://sqs.eu-west-1.amazonaws.com/111122223333/orders` -> `orders`."""
    return as_is(text.rstrip("/").rsplit("/", 1)[-1])


def _strip_slash(text: str) -> Name:
    """A parameter's ARN has one slash where its name begins with one: `/app/db` -> `parameter/app/db`."""
    return as_is(text.removeprefix("/"))


_SECRET_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")


def _secret_suffix(text: str) -> Name:
    """Secrets Manager ends a secret's ARN with a hyphen and six random characters, which the name lacks."""
    if _SECRET_SUFFIX.search(text):
        return Name(text, (escape(text), f"{escape(text)}-??????"))
    return Name(f"{text}-abcdef", (f"{escape(text)}-??????",))


IAM_PATH = "iam-path"
"""The transform of names whose ARN has a path that the name lacks."""


def _iam_path(text: str) -> Name:
    """The request has the name, the ARN has its path too. Names are unique in an account whatever the path."""
    return Name(text, (escape(text), f"*/{escape(text)}"))


def _service_linked(text: str) -> Name:
    """`config.amazonaws.com` -> the service-linked roles of that service, whose names the service chooses."""
    path = f"aws-service-role/{text}/"
    return Name(f"{path}AWSServiceRole", (f"{escape(path)}*",))


def _key_id(text: str) -> Name | None:
    """A key id, not an alias: which key an alias stands for is not in the request."""
    return None if text.startswith("alias/") else as_is(text)


def _alias(text: str) -> Name:
    return as_is(text.removeprefix("alias/"))


def _lambda_name(text: str) -> Name:
    """`name`, `name:qualifier` or `111122223333:function:name`: the name, with its qualifier where there is one."""
    return as_is(re.sub(r"^(?:[0-9]{12}:)?function:", "", text))


def _before_colon(text: str) -> Name:
    return as_is(text.partition(":")[0])


def _after_colon(text: str) -> Name | None:
    after = text.partition(":")[2]
    return as_is(after) if after else None


_TRANSFORMS: Mapping[str, Transform] = {
    "as-is": as_is,
    "last-segment": _last_segment,
    "strip-slash": _strip_slash,
    "secret-suffix": _secret_suffix,
    IAM_PATH: _iam_path,
    "service-linked": _service_linked,
    "key-id": _key_id,
    "alias": _alias,
    "lambda-name": _lambda_name,
    "before-colon": _before_colon,
    "after-colon": _after_colon,
}
