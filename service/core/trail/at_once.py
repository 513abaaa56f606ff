"""A small file as CloudTrail writes it, read in one step: most files of most trails are so.

Whatever is unusual about a file is left to `framing.read`, which gives the same for these.
"""

from __future__ import annotations

from collections.abc import Sequence

from service.core.events import Parsed
from service.core.trail.framing import SCANNED, Scan, Taken, between
from service.core.trail.inflating import inflated

SMALL = SCANNED // 8
"""The most bytes of a compressed file that is tried: logs are compressed to a tenth or so."""

_OPENS = b'{"Records":['
_CLOSES = b"]}"


def at_once(stored: bytes, scan: Scan) -> Sequence[Parsed | Taken] | None:
    """What is in a file with these bytes; `None`, with nothing taken in, where it is not one plain gzip member of one
    slice, a list of records and nothing else.
    """
    content = inflated(stored, SCANNED)
    if content is None or not (content.startswith(_OPENS) and content.endswith(_CLOSES)):
        return None
    end = len(content) - len(_CLOSES)
    taken = scan(content, len(_OPENS), end) if end > len(_OPENS) else None
    return None if taken is None else list(between(*taken))
