"""Every error that Whittle raises on purpose.

    WhittleError
    ├── InputError            what the user gave cannot be used; the message says what to do
    │   ├── ActionNotFound    the catalog has no such action
    │   ├── DamagedIndex      a usage index is not what was stored
    │   ├── IndexUnusable     a usage index cannot be reached or written to
    │   ├── MalformedArn
    │   ├── MalformedPolicy   a policy document that the grammar does not allow
    │   ├── PrincipalNotFound nobody of that name occurs in the trail
    │   └── TrailUnusable     the trail of a server cannot be read (service.usecases.proposals)
    └── InternalError         Whittle broke its own promise; never the user's fault
        ├── UnreadableProposal  a stored proposal is not what was stored (service.usecases.proposals)
        └── StoreUnusable       proposals cannot be kept or found (service.usecases.proposals)

Exit codes and HTTP status are chosen at the edges (`service.cli`, `service.api`), not here.
"""

from __future__ import annotations


class WhittleError(Exception):
    """Base of every error that Whittle raises on purpose."""


class InputError(WhittleError):
    """What the user gave cannot be used; the message is one sentence that says what to do."""


class ActionNotFound(InputError):
    """No action of the catalog is meant by what was asked for."""


class MalformedArn(InputError):
    """The text is not an ARN, or not of a kind that the question takes."""


class MalformedPolicy(InputError):
    """A policy document that the policy grammar does not allow; the message names the place."""


class PrincipalNotFound(InputError):
    """The principal made no call in the trail; `nearest` are ARNs that did, closest first."""

    def __init__(self, message: str, nearest: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.nearest = nearest


class InternalError(WhittleError):
    """Whittle broke its own promise, for example a policy that misses an observed request."""


class DamagedIndex(InputError):
    """A usage index is not what was stored; the message says what of it, and that it has to be built again."""


class IndexUnusable(InputError):
    """A usage index cannot be reached, read or written to; the message says why and what to do."""
