"""Proposals on request: made from a trail or an index of one, kept under their id, and given out again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol, TypeVar

import orjson
from cachetools import LRUCache

from service.core.beside import NOTHING_BESIDE, Beside
from service.core.choices import Choices
from service.core.current import Current
from service.core.days import WindowAsked
from service.core.errors import DamagedIndex, IndexUnusable, InputError, InternalError
from service.core.json_bytes import to_bytes
from service.core.principals import PrincipalQuery
from service.core.proposal_json import document, id_and_digest
from service.core.witnesses import Witnesses
from service.usecases.index_port import IndexBusy
from service.usecases.propose import Proposer
from service.usecases.reading import Reading
from service.usecases.sources import Evidence, Source
from service.usecases.summaries import PrincipalSummary, summaries

T = TypeVar("T")

PROPOSAL_ID = re.compile(r"proposal-[0-9a-f]{20}")
"""What an id looks like: 20 digits of the digest of everything that the proposal says."""

AT_HAND_BYTES = 64 * 1024 * 1024
"""How much of what the store holds is kept in memory."""

MADE = 10_000
"""For how many questions the id of the answer is remembered, as long as the trail stays as it is."""

_TRIES = 5
"""How often something is made again because the index changed meanwhile."""

_Question = tuple[PrincipalQuery, WindowAsked, str, Choices, Witnesses]
"""Who, when, the digest of what is granted now, and all that is given besides."""


class TrailUnusable(InputError):
    """The trail or index that the service was given cannot be read or is empty: nothing that a client can mend."""


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
    """A reading of the evidence as it was then."""

    evidence: Evidence
    reading: Reading
    summaries: tuple[PrincipalSummary, ...] | None = None
    made: LRUCache[_Question, str] = field(default_factory=lambda: LRUCache(MADE))


class ProposalDesk:
    """Makes proposals and gives them out; any number of threads may ask at once.

    The source is read by the first who asks, and again only when it has changed; whoever asks meanwhile waits for the
    same reading.
    """

    def __init__(self, source: Source, proposer: Proposer, store: ProposalStore) -> None:
        self._source = source
        self._proposer = proposer
        self._store = store
        self._latest: _Read | None = None
        self._reading = Lock()
        self._summarizing = Lock()
        self._known: LRUCache[str, StoredProposal] = LRUCache(AT_HAND_BYTES, lambda proposal: len(proposal.body))
        self._knowing = Lock()

    def create(self, query: PrincipalQuery, asked: WindowAsked, beside: Beside = NOTHING_BESIDE) -> StoredProposal:
        """The proposal for a principal and a window, stored; certified against what is granted now, if that is given.

        Raises:
            PrincipalNotFound: the principal made no call in the trail.
            TrailUnusable, StoreUnusable: the service cannot do its work.
        """
        question = query, asked, _digest(beside.current), beside.choices, beside.witnesses

        def make(read: _Read) -> StoredProposal:
            return self._made(read, question) or self._new(read, query, asked, beside)

        read, made = self._of_one_state(make)
        if self._made(read, question) is None:
            self._store.put(made)
            with self._knowing:
                read.made[question] = made.id
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
        read, found = self._of_one_state(self._summaries)
        read.summaries = found
        return found

    @property
    def proposer(self) -> Proposer:
        """What makes the proposals."""
        return self._proposer

    def of_reading(self, make: Callable[[Reading], T]) -> T:
        """What is made of the evidence as it is now.

        Raises:
            TrailUnusable: the trail cannot be read.
        """
        return self._of_one_state(lambda read: make(read.reading))[1]

    def check_trail(self) -> None:
        """Whether the trail can be listed.

        Raises:
            TrailUnusable: it cannot, or there is no file in it.
        """
        with _as_unusable(InputError):
            self._source.check()

    def check_store(self) -> None:
        """Whether proposals can be kept.

        Raises:
            StoreUnusable: they cannot.
        """
        self._store.check()

    def _read(self) -> _Read:
        with self._reading:
            with _as_unusable(InputError):
                evidence = self._source.now()
                if self._latest is None or self._latest.evidence.state != evidence.state:
                    self._latest = None  # two readings need not fit into memory
                    self._latest = _Read(evidence, evidence.read())
            return self._latest

    def _of_one_state(self, make: Callable[[_Read], T]) -> tuple[_Read, T]:
        """What is made of a reading whose source did not change meanwhile, with the reading."""
        for _ in range(_TRIES):
            read = self._read()
            with _as_unusable(DamagedIndex, IndexUnusable, IndexBusy):
                made = make(read)
                if read.evidence.is_still_so():
                    return read, made
        raise TrailUnusable("the index changes faster than it can be read: ask again in a moment")

    def _new(self, read: _Read, query: PrincipalQuery, asked: WindowAsked, beside: Beside) -> StoredProposal:
        proposal = self._proposer.propose(read.reading, query, asked, beside)
        return StoredProposal.parse(to_bytes(document(proposal)))

    def _summaries(self, read: _Read) -> tuple[PrincipalSummary, ...]:
        with self._summarizing:
            return read.summaries or summaries(read.reading)

    def _made(self, read: _Read, question: _Question) -> StoredProposal | None:
        with self._knowing:
            proposal_id = read.made.get(question)
        return None if proposal_id is None else self.at_hand(proposal_id)

    def _keep_at_hand(self, proposal: StoredProposal) -> StoredProposal:
        with self._knowing:
            if len(proposal.body) <= AT_HAND_BYTES:
                self._known[proposal.id] = proposal
        return proposal


def _digest(current: Current | None) -> str:
    """What tells one set of current policies from another, in few bytes."""
    if current is None:
        return ""
    named = [(each.name, each.digest) for each in (*current.policies, *filter(None, (current.boundary,)))]
    parts = (named, current.boundary is not None, current.notes)
    return hashlib.sha256(repr(parts).encode("utf-8", "backslashreplace")).hexdigest()


@contextmanager
def _as_unusable(*kinds: type[InputError]) -> Iterator[None]:
    """What goes wrong with the source is the service's own trouble."""
    try:
        yield
    except kinds as error:
        raise TrailUnusable(str(error)) from error


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise UnreadableProposal(f"the content is not JSON ({error})") from error
    if not isinstance(members, dict):
        raise UnreadableProposal("the content is not a JSON object")
    return members
