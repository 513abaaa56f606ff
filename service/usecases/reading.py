"""A trail that was read, whoever holds what it shows: who is in it, what each of them did, and what was read for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from service.core.activity.activity import Activity
from service.core.activity.spans import Spans
from service.core.activity.words import WordsOf
from service.core.errors import PrincipalNotFound
from service.core.inputs import Inputs
from service.core.known import Known
from service.core.nearest import nearest
from service.core.principals import Principal, PrincipalQuery
from service.core.trail.delivered import Delivered


class Reading(Protocol):
    """What proposals are made from. Everything may raise `DamagedIndex` or `IndexUnusable` where an index is asked."""

    @property
    def inputs(self) -> Inputs:
        """What was read, and what was left out."""

    @property
    def spans(self) -> Spans:
        """The first and the last event of each day, whoever made them."""

    @property
    def delivered(self) -> Collection[Delivered]:
        """Of which accounts and Regions there are files; `UNSAID` where there are some that do not say."""

    @property
    def known(self) -> Known:
        """What all records together say of names."""

    def principals(self) -> Collection[Principal]:
        """Everybody who made a call."""

    def asked(self, query: PrincipalQuery) -> Sequence[Principal]:
        """Those of them that a query asks for, sorted."""

    def activity(self, principals: Sequence[Principal]) -> Activity:
        """What these did, all of them taken together."""

    def everybody(self, words: WordsOf | None = None) -> Iterable[tuple[Principal, Activity]]:
        """What each principal did, one by one: it may take as long as reading all of it. With words, less those none of
        whose calls may have one of them in a name.
        """


def of_query(reading: Reading, query: PrincipalQuery) -> tuple[Principal, Activity]:
    """The principal that a query means, and all that it did.

    Raises:
        PrincipalNotFound: it made no call in the trail; the error names the nearest that did.
    """
    found = reading.asked(query)
    if not found:
        near = nearest(query, set(reading.principals()))
        hint = f"; the nearest that did: {', '.join(near)}" if near else "; no role or user did"
        raise PrincipalNotFound(f"`{query.text}` made no call in this trail{hint}", near)
    principal = next((each for each in found if each.arn), found[0])
    return principal, reading.activity(found)
