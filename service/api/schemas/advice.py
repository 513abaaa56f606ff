"""Advice, described member by member."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.api.schemas.described import Described
from service.core.advice.model import AdviceKind
from service.usecases.advising import FORMAT


class PieceDocument(Described):
    """One piece of advice."""

    kind: AdviceKind = Field(description="What it is about.")
    subject: str = Field(description="Whom it is about: an ARN, or the best name there is.")
    summary: str = Field(description="A sentence.")
    evidence: list[str] = Field(description="The figures and names behind it.")
    link: str = Field(description="AWS's page about it.")


class AdviceDocument(Described):
    """Everything that a reviewer wants to know beside the policy."""

    format: Literal["whittle-advice/1"] = Field(description=f"The format of this document, `{FORMAT}`.")
    principal: str = Field(description="The principal that was asked about.")
    advice: list[PieceDocument] = Field(description="In a fixed order.")
    notes: list[str] = Field(description="What could not be used, and why.")
