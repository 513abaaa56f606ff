"""Statements of one service joined where the catalog says that no request can meet what the joint one adds.

`s3:ListBucket` on a bucket and `s3:GetObject` on its objects become one statement: no request lists an object, and none
gets a bucket as an object. The Service Authorization Reference says which resources an action takes:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from catalog.model import Catalog
from service.core.arn_format import parse_format
from service.core.fit.model import NEVER
from service.core.iam.policy import Condition, Policy, Statement
from service.core.iam.proving.budget import Budget, OutOfBudget
from service.core.iam.proving.glob import resource_glob
from service.core.iam.proving.inclusion import find_word
from service.core.synthesis import Grant, grants_of, service_of

WithinNow = Callable[[Statement], bool]
"""Whether a statement is within what is granted now."""


@dataclass(frozen=True)
class Impossible:
    """Tells which resources an action is never used on; `plain_names` are the types whose names hold no `/` and `:`."""

    catalog: Catalog
    plain_names: frozenset[tuple[str, str]]
    _known: dict[tuple[str, str], bool] = field(default_factory=dict)

    def is_never(self, action: str, pattern: str) -> bool:
        """Whether no request for the action can be about a resource that the pattern matches.

        Of an action that changes permissions or tags, or that the catalog does not know, nothing is never.
        """
        key = action, pattern
        if key not in self._known:
            self._known[key] = self._found(action, pattern)
        return self._known[key]

    def _found(self, action: str, pattern: str) -> bool:
        definition = self.catalog.action(action)
        service = self.catalog.service(service_of(action))
        if definition is None or service is None or definition.access_level in NEVER:
            return False
        if not pattern.startswith("arn:") or "${" in pattern:
            return False
        return not any(
            self._may_be(service.prefix, each.type, text, pattern)
            for each in definition.resources
            for text in service.resource_types[each.type].arn_formats
        )

    def _may_be(self, service: str, kind: str, text: str, pattern: str) -> bool:
        """Whether a resource of this format may match the pattern."""
        if not _meet(_VARIABLE.sub("*", text), pattern):
            return False
        is_plain = (service, kind) in self.plain_names and not parse_format(text).open_ended
        return not (is_plain and _more_separators(pattern, _VARIABLE.sub("", text)))


def _meet(one: str, other: str) -> bool:
    """Whether two patterns have a resource in common; also where it takes too many steps to tell."""
    globs = [resource_glob(each, variables=False) for each in (one, other)]
    try:
        return find_word(globs, (), Budget(_STEPS)) is not None
    except OutOfBudget:
        return True


_STEPS = 20_000
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_RESOURCE_SEGMENT = 5


def _more_separators(pattern: str, plain: str) -> bool:
    """Whether every resource of the pattern has more separators in its last segment than those of the format have."""
    asked, held = (each.split(":", _RESOURCE_SEGMENT)[-1] for each in (pattern, plain))
    return any(asked.count(each) > held.count(each) for each in "/:")


def merged(
    statements: Iterable[Statement], impossible: Impossible, within: WithinNow
) -> tuple[tuple[Statement, ...], tuple[Grant, ...]]:
    """The statements joined as far as may be, and the grants that this adds, none of which any request can meet."""
    before = list(statements)
    groups: dict[tuple[str, tuple[Condition, ...]], list[Statement]] = defaultdict(list)
    for each in before:
        groups[service_of(each.actions[0]), each.conditions].append(each)
    after = tuple(joined for _, group in sorted(groups.items()) for joined in _joined(group, impossible, within))
    added = set(_grants(after)) - set(_grants(before))
    return after, tuple(sorted(added))


def _joined(group: list[Statement], impossible: Impossible, within: WithinNow) -> Iterator[Statement]:
    left = list(group)
    while left:
        one = left.pop(0)
        for other in list(left):
            both = _both(one, other)
            if _only_adds_the_impossible(one, other, impossible) and within(both):
                one = both
                left.remove(other)
        yield one


def _only_adds_the_impossible(one: Statement, other: Statement, impossible: Impossible) -> bool:
    return all(
        impossible.is_never(action, pattern)
        for mine, theirs in ((one, other), (other, one))
        for action in set(mine.actions) - set(theirs.actions)
        for pattern in set(theirs.resources) - set(mine.resources)
    )


def _both(one: Statement, other: Statement) -> Statement:
    actions = tuple(sorted({*one.actions, *other.actions}))
    return replace(one, actions=actions, resources=tuple(sorted({*one.resources, *other.resources})))


def _grants(statements: Iterable[Statement]) -> Iterator[Grant]:
    return grants_of([Policy(tuple(statements))])
