"""The names in a request that fill the variables of ARN formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from service.core.members import CALLER, COMPLETES_ARNS, IAM_PATH, MemberRule, Members, Name, as_is, transform_named
from service.core.principals import PrincipalType
from service.core.usage import Call, normalised

# What stands where a service logs no value.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
HIDDEN = frozenset({"HIDDEN_DUE_TO_SECURITY_REASONS", "HIDDEN_FOR_SECURITY_REASONS", "***", "****"})

_SUFFIX = re.compile(r"(?:names?|ids?|identifiers?|arns?|s)$")
_GENERAL = ("name", "id", "identifier", "names", "ids", "identifiers")


@dataclass(frozen=True, slots=True)
class Leaf:
    """A member of a request: its name as `usage.normalised` writes it, how deep it lies, and its text."""

    name: str
    depth: int
    text: str


class CallNames:
    """The names that one call's request shows, for the variables of one service."""

    def __init__(self, members: Members, prefix: str, call: Call) -> None:
        self._members = members
        self._prefix = prefix
        self._call = call
        self.noun = noun(call.operation.name)
        self._leaves = [
            Leaf(normalised(path.rsplit(".", 1)[-1]), path.count("."), text)
            for path, text in call.parameters
            if text and text not in HIDDEN and not text.startswith("arn:")
        ]

    def of(self, variable: str, kind: str, parents: Mapping[str, Sequence[Name]]) -> tuple[Name, ...]:
        """Every name for a variable of a resource type, from the first way of looking that finds one.

        `parents` are names out of ARNs of what the resource is part of. A member that a row of the table is about is
        read by that row alone.
        """
        rules = self._members.rules(self._prefix, variable, kind)
        claimed = {rule.member for rule in rules}
        free = [leaf for leaf in self._leaves if leaf.name not in claimed]
        found = self._by_table(rules) or _by_name(variable, free) or list(parents.get(variable, ()))
        return tuple(sorted(set(found or _by_stem(variable, free) or self._by_noun(variable, free))))

    def completed(self, variable: str, text: str) -> Name | None:
        """The name inside an ARN that a request may cut short, made whole; None where ARNs are always whole."""
        rules = self._members.rules(self._prefix, variable)
        cut_short = bool(rules) and rules[0].transform in COMPLETES_ARNS
        return transform_named(rules[0].transform)(text) if cut_short else None

    @staticmethod
    def looked_up(members: Members, prefix: str, variable: str) -> Iterator[str]:
        """Names of members that `of` would look at for a variable."""
        yield from (rule.member for rule in members.rules(prefix, variable))
        stem = _stem(normalised(variable))
        for ending in ("", "s", *_GENERAL, "arn", "arns"):
            yield f"{stem}{ending}"
        yield normalised(variable)
        yield f"{normalised(variable)}s"
        yield from _GENERAL

    def _by_table(self, rules: Sequence[MemberRule]) -> list[Name]:
        for rule in rules:
            texts = self._caller() if rule.member == CALLER else _texts(self._leaves, {rule.member})
            found = [name for text in texts if (name := self._transformed(rule, text)) is not None]
            if found:
                return found
        return []

    def _transformed(self, rule: MemberRule, text: str) -> Name | None:
        """The row's name; the calling user's own path is known."""
        own = [path for path in self._caller() if rule.transform == IAM_PATH and path.rsplit("/", 1)[-1] == text]
        return as_is(own[0]) if own else transform_named(rule.transform)(text)

    def _by_noun(self, variable: str, leaves: Sequence[Leaf]) -> list[Name]:
        """The plain `name` or `id` of what the operation is about: `GetTable` with `name` for `TableName`."""
        if not self.noun or _stem(normalised(variable)) != _stem(self.noun):
            return []
        return [as_is(leaf.text) for leaf in leaves if leaf.depth == 0 and leaf.name in _GENERAL]

    def _caller(self) -> list[str]:
        principal = self._call.principal
        is_user = principal.type is PrincipalType.USER and ":user/" in principal.arn
        return [principal.arn.split(":user/", 1)[1]] if is_user else []


def _by_name(variable: str, leaves: Sequence[Leaf]) -> list[Name]:
    wanted = normalised(variable)
    return [as_is(text) for text in _texts(leaves, {wanted, f"{wanted}s"})]


def _by_stem(variable: str, leaves: Sequence[Leaf]) -> list[Name]:
    """`dBInstanceIdentifier` for `DbInstanceName`, `cluster` for `ClusterName`."""
    stem = _stem(normalised(variable))
    if not stem:
        return []
    return [as_is(text) for text in _texts(leaves, {leaf.name for leaf in leaves if _stem(leaf.name) == stem})]


def _texts(leaves: Sequence[Leaf], names: Iterable[str]) -> list[str]:
    """The texts of the members with one of these names that lie least deep."""
    wanted = set(names)
    found = [leaf for leaf in leaves if leaf.name in wanted]
    depth = min((leaf.depth for leaf in found), default=0)
    return [leaf.text for leaf in found if leaf.depth == depth]


def _stem(name: str) -> str:
    return _SUFFIX.sub("", name)


def noun(operation: str) -> str:
    """What an operation is about, in one word and lower case: `CreateFunction20150331` -> `function`."""
    words = re.sub(r"(?:_?[0-9]{4}_?[0-9]{2}_?[0-9]{2})?(?:[vV][0-9]+)?$", "", operation)
    rest = re.sub(r"^(?:Batch)?[A-Z][a-z]+", "", words)
    return normalised(rest[:-1] if rest.endswith("s") and not rest.endswith("ss") else rest)
