"""How values are kept: texts as bytes that sort as they do and are found by digests, and nothing that became another.

Texts come from logs. They may hold what a database refuses in text (NUL, halves of surrogate pairs), be longer than an
index takes, and their order must be Python's, whatever the database thinks of letters.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, TypeDecorator

from service.core.errors import DamagedIndex

T = TypeVar("T")


class DamagedValue(DamagedIndex):
    """A value is not what was stored; which index it is in is said where that is known (`connections`)."""


def to_bytes(text: str) -> bytes:
    """A text as it is kept: UTF-8, with the undecodable parts of file names as they are."""
    return text.encode("utf-8", "surrogatepass")


def to_text(kept: bytes) -> str:
    """The text that was kept.

    Raises:
        DamagedValue: it is none.
    """
    try:
        return kept.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DamagedValue(f"a text cannot be read, {error.reason}") from error


def digest(*kept: bytes) -> bytes:
    """What texts are found by."""
    hashed = blake2b(digest_size=16)
    for each in kept:
        hashed.update(len(each).to_bytes(8, "big"))
        hashed.update(each)
    return hashed.digest()


_Check = Callable[[Any], Any]


class Kept(TypeDecorator[bytes]):
    """Bytes. In a damaged file SQLite may find anything in their place, also nothing."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, *, is_optional: bool = False) -> None:
        super().__init__()
        self.is_optional = is_optional

    def result_processor(self, _dialect: Dialect, _coltype: object) -> _Check:
        """Nothing but bytes passes, and NULL where it may be."""
        return _only((bytes, type(None)) if self.is_optional else bytes)


class Number(TypeDecorator[int]):
    """A whole number of 64 bits. In a damaged file SQLite may find anything in its place, also nothing."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """SQLite counts up by itself only what is called an `INTEGER`."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def result_processor(self, _dialect: Dialect, _coltype: object) -> _Check:
        """Nothing but whole numbers passes."""
        return _only(int)


def _only(kind: type | tuple[type, ...]) -> _Check:
    def checked(value: Any) -> Any:
        if not isinstance(value, kind):
            raise DamagedValue(f"there is a `{type(value).__name__}` in the place of a value")
        return value

    return checked
