"""What a reviewer has to know about how policies fit, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from service.core.choices import Rung
from service.core.fit.model import Fit

_DONE: Mapping[Rung, str] = {
    Rung.MERGED: "statements were joined where no request can meet what that adds",
    Rung.WILDCARDS: "actions were written with wildcards that the current policies have",
    Rung.RESOURCES: "resources were generalised to all of their type",
}


def fit_sentences(fit: Fit) -> Iterator[str]:
    """What was done for the policies to fit, or that they do not; nothing where they fit as they are."""
    room = fit.room
    count = fit.chosen.policies
    if not fit.fits:
        what = "1 policy" if count == 1 else f"{count} policies"
        room_for = f"there is room for {room.documents} of {room.characters:,} characters"
        yield f"{what} {'does' if count == 1 else 'do'} not fit: {room_for}"
    elif fit.rung in _DONE:
        yield f"to fit {count} of {room.documents} policies, {_DONE[fit.rung]}"
    yield from fit.notes
