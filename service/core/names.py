"""The names in a request that fill the variables of ARN formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from service.core.members import CALLER, Members, Name, as_is, transform_named
from service.core.principals import PrincipalType
from service.core.usage import Call, normalised

# What stands where a service logs no value.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
HIDDEN = frozenset({"HIDDEN_DUE_TO_SECURITY_REASONS", "HIDDEN_FOR_SECURITY_REASONS", "***", "****"})

_SUFFIX = re.compile(r"(names?|ids?|identifiers?|arns?)$")
_GENERAL = ("name", "id", "identifier", "names", "ids", "identifiers")


class CallNames:
    """The names that one call's request shows, for the variables of one service."""

    def __init__(self, members: Members, prefix: str, call: Call, in_arns: Mapping[str, Sequence[Name]]) -> None:
        self._members = members
        self._prefix = prefix
        self._call = call
        self._in_arns = in_arns
        self.noun = noun(call.operation.name)
        self._leaves = [
            (path, normalised(path.rsplit(".", 1)[-1]), text)
            for path, text in call.parameters
            if text and text not in HIDDEN and not text.startswith("arn:")
        ]

    def of(self, variable: str) -> tuple[Name, ...]:
        """Every name for a variable, from the first way of looking that finds one."""
        ways = (self._by_table, self._by_name, self._by_arn, self._by_stem, self._by_noun)
        return next((tuple(sorted(set(found))) for way in ways if (found := way(variable))), ())

    def transformed(self, variable: str, text: str) -> Name | None:
        """The name as the table's first row for a variable makes it from text, or None without a row."""
        rules = self._members.rules(self._prefix, variable)
        return transform_named(rules[0].transform)(text) if rules else None

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

    def _by_table(self, variable: str) -> list[Name]:
        for rule in self._members.rules(self._prefix, variable):
            texts = self._caller() if rule.member == CALLER else self._texts({rule.member})
            found = [name for text in texts if (name := transform_named(rule.transform)(text)) is not None]
            if found:
                return found
        return []

    def _by_name(self, variable: str) -> list[Name]:
        wanted = normalised(variable)
        return [as_is(text) for text in self._texts({wanted, f"{wanted}s"})]

    def _by_arn(self, variable: str) -> list[Name]:
        return list(self._in_arns.get(variable, ()))

    def _by_stem(self, variable: str) -> list[Name]:
        """`dBInstanceIdentifier` for `DbInstanceName`, `cluster` for `ClusterName`."""
        stem = _stem(normalised(variable))
        if not stem:
            return []
        names = {leaf for _, leaf, _ in self._leaves if _stem(leaf) == stem}
        return [as_is(text) for text in self._texts(names)]

    def _by_noun(self, variable: str) -> list[Name]:
        """The plain `name` or `id` of what the operation is about: `GetTable` with `name` for `TableName`."""
        if not self.noun or _stem(normalised(variable)) != self.noun:
            return []
        top = [(leaf, text) for path, leaf, text in self._leaves if "." not in path]
        return [as_is(text) for leaf, text in top if leaf in _GENERAL]

    def _texts(self, names: Iterable[str]) -> list[str]:
        """The texts of the members with one of these names that lie least deep."""
        wanted = set(names)
        found = [(path.count("."), text) for path, leaf, text in self._leaves if leaf in wanted]
        depth = min((level for level, _ in found), default=0)
        return [text for level, text in found if level == depth]

    def _caller(self) -> list[str]:
        principal = self._call.principal
        is_user = principal.type is PrincipalType.USER and ":user/" in principal.arn
        return [principal.arn.split(":user/", 1)[1]] if is_user else []


def _stem(name: str) -> str:
    return _SUFFIX.sub("", name)


def noun(operation: str) -> str:
    """What an operation is about, in one word and lower case: `CreateFunction20150331` -> `function`."""
    words = re.sub(r"(?:_?[0-9]{4}_?[0-9]{2}_?[0-9]{2})?(?:[vV][0-9]+)?$", "", operation)
    rest = re.sub(r"^(?:Batch)?[A-Z][a-z]+", "", words)
    return normalised(rest[:-1] if rest.endswith("s") and not rest.endswith("ss") else rest)
