"""Identities by their bytes: most records of a trail have one that was met before, and get the same object."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import repeat

import msgspec

from service.core.events import Event, Identity

MOST = 8192
"""How many are remembered. A large organization's log file has some thousands; each takes about 2 kB."""


class Identities(dict[bytes, Identity]):
    """Identities by what `userIdentity` holds. When there are too many, all are forgotten."""

    def __missing__(self, text: bytes) -> Identity:
        """Take in one that was not met before; empty text is that of a record without.

        Raises:
            msgspec.DecodeError: it drifted from the documented types.
        """
        found = _decode(text) if text else Identity()
        if len(self) >= MOST:
            self.clear()
        self[text] = found
        return found


IDENTITIES = Identities()
"""Of everything that this process reads: an identity says nothing of where it was met."""


def identify(events: Sequence[Event]) -> None:
    """Put identities in the place of the JSON that the strict lane leaves there.

    Raises:
        msgspec.DecodeError: one drifted from the documented types.
    """
    found = map(IDENTITIES.__getitem__, [bytes(event.identity) for event in events])
    deque(map(msgspec.structs.force_setattr, events, repeat("identity"), found), maxlen=0)


_decode = msgspec.json.Decoder(Identity).decode
