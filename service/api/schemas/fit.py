"""How policies fit, described member by member."""

from __future__ import annotations

from pydantic import Field

from service.api.schemas.checks import VerdictDocument
from service.api.schemas.described import Described
from service.core.choices import Rung

Counts = dict[str, int]


class RungDocument(Described):
    """Policies as one rung of the ladder makes them."""

    rung: Rung = Field(description="Which rung.")
    policies: int = Field(description="How many policies there are.")
    statements: int = Field(description="How many statements they have together.")
    characters: int = Field(description="How many characters they have together, as AWS counts them.")
    fits: bool = Field(description="Whether there is room for them.")
    added: Counts = Field(
        description="By access level, the pairs of action and resource that the rung adds to what is needed."
    )
    keeps: VerdictDocument | None = Field(
        description="Whether they allow all that the exact policies do; null where these fit."
    )
    adds_nothing: VerdictDocument | None = Field(
        description="Whether they allow nothing else. A joined statement is refuted by a request that no service makes."
    )
    within_current: VerdictDocument | None = Field(
        description="Whether they allow nothing that is not granted now; null where that is not known or not asked."
    )


class FitDocument(Described):
    """Whether there is room for the policies, and what was done for it."""

    fits: bool = Field(description="Whether there is room for all of them.")
    rung: Rung = Field(description="The rung whose policies are proposed.")
    documents: int = Field(description="For how many policies there is room.")
    characters: int = Field(description="How many characters each may have, white space not counted.")
    source: str = Field(description="The page on which AWS says so.")
    over: list[str] = Field(description="The policies that there is no room for, and what they are for.")
    rungs: list[RungDocument] = Field(description="The rungs that were climbed, the lowest first.")
