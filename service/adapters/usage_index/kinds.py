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


def to_bytes(text: str) -> bytes:
    """A text as it is kept: UTF-8, with the undecodable parts of file names as they are."""
    return text.encode("utf-8", "surrogatepass")


def to_text(kept: bytes) -> str:
    """The text that was kept.

    Raises:
        DamagedIndex: it is none.
    """
    try:
        return kept.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise DamagedIndex(f"a text of the index cannot be read ({error.reason}): {BUILD_AGAIN}") from error


def digest(*kept: bytes) -> bytes:
    """What texts are found by."""
    hashed = blake2b(digest_size=16)
    for each in kept:
        hashed.update(len(each).to_bytes(8, "big"))
        hashed.update(each)
    return hashed.digest()


BUILD_AGAIN = "build the index again"

_Check = Callable[[Any], Any]


class Kept(TypeDecorator[bytes]):
    """Bytes. In a damaged file SQLite may find anything in their place."""

    impl = LargeBinary
    cache_ok = True

    def result_processor(self, _dialect: Dialect, _coltype: object) -> _Check:
        """Nothing but bytes passes."""
        return _only(bytes)


class Number(TypeDecorator[int]):
    """A whole number of 64 bits. In a damaged file SQLite may find anything in its place."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """SQLite counts up by itself only what is called an `INTEGER`."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())

    def result_processor(self, _dialect: Dialect, _coltype: object) -> _Check:
        """Nothing but whole numbers passes."""
        return _only(int)


def _only(kind: type) -> _Check:
    def checked(value: Any) -> Any:
        if value is not None and not isinstance(value, kind):
            raise DamagedIndex(f"the index holds a `{type(value).__name__}` in the place of a value: {BUILD_AGAIN}")
        return value

    return checked
