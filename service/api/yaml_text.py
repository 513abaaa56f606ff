"""JSON values as YAML for people to read: block style, plain words where nothing can be mistaken.

Members keep their order. Whatever could be read as something else is written as a double-quoted scalar.
https://yaml.org/spec/1.2.2/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import Any

_PLAIN = re.compile(r"[A-Za-z/$_][A-Za-z0-9/$_.()-]*(?: [A-Za-z0-9/$_.()-]+)*")

# What YAML 1.1 or 1.2 takes for a boolean or a null.
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def yaml_text(value: Any) -> str:
    """The value as a YAML document."""
    return "\n".join(_lines(value)) + "\n"


def _lines(value: Any) -> Iterator[str]:
    match value:
        case dict() if value:
            for name, member in value.items():
                yield from _member(f"{_text(name)}:", member)
        case list() if value:
            for each in value:
                first, *rest = _lines(each)
                yield f"- {first}"
                yield from (f"  {line}" for line in rest)
        case _:
            yield _scalar(value)


def _member(head: str, member: Any) -> Iterator[str]:
    if isinstance(member, dict | list) and member:
        yield head
        yield from (f"  {line}" for line in _lines(member))
    else:
        yield f"{head} {_scalar(member)}"


def _scalar(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if isfinite(value):
            return _number(value)
        case str():
            return _text(value)
        case dict() | list() if not value:
            return "{}" if isinstance(value, dict) else "[]"
        case _:
            raise TypeError(f"`{type(value).__name__}` has no place in an API description: use a JSON value")


def _number(value: float) -> str:
    """Whole numbers without a point; FastAPI makes floats of all bounds. YAML 1.1 wants a point before an exponent."""
    if value.is_integer():
        return str(int(value))
    text = repr(value)
    return text if "." in text else text.replace("e", ".0e")


def _text(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
