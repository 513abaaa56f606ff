"""What a rung did to policies: the verdicts of the prover, and the pairs of action and resource that it added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from catalog.model import Catalog
from service.core.fit.model import Step
from service.core.fit.wildcards import expanded_grants
from service.core.iam.policy import Policy
from service.core.proof import no_new_access, universe_of
from service.core.synthesis import Grant


def judged(
    step: Step, catalog: Catalog, made: Sequence[Policy], exact: Sequence[Policy], current: Sequence[Policy] | None
) -> Step:
    """A step with what the prover says of its policies, beside the exact ones and those that are in force."""
    universe = universe_of(catalog)
    return replace(
        step,
        keeps=no_new_access(made, exact, universe),
        adds=no_new_access(exact, made, universe),
        within_current=None if current is None else no_new_access(current, made, universe),
    )


def added_beside(catalog: Catalog, made: Iterable[Policy], before: Iterable[Policy]) -> Mapping[str, int]:
    """How many pairs of action and resource policies have that others do not name, by access level."""
    return by_level(catalog, set(expanded_grants(catalog, made)) - set(expanded_grants(catalog, before)))


def by_level(catalog: Catalog, grants: Iterable[Grant]) -> Mapping[str, int]:
    """How many grants there are of each access level; empty for an action that the catalog does not know."""
    return dict(sorted(Counter(level_of(catalog, each.action) for each in grants).items()))


def level_of(catalog: Catalog, action: str) -> str:
    """The access level of an action, empty where the catalog does not know it."""
    definition = catalog.action(action)
    return definition.access_level.value if definition else ""
