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
        yield f"{count} policies of {room.characters:,} characters do not fit: there is room for {room.documents}"
    elif fit.rung in _DONE:
        yield f"to fit {count} of {room.documents} policies, {_DONE[fit.rung]}"
    yield from fit.notes
