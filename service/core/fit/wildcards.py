"""Actions written with a wildcard that the current policies have, where that grants nothing which they do not grant:
what AWS adds to it later, the principal would have had anyway.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from catalog.model import Catalog
from service.core.fit.model import NEVER
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.synthesis import Grant, grants_of, service_of

FEWEST = 2
"""Fewer actions than this are not written as a wildcard."""


@dataclass(frozen=True)
class Wildcards:
    """The wildcards of the current policies, spelled as the catalog spells services, and what each of them means."""

    catalog: Catalog
    patterns: Sequence[str]

    @classmethod
    def of(cls, catalog: Catalog, current: Iterable[Policy]) -> Wildcards:
        """Those of Allow statements that name a service: the longest first, which mean the least."""
        found = {
            action
            for policy in current
            for statement in policy.statements
            if statement.effect is Effect.ALLOW
            for action in statement.actions
            if set("*?") & set(action) and not set("*?") & set(service_of(action)) and ":" in action
        }
        return cls(catalog, sorted(found, key=lambda each: (-len(each), each)))

    def expanded(self, action: str) -> tuple[str, ...]:
        """The actions of the catalog that an action or a wildcard means; itself, where it has no wildcard."""
        return expanded(self.catalog, action)

    def applied(self, statement: Statement, within: Callable[[Statement], bool]) -> Statement:
        """The statement with wildcards in the place of actions, where the current policies grant it so."""
        for pattern in self.patterns:
            if service_of(pattern).lower() != service_of(statement.actions[0]).lower():
                continue
            meant = self.expanded(pattern)
            behind = [each for each in statement.actions if each in meant]
            if len(behind) < FEWEST or not self._may_stand(meant):
                continue
            rest = set(statement.actions) - set(behind)
            shorter = replace(statement, actions=tuple(sorted({*rest, pattern})))
            if within(shorter):
                statement = shorter
        return statement

    def _may_stand(self, meant: Sequence[str]) -> bool:
        """Also of those that were used: with others, they would be on the resources of these."""
        levels = (self.catalog.action(each) for each in meant)
        return all(each is not None and each.access_level not in NEVER for each in levels)


def expanded(catalog: Catalog, action: str) -> tuple[str, ...]:
    """The actions of a catalog that a wildcard means, sorted; what has no wildcard means itself."""
    if not set("*?") & set(action):
        return (action,)
    service = catalog.service(service_of(action).lower())
    pattern = parse_pattern(action.lower(), variables=False)
    names = (each.full_name for each in service.actions.values()) if service else ()
    return tuple(sorted(each for each in names if pattern.matches(each.lower())))


def expanded_grants(catalog: Catalog, policies: Iterable[Policy]) -> Iterator[Grant]:
    """Every triple that the Allow statements stand for, each wildcard as the actions that it means."""
    for grant in grants_of(policies):
        yield from (replace(grant, action=each) for each in expanded(catalog, grant.action))
