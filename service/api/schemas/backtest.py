"""Back-tests and what is rare, described member by member."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from catalog.model import AccessLevel
from service.api.schemas.described import Described
from service.core.backtest import Lack

Counts = dict[str, int]


class RatioDocument(Described):
    """A share."""

    part: int = Field(description="How many of them.")
    of: int = Field(description="Of how many.")
    value: float | None = Field(description="The one divided by the other; null where there are none.")


class RatiosDocument(Described):
    """A share, counted in two ways."""

    events: RatioDocument = Field(description="Weighed by events.")
    permissions: RatioDocument = Field(description="Over distinct permissions: pairs of action and resource.")


class DaysDocument(Described):
    """Days, both ends included."""

    first: str = Field(alias="from", description="The first day.")
    last: str = Field(alias="to", description="The last day.")


class DeniedLaterDocument(Described):
    """Events of one day that would have been denied."""

    day: str = Field(description="The day; empty for events without a time.")
    lack: Lack = Field(description="What the policies lacked.")
    access_level: AccessLevel = Field(description="The access level of the action.")
    action: str = Field(description="The action.")
    resource: str = Field(description="The resource.")
    events: int = Field(description="How many events.")


class TrialDocument(Described):
    """Policies made of one part of the window, put to a later one."""

    train: DaysDocument
    test: DaysDocument
    recall: RatiosDocument
    precision: RatiosDocument
    denied: list[DeniedLaterDocument] = Field(description="What would have been denied.")


class BackTestDocument(Described):
    """How a proposal of earlier would have done. Recall: what was used later and allowed, of what was used later.
    Precision: what was allowed and used later, of what was allowed.
    """

    recall: RatiosDocument
    precision: RatiosDocument
    denied_by_day: Counts = Field(description="Denied events by day.")
    denied_by_access_level: Counts = Field(description="Denied events by access level.")
    denied_by_lack: Counts = Field(description="Denied events by what the policies lacked.")
    trials: list[TrialDocument] = Field(description="Each trial.")


class DiscoveryDocument(Described):
    """A day that brought permissions which no day before it did."""

    day: str = Field(description="The day.")
    new: int = Field(description="How many it brought.")
    known: int = Field(description="How many there were then.")


class RareDocument(Described):
    """How rare one permission is."""

    action: str = Field(description="The action.")
    resource: str = Field(description="The resource, as the policy writes it.")
    days: int = Field(description="On how many days it was used.")
    first_day: str = Field(description="The first.")
    last_day: str = Field(description="The last.")
    longest_silence_days: int = Field(description="The longest time without it, to the window's end.")
    period: Literal["weekly", "monthly", "quarterly"] | None = Field(
        description="Whether it comes in periods: at least three, or at least four of which one in five was missed."
    )


class RarityDocument(Described):
    """How rare what was seen is, and Good's estimate of what the next day brings."""

    days: int = Field(description="The days of the window that the trail covers.")
    seen_once: int = Field(description="How many permissions were used on one day only.")
    expected_tomorrow: float | None = Field(description="How many permissions the next day is expected to bring.")
    chance_tomorrow: float | None = Field(description="The chance that it brings any.")
    discovery: list[DiscoveryDocument] = Field(description="When the permissions were first seen.")
    permissions: list[RareDocument] = Field(description="Each permission that was seen, the rarest first.")
