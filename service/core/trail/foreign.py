"""Files that are not logs at all: what they look like by their first bytes."""

from __future__ import annotations

TEXT = "foreign file: text"

# How files of a kind begin -> what to call them.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "zip archive"),
    (b"PAR1", "Parquet"),
    (b"ORC", "ORC"),
    (b"Obj\x01", "Avro"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstandard"),
    (b"\x1f\x8b", "gzip within gzip within gzip"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"\x7fELF", "program"),
    (b"%PDF-", "PDF"),
    (b"\x89PNG", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"<", "XML or HTML"),
)
_ANY_BEGINNING = tuple(beginning for beginning, _ in _BEGINNINGS)


def foreign(head: bytes) -> str | None:
    """What kind of foreign file begins like this; `None` for text, which may yet hold records."""
    if head.startswith(_ANY_BEGINNING):
        return next(f"foreign file: {name}" for beginning, name in _BEGINNINGS if head.startswith(beginning))
    return "foreign file: binary data" if b"\x00" in head[:64] else None
