"""Evaluation for many requests against the same policies: statements found by action, resources by their beginnings.

It gives the decisions of `authorize`, which is the definition; only what cannot match is not looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from service.core.iam.arn import ArnPattern, parse_arn_pattern
from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.evaluate import (
    NO_PERMISSION_NEEDED,
    Access,
    Decision,
    Request,
    StatementIndex,
    decide,
)
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Policy, Statement
from service.core.iam.proving.action_set import listed_actions
from service.core.iam.proving.glob import resource_glob
from service.core.iam.truth import Truth, every, negated, some


class PolicyIndex:
    """Policies made ready for many requests."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._named: dict[str, list[_Entry]] = defaultdict(list)
        self._others: list[_Entry] = []
        self._known: dict[str, tuple[_Entry, ...]] = {}
        for entry in _entries(policies):
            for name in entry.names:
                self._named[name].append(entry)
            if entry.is_open:
                self._others.append(entry)

    def authorize(self, request: Request) -> Decision:
        """What `authorize` says of the policies and the request."""
        action = request.action.lower()
        if action in NO_PERMISSION_NEEDED:
            return Decision(Access.ALLOWED)
        context = Context.of(request.context, request.unknown_keys)
        about = self._about(action)
        return decide([(each.index, each.statement.effect, each.applies(request.resource, context)) for each in about])

    def _about(self, action: str) -> Sequence[_Entry]:
        """The statements that are about an action, in their order."""
        known = self._known.get(action)
        if known is None:
            if len(self._known) >= _KEPT:
                self._known.clear()
            found = [*self._named.get(action, ()), *(each for each in self._others if each.is_about(action))]
            known = self._known[action] = tuple(sorted(found, key=lambda each: each.index))
        return known


_KEPT = 32768
"""How many actions an index remembers the statements of."""


class _Entry:
    """One statement, with its resources sorted out: exact ones, and patterns by what their words begin with."""

    __slots__ = ("_exact", "_incomplete", "_patterns", "_starts", "_variables", "index", "names", "statement")

    def __init__(self, index: StatementIndex, statement: Statement, *, variables: bool) -> None:
        self.index = index
        self.statement = statement
        self.names = listed_actions(statement.actions).names
        self._variables = variables
        self._exact: set[str] = set()
        self._patterns: list[tuple[str, ArnPattern]] = []
        for each in statement.resources or statement.not_resources:
            glob = resource_glob(each, variables=variables)
            if len(glob.prefix) == len(glob.tokens):
                self._exact.add(glob.prefix)
            else:
                self._patterns.append((glob.prefix, parse_arn_pattern(each, variables=variables)))
        self._starts = tuple(start for start, _ in self._patterns)
        self._incomplete = [each for _, each in self._patterns if any(part.variables for part in each.segments)]

    @property
    def is_open(self) -> bool:
        """Whether it is about actions that it does not name."""
        return bool(self.statement.not_actions or listed_actions(self.statement.actions).patterns)

    def is_about(self, action: str) -> bool:
        """Whether it is about an action that is not among its names."""
        listed = listed_actions(self.statement.actions or self.statement.not_actions)
        if self.statement.not_actions and action in listed.names:
            return False
        found = any(parse_pattern(each, variables=False).matches(action) for each in listed.patterns)
        return found is bool(self.statement.actions) and action not in self.names

    def applies(self, resource: str, context: Context) -> Truth:
        """Whether it matches a request for an action that it is about."""
        found = self._resource(resource, context)
        if found is Truth.NO or not self.statement.conditions:
            return found
        return min(found, every(holds(each, context, variables=self._variables) for each in self.statement.conditions))

    def _resource(self, resource: str, context: Context) -> Truth:
        found = Truth.NO
        if resource in self._exact:
            found = Truth.YES
        elif resource.startswith(self._starts):
            close = (pattern for start, pattern in self._patterns if resource.startswith(start))
            found = some(pattern.matches(resource, context) for pattern in close)
        if self.statement.resources:
            return found
        complete = all(pattern.has_values(context) for pattern in self._incomplete)
        return negated(found if complete else max(found, Truth.UNKNOWN))


def _entries(policies: Iterable[Policy]) -> Iterator[_Entry]:
    for number, policy in enumerate(policies):
        for position, statement in enumerate(policy.statements):
            yield _Entry(StatementIndex(number, position), statement, variables=policy.has_variables)
