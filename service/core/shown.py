"""Text that somebody else wrote, made fit to print: one line, bounded, no control characters."""

from __future__ import annotations

LONGEST = 200


def shown(text: str, longest: int = LONGEST) -> str:
    """The text with everything unprintable escaped (control, direction and undecodable characters), cut to size."""
    cut = text if len(text) <= longest else f"{text[: longest - 1]}…"
    escaped = cut if cut.isprintable() else "".join(map(_escaped, cut))
    return escaped if len(escaped) <= longest else f"{escaped[: longest - 1]}…"


def _escaped(letter: str) -> str:
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
