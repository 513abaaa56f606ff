"""What a principal is granted now: its policies, and the boundary that cuts them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from service.core.bound import bound
from service.core.iam.document import render
from service.core.iam.evaluate import StatementIndex
from service.core.iam.layers import Layer
from service.core.iam.policy import Effect, Policy


@dataclass(frozen=True, slots=True)
class GrantedPolicy:
    """One policy of those in force, under the name that says where it stands."""

    name: str
    policy: Policy

    @property
    def digest(self) -> str:
        """The sha256 of its canonical text: of what it says, not of how a file wrote it."""
        return f"sha256:{hashlib.sha256(render(self.policy).encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Current:
    """The identity policies of a principal, groups' included, and its boundary. `notes` say what was read into them.

    `known` are the condition keys that every request of the principal has, with their values; `created` is the day on
    which it was created (`2026-08-01`), empty where that is not known; `tags` are the keys and values of its tags, as
    far as they are known: those of a session may be others.
    """

    policies: tuple[GrantedPolicy, ...]
    boundary: GrantedPolicy | None = None
    notes: tuple[str, ...] = ()
    known: tuple[tuple[str, str], ...] = ()
    created: str = ""
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def own(self) -> tuple[GrantedPolicy, ...]:
        """The identity policies as the principal has them: with what is known of it for their variables."""
        return tuple(map(self._bound, self.policies))

    @property
    def identity(self) -> tuple[Policy, ...]:
        """The same without names."""
        return tuple(each.policy for each in self.own)

    @property
    def limit(self) -> Policy | None:
        """The boundary as the principal has it."""
        return self._bound(self.boundary).policy if self.boundary else None

    def _bound(self, granted: GrantedPolicy) -> GrantedPolicy:
        return replace(granted, policy=bound(granted.policy, {key.lower(): value for key, value in self.known}))

    def layers(self) -> Iterator[GrantedLayer]:
        """What a request has to pass, each layer by itself."""
        yield GrantedLayer(Layer.IDENTITY, self.policies)
        if self.boundary is not None:
            yield GrantedLayer(Layer.BOUNDARY, (self.boundary,))

    def denials(self) -> Iterator[str]:
        """The Deny statements of the identity policies, in words."""
        for number, each in enumerate(self.policies):
            for position, statement in enumerate(each.policy.statements):
                if statement.effect is Effect.DENY:
                    yield place_of(self.policies, StatementIndex(number, position))


@dataclass(frozen=True, slots=True)
class GrantedLayer:
    """Policies of which one has to allow a request, and none to deny it."""

    layer: Layer
    policies: tuple[GrantedPolicy, ...]


def place_of(policies: Sequence[GrantedPolicy], at: StatementIndex) -> str:
    """A statement in words, counted from one."""
    named = policies[at.policy]
    sid = named.policy.statements[at.statement].sid
    return f"{named.name}, statement {at.statement + 1}" + (f" ({sid})" if sid else "")


def layer_of(policies: Iterable[tuple[str, Policy]]) -> GrantedLayer:
    """Identity policies by their names."""
    return GrantedLayer(Layer.IDENTITY, tuple(GrantedPolicy(name, policy) for name, policy in policies))
