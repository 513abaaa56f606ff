"""What a trail does not show, described member by member."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.api.schemas.backtest import DaysDocument
from service.api.schemas.described import Described
from service.core.unseen.last_accessed import Settled


class WitnessedDocument(Described):
    """A service or an action, by both witnesses."""

    name: str = Field(description="A service prefix, or an action.")
    settled: Settled = Field(description="What the two witnesses say together.")
    last_accessed: str | None = Field(description="When it was last tried.")
    region: str | None = Field(description="In which Region.")
    why: str | None = Field(description="What it may mean that the trail does not show it.")


class LastAccessedDocument(Described):
    """Service last accessed data beside the trail."""

    witnessed: list[WitnessedDocument] = Field(description="Every service and action of the answer.")


class HiddenDocument(Described):
    """Granted actions of one service that no event could have shown, for one reason."""

    service: str = Field(description="The service prefix.")
    why: str = Field(description="Why not.")
    kept: bool = Field(description="Whether they stay in the policy.")
    detail: str = Field(description="Why they stay, or why not.")
    actions: list[str] = Field(description="The actions.")


class UnusedDocument(Described):
    """Granted actions of one service that were not used, though an event would have shown it."""

    service: str = Field(description="The service prefix.")
    count: int = Field(description="How many there are.")
    actions: list[str] = Field(
        description="The actions; empty where the principal does not use the service and no policy names it."
    )


class HoursDocument(Described):
    """Hours in a row."""

    from_: str = Field(alias="from", description="The beginning of the first, like 2026-08-01T05:00Z.")
    to: str = Field(description="The end of the last.")


class BlindSpotsDocument(Described):
    """What the evidence could not show, and what that leaves of the actions that are granted now."""

    trail_settings: Literal["given", "assumed"] = Field(
        description="Whether the trail's settings were given; else it is assumed to log management events, and data "
        "events of the types of which it shows one."
    )
    data_events_logged: list[str] = Field(description="The types of resources whose data events it logs.")
    unobservable: list[HiddenDocument] = Field(description="What could not have been seen.")
    unused: list[UnusedDocument] = Field(description="What was not used all through the window.")
    used: list[str] = Field(description="What was used.")
    gaps: list[DaysDocument] = Field(description="Days without any event between days that have some.")
    quiet_hours: list[HoursDocument] = Field(
        description="Hours in a row, on days with events, in which nobody did anything, though these hours of the day "
        "are busy on nearly all days."
    )
