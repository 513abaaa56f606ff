"""Proposals on request: made from one trail, kept under their id, and given out again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

import orjson
from cachetools import LRUCache

from service.core.days import WindowAsked
from service.core.errors import InputError, InternalError
from service.core.json_bytes import to_bytes
from service.core.principals import PrincipalQuery
from service.core.proposal_json import document, id_and_digest
from service.core.usage import Keep
from service.usecases.gather import Reading, gather
from service.usecases.ports import Listing, Trail
from service.usecases.propose import Proposer
from service.usecases.summaries import PrincipalSummary, summaries

PROPOSAL_ID = re.compile(r"proposal-[0-9a-f]{20}")
"""What an id looks like: 20 digits of the digest of everything that the proposal says."""

AT_HAND_BYTES = 64 * 1024 * 1024
"""How much of what the store holds is kept in memory."""

MADE = 10_000
"""For how many questions the id of the answer is remembered, as long as the trail stays as it is."""

_Question = tuple[PrincipalQuery, WindowAsked]


class TrailUnusable(InputError):
    """The trail that the service was given cannot be read or holds no event: nothing that its client can mend."""


class UnreadableProposal(InternalError):
    """A stored proposal is damaged or cannot be read; the message says which and what to do."""


class StoreUnusable(InternalError):
    """The store cannot take a proposal; the message says why."""


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A proposal as it was given out, to the byte. `parse` is the way to make one."""

    id: str
    digest: str
    body: bytes

    @classmethod
    def parse(cls, body: bytes) -> StoredProposal:
        """The proposal that `body` holds, its id and digest checked against all the rest.

        Raises:
            UnreadableProposal: it is no proposal, or not the one that its digest was taken of.
        """
        members = _members(body)
        found = (members.pop("id", None), members.pop("digest", None))
        expected = id_and_digest(members)
        if found != expected:
            raise UnreadableProposal("the content does not have the digest that it names")
        return cls(*expected, body)

    def policy(self, name: str) -> bytes | None:
        """The document of one of its policies, or None where it has none of that name."""
        policies: list[dict[str, Any]] = orjson.loads(self.body)["policies"]
        return next((to_bytes(each["document"]) for each in policies if each["name"] == name), None)


class ProposalStore(Protocol):
    """Where proposals are kept. An id names its content, so storing one again changes nothing."""

    def put(self, proposal: StoredProposal) -> None:
        """Keep it.

        Raises:
            StoreUnusable: it cannot be kept.
        """

    def get(self, proposal_id: str) -> StoredProposal | None:
        """The proposal of that id, or None; any text may be asked for.

        Raises:
            UnreadableProposal: it is there, but damaged.
        """

    def check(self) -> None:
        """Whether proposals can be kept now.

        Raises:
            StoreUnusable: they cannot.
        """


@dataclass(slots=True)
class _Read:
    """The trail as it was when `listing` was taken."""

    listing: Listing
    reading: Reading
    summaries: tuple[PrincipalSummary, ...] | None = None
    made: LRUCache[_Question, str] = field(default_factory=lambda: LRUCache(MADE))


class ProposalDesk:
    """Makes proposals and gives them out; any number of threads may ask at once.

    The trail is read for all principals together, by the first who asks, and again only when its listing has
    changed; whoever asks meanwhile waits for the same reading. `open_trail` gives the trail as it is now.
    """

    def __init__(self, open_trail: Callable[[], Trail], proposer: Proposer, keep: Keep, store: ProposalStore) -> None:
        self._open_trail = open_trail
        self._proposer = proposer
        self._keep = keep
        self._store = store
        self._latest: _Read | None = None
        self._reading = Lock()
        self._summarizing = Lock()
        self._known: LRUCache[str, StoredProposal] = LRUCache(AT_HAND_BYTES, lambda proposal: len(proposal.body))
        self._knowing = Lock()

    def create(self, query: PrincipalQuery, asked: WindowAsked) -> StoredProposal:
        """The proposal for a principal and a window, stored.

        Raises:
            PrincipalNotFound: the principal made no call in the trail.
            TrailUnusable, StoreUnusable: the service cannot do its work.
        """
        read = self._read()
        if (known := self._made(read, (query, asked))) is not None:
            return known
        proposal = self._proposer.propose(read.reading, query, asked)
        made = StoredProposal.parse(to_bytes(document(proposal)))
        self._store.put(made)
        with self._knowing:
            read.made[query, asked] = made.id
        return self._keep_at_hand(made)

    def at_hand(self, proposal_id: str) -> StoredProposal | None:
        """The proposal of that id if memory has it: no disk is asked."""
        with self._knowing:
            return self._known.get(proposal_id)

    def get(self, proposal_id: str) -> StoredProposal | None:
        """The proposal of that id, or None.

        Raises:
            UnreadableProposal: it is stored, but damaged.
        """
        if (known := self.at_hand(proposal_id)) is not None:
            return known
        found = self._store.get(proposal_id)
        return found and self._keep_at_hand(found)

    def principals(self) -> tuple[PrincipalSummary, ...]:
        """Every principal of the trail, the busiest first.

        Raises:
            TrailUnusable: the trail cannot be read.
        """
        read = self._read()
        with self._summarizing:
            if read.summaries is None:
                read.summaries = summaries(read.reading.gathered)
            return read.summaries

    def check_trail(self) -> None:
        """Whether the trail can be listed.

        Raises:
            TrailUnusable: it cannot, or there is no file in it.
        """
        if not _listing(self._open_trail()).files:
            raise TrailUnusable("the trail holds no file: give the folder that holds the logs")

    def check_store(self) -> None:
        """Whether proposals can be kept.

        Raises:
            StoreUnusable: they cannot.
        """
        self._store.check()

    def _read(self) -> _Read:
        with self._reading:
            # Listed before it is read: what is delivered meanwhile shows in the next listing.
            trail = self._open_trail()
            listing = _listing(trail)
            if self._latest is None or self._latest.listing != listing:
                self._latest = None  # two readings need not fit into memory
                self._latest = _Read(listing, _gathered(trail, self._keep))
            return self._latest

    def _made(self, read: _Read, question: _Question) -> StoredProposal | None:
        with self._knowing:
            proposal_id = read.made.get(question)
        return None if proposal_id is None else self.at_hand(proposal_id)

    def _keep_at_hand(self, proposal: StoredProposal) -> StoredProposal:
        with self._knowing:
            if len(proposal.body) <= AT_HAND_BYTES:
                self._known[proposal.id] = proposal
        return proposal


def _listing(trail: Trail) -> Listing:
    try:
        return trail.files()
    except InputError as error:
        raise TrailUnusable(str(error)) from error


def _gathered(trail: Trail, keep: Keep) -> Reading:
    try:
        return gather(trail, keep)
    except InputError as error:
        raise TrailUnusable(str(error)) from error


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableProposal(f"the content is not JSON ({error})") from error
    if not isinstance(members, dict):
        raise UnreadableProposal("the content is not a JSON object")
    return members
