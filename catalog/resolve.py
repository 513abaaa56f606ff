"""From an operation to the IAM actions that authorise it: named rules in order, the first that answers wins.

An API operation is not an IAM action. Nothing here guesses: what no rule maps is `Unresolved`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from catalog import rules
from catalog.model import Catalog, Operation, Resolution, Unresolved
from catalog.operations import NOWHERE, EventSource, OperationFacts, UserOverride
from catalog.rules import API_CALL, Known, Passed, Question, Rule

# What needs no permission is asked before the map and the name: `sts:GetCallerIdentity` is an action, too.
RULES: tuple[Rule, ...] = (
    rules.event_type,
    rules.user_override,
    rules.override,
    rules.denied_message,
    rules.no_permission,
    rules.operation_map,
    rules.api_gateway_method,
    rules.identity,
    rules.event_name,
    rules.spelling,
)


_ANSWERS = 1 << 14
"""How many answers are kept: a trail asks for the same few hundred again and again."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule said when it was asked."""

    rule: str
    answer: Resolution | Passed


class Resolver:
    """Answers which actions authorise an operation.

    `overrides` are the user's and win over everything but the type of the event; one without actions means that
    the operation needs no permission.
    """

    def __init__(
        self, catalog: Catalog, facts: OperationFacts, overrides: Mapping[Operation, UserOverride] | None = None
    ) -> None:
        given = {(_label(op.source), op.name.lower()): actions for op, actions in (overrides or {}).items()}
        self._known = Known(catalog, facts, given)
        self._answer = lru_cache(_ANSWERS)(self._found)  # of this resolver alone

    def resolve(self, operation: Operation, event_type: str = API_CALL, denied_action: str = "") -> Resolution:
        """The actions of an operation. `denied_action` is the one that an access-denied message names, if any."""
        return self._answer(operation, event_type, denied_action)

    def _found(self, operation: Operation, event_type: str, denied_action: str) -> Resolution:
        question = self._question(operation, event_type, denied_action)
        return rules.first(RULES, self._known, question) or _unresolved(operation, question.prefix)

    def trace(self, operation: Operation, event_type: str = API_CALL, denied_action: str = "") -> tuple[Step, ...]:
        """What every rule says, in order; `resolve` gives the first that is not `Passed`, else `Unresolved`."""
        question = self._question(operation, event_type, denied_action)
        return tuple(Step(_spoken(rule), rule(self._known, question)) for rule in RULES)

    def prefix_of(self, event_source: str) -> str | None:
        """The IAM prefix of an event source (`monitoring.amazonaws.com` is `cloudwatch`), or None."""
        return self._source(_label(event_source)).prefix or None

    def _question(self, operation: Operation, event_type: str, denied_action: str) -> Question:
        label = _label(operation.source)
        return Question(label, operation.name.strip(), self._source(label), event_type, denied_action)

    def _source(self, label: str) -> EventSource:
        """As the table has it; else a source that is an IAM prefix stands for itself (`ec2messages`)."""
        known = self._known.facts.sources.get(label)
        if known is not None:
            return known
        return EventSource(label, ()) if label in self._known.catalog.prefixes() else NOWHERE


def _spoken(rule: Rule) -> str:
    return rule.__name__.replace("_", "-")


def _unresolved(operation: Operation, prefix: str) -> Unresolved:
    if not prefix:
        return Unresolved(f"no service is known for the event source `{operation.source}`")
    return Unresolved(f"no rule maps `{operation.name}` to an action of `{prefix}`")


# China's event sources end in `.amazonaws.com.cn` in some services.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
_DOMAIN = re.compile(r"\.amazonaws\.com(?:\.cn)?$")


def _label(event_source: str) -> str:
    return _DOMAIN.sub("", event_source.strip().lower())
