"""JSON read strictly: members that are there twice are seen, numbers keep their spelling, errors name the place."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import NoReturn

from service.core.errors import MalformedPolicy
from service.core.shown import shown

MAX_CHARACTERS = 1_000_000
"""The longest document that is read: the IAM API takes 131,072 characters, some of AWS's own policies have more.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
"""


@dataclass(frozen=True, slots=True)
class Number:
    """A number, as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Members:
    """An object: its members in order, repeated ones included."""

    pairs: tuple[tuple[str, Json], ...]


Json = str | bool | None | Number | list["Json"] | Members


def decoded(document: str | bytes) -> str:
    """The text of a document, of a length that a policy can have.

    Raises:
        MalformedPolicy: it is not UTF-8, has a byte order mark, or is too long.
    """
    text = document if isinstance(document, str) else _utf8(document)
    if text.startswith("\ufeff"):
        raise MalformedPolicy("the document begins with a byte order mark: save it as UTF-8 without one")
    if len(text) > MAX_CHARACTERS:
        raise MalformedPolicy(f"the document has {len(text)} characters: no policy has more than {MAX_CHARACTERS}")
    return text


def parse_json(text: str) -> Json:
    """Read JSON as RFC 8259 has it.

    Raises:
        MalformedPolicy: it is not JSON, or nested too deeply.
    """
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=lambda pairs: Members(tuple(pairs)),
            parse_int=Number,
            parse_float=Number,
            parse_constant=_not_json,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedPolicy(f"{place}: the document is not JSON: {_lower(error.msg)}") from None
    except RecursionError:
        raise MalformedPolicy("the document nests far deeper than any policy: check its brackets") from None
    return value


def members(value: Json, place: str) -> dict[str, Json]:
    """The members of an object, each of them once."""
    if not isinstance(value, Members):
        raise MalformedPolicy(f"{place} is {kind(value)}: write an object")
    seen: dict[str, Json] = {}
    for name, each in value.pairs:
        if name in seen:
            raise MalformedPolicy(f"{place} has `{shown(name)}` twice: keep one")
        seen[name] = each
    return seen


def known_members(value: Json, place: str, known: Collection[str]) -> dict[str, Json]:
    """The members of an object that may have no others."""
    found = members(value, place)
    for name in found:
        if name not in known:
            near = next((each for each in known if each.lower() == name.lower()), None)
            advice = f"write `{near}`" if near else f"it may have {', '.join(known)}"
            raise MalformedPolicy(f"{place} has the unknown member `{shown(name)}`: {advice}")
    return found


def string(value: Json, place: str) -> str:
    """Text."""
    if not isinstance(value, str):
        raise MalformedPolicy(f"{place} is {kind(value)}: write text")
    if (half := _SURROGATE.search(value)) is not None:
        raise MalformedPolicy(f"{place} has half a character, `{shown(half[0])}`: write it whole or leave it out")
    return value


def items(value: Json, place: str) -> list[tuple[str, Json]]:
    """A list, or one value in place of it: each with its place."""
    if not isinstance(value, list):
        return [(place, value)]
    return [(f"{place}[{position}]", each) for position, each in enumerate(value)]


def kind(value: Json) -> str:
    """What a value is, in words."""
    return _KINDS[type(value)]


_SURROGATE = re.compile("[\ud800-\udfff]")

_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    type(None): "null",
    Number: "a number",
    list: "a list",
    Members: "an object",
}


def _utf8(document: bytes) -> str:
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedPolicy(f"byte {error.start} is not UTF-8: save the document as UTF-8") from None


def _not_json(word: str) -> NoReturn:
    raise MalformedPolicy(f"`{word}` is not JSON: write a number or text")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
