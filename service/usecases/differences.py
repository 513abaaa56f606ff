"""Where two JSON values differ, member by member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from service.core.shown import shown

_LENGTH = 160
"""How much of a value is quoted."""


NOTHING = object()
"""In the place of what is not there; null is there."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One member that a document says otherwise than it is found to be."""

    place: str
    said: Any
    found: Any

    def __str__(self) -> str:
        return f"{self.place}: said {_quoted(self.said)}, found {_quoted(self.found)}"


def differences(said: Any, found: Any, place: str) -> Iterator[Difference]:
    """Every least part that differs: `1`, `1.0` and `true` are three things."""
    if isinstance(said, dict) and isinstance(found, dict):
        for key in [*said, *(each for each in found if each not in said)]:
            yield from differences(said.get(key, NOTHING), found.get(key, NOTHING), f"{place}.{shown(key)}")
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for number, (one, other) in enumerate(zip(said, found, strict=True)):
            yield from differences(one, other, f"{place}[{number}]")
    elif isinstance(said, list) and isinstance(found, list):
        yield _first_of_lists(said, found, place)
    elif type(said) is not type(found) or said != found:
        yield Difference(place, said, found)


def in_words(found: list[Difference]) -> str:
    """The first, and how many more there are."""
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0]}{more}"


def _first_of_lists(said: list[Any], found: list[Any], place: str) -> Difference:
    """Of lists of other lengths: the first place where they part, with what stands there."""
    at = next((number for number, (one, other) in enumerate(zip(said, found, strict=False)) if one != other), None)
    at = min(len(said), len(found)) if at is None else at
    return Difference(f"{place}[{at}]", *(each[at] if at < len(each) else NOTHING for each in (said, found)))


def _quoted(value: Any) -> str:
    return "nothing" if value is NOTHING else shown(orjson.dumps(value).decode(), _LENGTH)
