"""The names in a request that fill the variables of ARN formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from service.core.members import (
    CALLER,
    IAM_PATH,
    QUALIFIER,
    MemberRule,
    Members,
    Name,
    as_is,
    completion,
    transform_named,
)
from service.core.principals import PrincipalType
from service.core.usage import Call, normalised

# What stands where a service logs no value.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
HIDDEN = frozenset({"HIDDEN_DUE_TO_SECURITY_REASONS", "HIDDEN_FOR_SECURITY_REASONS", "***", "****"})

_SUFFIX = re.compile(r"(?:names?|ids?|identifiers?|arns?|s)$")
_PLACE_AND_QUALIFIER = ("Account", "Region", QUALIFIER)
_GENERAL = ("name", "id", "identifier", "names", "ids", "identifiers")


# Variables that say nothing but that something has a name: the resource type says what.
_PLAIN = frozenset({"", "resource"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A member of a request: its path as `usage.normalised` writes the names on it, and its text."""

    path: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        """The member's own name."""
        return self.path[-1]

    @property
    def depth(self) -> int:
        """How deep the member lies."""
        return len(self.path)


class CallNames:
    """The names that one call's request shows, for the variables of one service."""

    def __init__(self, members: Members, prefix: str, call: Call) -> None:
        self._members = members
        self._prefix = prefix
        self._call = call
        self.noun = noun(call.operation.name)
        self._leaves = [
            Leaf(tuple(map(normalised, path.split("."))), text)
            for path, text in call.parameters
            if text and text not in HIDDEN and not text.startswith("arn:")
        ]

    def of(self, variable: str, kind: str, parents: Mapping[str, Sequence[Name]]) -> tuple[Name, ...]:
        """Every name for a variable of a resource type, from the first way of looking that finds one.

        `parents` are names out of ARNs of what the resource is part of. A member that a row of the table is about is
        read by that row alone.
        """
        rules = self._rules(variable, kind)
        certain = [rule for rule in rules if not rule.is_default]
        claimed = frozenset[str]().union(*(rule.claims for rule in certain))
        free = [leaf for leaf in self._leaves if leaf.name not in claimed]
        found = self._by_table(certain) or _by_name(variable, free) or list(parents.get(variable, ()))
        found = (
            found or _by_stem(variable, free) or self._by_noun(variable, kind, free) or _by_type(variable, kind, free)
        )
        return tuple(sorted(set(found or self._by_table(rules))))

    def beside(self, variable: str, members: Iterable[str]) -> tuple[Name, ...]:
        """The names where ARNs stand as well: in the same list, or in members that a row of the table joins.

        `members` are the paths of the ARNs.
        """
        paths = {tuple(map(normalised, member.split("."))) for member in members}
        rules = self._rules(variable, "")
        joined = {name for rule in rules for name in rule.members if {path[-1] for path in paths} & set(rule.members)}
        transform = transform_named(rules[0].transform) if rules else as_is
        found = (transform(leaf.text) for leaf in self._leaves if leaf.path in paths or leaf.name in joined)
        return tuple(sorted({name for name in found if name is not None}))

    def place(self, kind: str) -> dict[str, str]:
        """The account or Region that the request names for a resource type, by the table."""
        found = {variable: self._by_table(self._rules(variable, kind)) for variable in ("Account", "Region")}
        return {variable: names[0].literal for variable, names in found.items() if len(names) == 1}

    def qualifier(self, kind: str, variable: str) -> Name | None:
        """What the request puts behind the ARN of a resource type."""
        found = self._by_table(self._rules(variable, kind))
        return found[0] if len(found) == 1 else None

    def completed(self, variable: str, text: str) -> Name | None:
        """The name inside an ARN that a request may cut short, made whole; None where ARNs are always whole."""
        rules = self._members.rules(self._prefix, variable)
        whole = completion(rules[0].transform) if rules else None
        return whole(text) if whole else None

    def _rules(self, variable: str, kind: str) -> Sequence[MemberRule]:
        return self._members.rules(self._prefix, variable, kind, self._call.operation.name)

    @staticmethod
    def looked_up(members: Members, prefix: str, variable: str, kind: str) -> Iterator[str]:
        """Names of members that `of` would look at for a variable of a resource type."""
        for asked in (variable, *_PLACE_AND_QUALIFIER):
            for rule in members.rules(prefix, asked):
                yield from rule.kept
        for stem in (_stem(normalised(variable)), *((_stem(normalised(kind)),) if _is_plain(variable) else ())):
            for ending in ("", "s", *_GENERAL, "arn", "arns"):
                yield f"{stem}{ending}"
        yield normalised(variable)
        yield f"{normalised(variable)}s"
        yield from _GENERAL

    def _by_table(self, rules: Sequence[MemberRule]) -> list[Name]:
        for rule in rules:
            found = [name for text in self._texts_of(rule) if (name := self._transformed(rule, text)) is not None]
            if found:
                return found
        return []

    def _texts_of(self, rule: MemberRule) -> list[str]:
        if rule.member == CALLER:
            return self._caller()
        return [text for member in rule.members for text in _texts(self._leaves, member)]

    def _transformed(self, rule: MemberRule, text: str) -> Name | None:
        """The row's name; the calling user's own path is known."""
        own = [path for path in self._caller() if rule.transform == IAM_PATH and path.rsplit("/", 1)[-1] == text]
        return as_is(own[0]) if own else transform_named(rule.transform)(text)

    def _by_noun(self, variable: str, kind: str, leaves: Sequence[Leaf]) -> list[Name]:
        """The plain `name` or `id` of what the operation is about: `GetTable` with `name` for `TableName`."""
        meant = _is_plain(variable) and normalised(kind) == self.noun
        if not self.noun or not (meant or _stem(normalised(variable)) == _stem(self.noun)):
            return []
        return [
            as_is(leaf.text) for leaf in leaves if leaf.depth == 1 and leaf.name in _GENERAL and _agree(variable, leaf)
        ]

    def _caller(self) -> list[str]:
        principal = self._call.principal
        is_user = principal.type is PrincipalType.USER and ":user/" in principal.arn
        return [principal.arn.split(":user/", 1)[1]] if is_user else []


def _by_name(variable: str, leaves: Sequence[Leaf]) -> list[Name]:
    wanted = normalised(variable)
    return [as_is(text) for text in _texts(leaves, wanted, f"{wanted}s")]


def _by_stem(variable: str, leaves: Sequence[Leaf]) -> list[Name]:
    """`dBInstanceIdentifier` for `DbInstanceName`, `cluster` for `ClusterName`."""
    stem = _stem(normalised(variable))
    if not stem:
        return []
    alike = {leaf.name for leaf in leaves if _stem(leaf.name) == stem and _agree(variable, leaf)}
    return [as_is(text) for text in _texts(leaves, *alike)]


def _by_type(variable: str, kind: str, leaves: Sequence[Leaf]) -> list[Name]:
    """`environmentId` for the `ResourceId` of an environment."""
    return _by_stem(f"{kind}{variable.removeprefix('Resource')}", leaves) if _is_plain(variable) else []


def _is_plain(variable: str) -> bool:
    return _stem(normalised(variable)) in _PLAIN


def _agree(variable: str, leaf: Leaf) -> bool:
    """A name is no id, nor an id a name: `CreateImage` with `name` does not say the image's id."""
    wanted = normalised(variable)
    by_id = wanted.endswith("id") and leaf.name.endswith(("name", "names"))
    return not by_id and not (wanted.endswith("name") and leaf.name.endswith(("id", "ids")))


def _texts(leaves: Sequence[Leaf], *names: str) -> list[str]:
    """The texts of the members with one of these names, or the ends of paths, that lie least deep."""
    wanted = {tuple(name.split(".")) for name in names}
    found = [leaf for leaf in leaves if any(leaf.path[-len(path) :] == path for path in wanted)]
    depth = min((leaf.depth for leaf in found), default=0)
    return [leaf.text for leaf in found if leaf.depth == depth]


@lru_cache(maxsize=8192)
def _stem(name: str) -> str:
    return _SUFFIX.sub("", name)


def noun(operation: str) -> str:
    """What an operation is about, in one word and lower case: `CreateFunction20150331` -> `function`."""
    words = re.sub(r"(?:_?[0-9]{4}_?[0-9]{2}_?[0-9]{2})?(?:[vV][0-9]+)?$", "", operation)
    rest = re.sub(r"^(?:Batch)?[A-Z][a-z]+", "", words)
    return normalised(rest[:-1] if rest.endswith("s") and not rest.endswith("ss") else rest)
