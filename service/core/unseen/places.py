"""Where something that is granted may be used: the Regions that its resources and conditions leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from service.core.actions import Need
from service.core.iam.condition import holds
from service.core.iam.context import Context
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Condition, Statement
from service.core.iam.truth import Truth
from service.core.unseen.coverage import Shown


@dataclass(frozen=True, slots=True, order=True)
class On:
    """The resources of one pattern on which an action is granted, and the conditions that are about the Region."""

    pattern: str
    conditions: tuple[Condition, ...] = ()


GrantedOn = Mapping[str, tuple[On, ...]]
"""What each action is granted on, sorted."""


def on_statement(statement: Statement) -> list[On]:
    """What a statement is on: all resources, where it names those that it is not on."""
    conditions = _about_regions(statement.conditions)
    return [On(pattern, conditions) for pattern in statement.resources or ("*",)]


def on_need(need: Need) -> list[On]:
    """What a need is on that was made of a current statement."""
    conditions = _about_regions(need.conditions)
    return [On(pattern, conditions) for pattern in need.patterns]


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-requestedregion
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-policy-keys
_OF_REGION = ("aws:RequestedRegion", "ec2:Region")
_LOWERED = tuple(map(str.lower, _OF_REGION))


def _about_regions(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(each for each in conditions if each.key.lower() in _LOWERED)


def regions_of(on: On, shown: Shown) -> frozenset[str]:
    """The Regions of the resources, or that the conditions name where the pattern does not; an empty one for any.

    A bucket, whose ARN names no Region, is where the trail shows it: its events are logged in its own Region.
    """
    if (seen := shown.resources.get(on.pattern.partition("/")[0])) is not None:
        return seen
    region = _region_of(on.pattern)
    return frozenset({region} if _names_one(region) else _asked_regions(on.conditions))


def _asked_regions(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """The Regions that a condition asks for; an empty one where none does, or one by a pattern.

    It asks for some where it is about texts and one that there is not does not meet it.
    """
    asked = (each for each in conditions if "string" in each.operator.lower())
    naming = next((each for each in asked if holds(each, _in("nowhere")) is Truth.NO), None)
    return tuple(each if _names_one(each) else "" for each in naming.values) if naming else ("",)


def may_be_in(on: On, region: str) -> bool:
    """Whether neither the resources nor the conditions are about other Regions only."""
    written = _region_of(on.pattern)
    is_there = not written or "$" in written or parse_pattern(written, variables=False).matches(region)
    return is_there and all(holds(each, _in(region)) is not Truth.NO for each in on.conditions)


@lru_cache(maxsize=256)
def _in(region: str) -> Context:
    return Context.of(dict.fromkeys(_OF_REGION, (region,)))


def _region_of(resource: str) -> str:
    """The Region of an ARN as it is written; empty where none is."""
    parts = resource.split(":", 5)
    return parts[3] if len(parts) > 3 else ""  # partition, service, Region


def _names_one(region: str) -> bool:
    """Whether it is one Region, and no pattern of some."""
    return bool(region) and not set(region) & set("*?$")
