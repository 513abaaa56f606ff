"""What came of checking one thing that a proposal says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from service.usecases.differences import Difference, in_words


class State(Enum):
    """What came of one check."""

    RIGHT = "right"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that a proposal says, and whether it is so."""

    what: str
    state: State
    detail: str


def checked(what: str, right: bool, detail: str, otherwise: str) -> Checked:
    """Right with the detail, else wrong for the other reason."""
    return Checked(what, State.RIGHT if right else State.WRONG, detail if right else otherwise)


def agreed(what: str, found: Iterable[Difference], detail: str, otherwise: State = State.WRONG) -> Checked:
    """Right where nothing differs; where something does, the first of it in words."""
    differing = list(found)
    return Checked(what, otherwise, in_words(differing)) if differing else Checked(what, State.RIGHT, detail)
