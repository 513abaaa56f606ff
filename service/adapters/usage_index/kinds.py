"""How values are kept: texts as bytes that sort as they do and are found by digests.

Texts come from logs. They may hold what a database refuses in text (NUL, halves of surrogate pairs), be longer than an
index takes, and their order must be Python's, whatever the database thinks of letters.
"""

from __future__ import annotations

from hashlib import blake2b

from service.core.errors import DamagedIndex


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
