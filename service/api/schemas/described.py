"""What every described answer has in common: no members but those that are listed."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Described(BaseModel):
    """A JSON object with exactly the members that are listed."""

    model_config = ConfigDict(extra="forbid")
