"""Suggested conditions, described member by member."""

from __future__ import annotations

from pydantic import Field

from service.api.schemas.described import Described
from service.core.suggest.model import Advice


class SuggestionDocument(Described):
    """A condition that may be added, or was."""

    block: dict[str, dict[str, list[str]]] = Field(description="The condition as a policy writes it.")
    advice: Advice = Field(description="Whether it should be added.")
    why: str = Field(description="The grounds of the advice.")
    included: bool = Field(description="Whether the policy has it.")
    actions: list[str] = Field(description="The actions that it would bind.")
    events: int = Field(description="How many observed events it could be about; 0 where no record shows its key.")
    met: int = Field(description="How many of them are of what it would bind, and meet it.")
    distinct_values: int = Field(description="How many distinct values were seen.")
    days: int = Field(description="On how many days.")
    risk: str = Field(description="What it may break.")


class TimeOfUseDocument(Described):
    """When the principal is at work, in UTC. IAM has no condition for that."""

    earliest: str = Field(description="The earliest time of day.")
    latest: str = Field(description="The latest time of day.")
    weekdays: list[str] = Field(description="The days of the week.")


class SuggestionsDocument(Described):
    """What a reviewer may add."""

    conditions: list[SuggestionDocument] = Field(description="Conditions, with the evidence for each.")
    time_of_use: TimeOfUseDocument | None = Field(description="When it is at work; null where no event has a time.")
