"""The certificate of a proposal: what it still allows, that it adds nothing, and how far it exceeds what was seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from catalog.model import AccessLevel
from service.core.actions import Need
from service.core.current import Current, GrantedLayer
from service.core.excess import ExcessLedger, excess
from service.core.iam.proving.verdict import Holds, Unknown, Verdict
from service.core.observed import ObservedRequest
from service.core.replay import Miss, Replay, replayed
from service.core.within import Formats, within_current, without


@dataclass(frozen=True, slots=True)
class AgainstCurrent:
    """The proposal beside what is granted now: the requests put to the current policies, and the verdict.

    `apart_from_beyond` is the verdict on the proposal without what `beyond` asks for, where that could be to blame.
    """

    current: Current
    replay: Replay
    no_new_access: Verdict
    apart_from_beyond: Verdict | None

    @property
    def beyond(self) -> tuple[Miss, ...]:
        """Observed requests that the current policies certainly do not allow. They stay in the proposal."""
        return self.replay.denied


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is proved of a proposal, and the distinct requests behind it: those that were seen are replayed."""

    requests: tuple[ObservedRequest, ...]
    replay: Replay
    excess: ExcessLedger
    against: AgainstCurrent | None = None

    def notes(self) -> Iterator[tuple[str, int]]:
        """Sentences for the reviewer, with the number of events that each is about."""
        if self.replay.misses:
            yield _NOT_REPLAYED, sum(each.events for each in self.replay.misses)
        if (against := self.against) is None:
            return
        yield from ((note, 0) for note in against.current.notes)
        if places := list(against.current.denials()):
            yield f"{_DENIES} {', '.join(places)}", 0
        if against.beyond:
            yield _BEYOND, sum(each.events for each in against.beyond)
        if isinstance(against.no_new_access, Unknown):
            yield f"no new access could not be decided: {against.no_new_access.reason}", 0


_DENIES = (
    "the current policies also deny, and a proposal only allows: where that guards against what other policies allow, "
    "keep"
)
_NOT_REPLAYED = "requests that the proposal is not certain to allow again: certificate.replay lists them"
_BEYOND = (
    "what is granted now does not allow what was observed: a resource policy does, or the policies have changed since; "
    "it stays in the proposal, and certificate.beyond_current lists it"
)


def certify(
    proposed: GrantedLayer,
    needs: Collection[Need],
    requests: tuple[ObservedRequest, ...],
    current: Current | None,
    formats: Formats,
) -> Certificate:
    """The certificate of policies that hold just the needs; what is new is asked where it is known what is granted."""
    return certificate_of(proposed, requests, current, {each.action: each.access_level for each in needs}, formats)


def certificate_of(
    proposed: GrantedLayer,
    requests: tuple[ObservedRequest, ...],
    current: Current | None,
    levels: Mapping[str, AccessLevel],
    formats: Formats,
) -> Certificate:
    """The same from nothing but what a verifier has: policies, requests, and the access levels of their actions."""
    seen = [each for each in requests if each.was_seen]
    replay = replayed(seen, [proposed])
    ledger = excess(requests, levels, formats)
    if current is None:
        return Certificate(requests, replay, ledger)
    policies, now = [each.policy for each in proposed.policies], replayed(seen, current.layers())
    behind = {grant.action for each in requests for grant in each.grants}
    verdict = within_current(policies, current, formats, behind)
    apart = None
    if now.denied and not isinstance(verdict, Holds):
        apart = within_current(without(policies, _held_for(now.denied, seen)), current, formats, behind)
    return Certificate(requests, replay, ledger, AgainstCurrent(current, now, verdict, apart))


def _held_for(misses: Iterable[Miss], requests: Iterable[ObservedRequest]) -> set[tuple[str, str]]:
    """What the policies hold for these requests: pairs of action and pattern."""
    missed = {(each.action, each.resource) for each in misses}
    asked = (each.grants for each in requests if (each.action, each.resource) in missed)
    return {(grant.action, grant.resource) for grants in asked for grant in grants}
