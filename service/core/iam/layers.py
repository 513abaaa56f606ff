"""Effective access: what identity policies allow, cut by every layer around them.

Each layer has to allow a request, and an explicit deny in any of them is final. What resource-based policies grant by
themselves is not looked at.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from service.core.iam.evaluate import Access, Decision, Request, authorize
from service.core.iam.policy import Policy


class Layer(Enum):
    """A kind of policies that a request has to pass."""

    IDENTITY = "identity policies"
    BOUNDARY = "permissions boundary"
    SESSION = "session policies"
    SERVICE_CONTROL = "service control policies"
    RESOURCE_CONTROL = "resource control policies"


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies of one principal. A layer that is `None`, or has no levels, is not there and cuts nothing.

    `service_control` has one entry for each level, root, organisational units and account, with all policies attached
    there: "there must be an explicit Allow statement at every level from the root through each OU in the direct path
    to the account": https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
    `resource_control` is the same for the account of the resource, where its service supports that. Neither is for the
    management account or for service-linked roles: the caller leaves them out there.
    """

    identity: tuple[Policy, ...]
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    service_control: tuple[tuple[Policy, ...], ...] = ()
    resource_control: tuple[tuple[Policy, ...], ...] = ()

    def layers(self) -> Iterator[tuple[Layer, int, tuple[Policy, ...]]]:
        """Every layer that is there with its level, counted from zero, and the policies of which one has to allow."""
        yield Layer.IDENTITY, 0, self.identity
        if self.boundary is not None:
            yield Layer.BOUNDARY, 0, (self.boundary,)
        if self.session is not None:
            yield Layer.SESSION, 0, self.session
        yield from ((Layer.SERVICE_CONTROL, level, each) for level, each in enumerate(self.service_control))
        yield from ((Layer.RESOURCE_CONTROL, level, each) for level, each in enumerate(self.resource_control))


@dataclass(frozen=True, slots=True)
class LayerDecision:
    """What one layer, or one level of it, says by itself."""

    layer: Layer
    level: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class EffectiveDecision:
    """The answer of all layers together, and what each of them says."""

    access: Access
    layers: tuple[LayerDecision, ...]

    @property
    def deciding(self) -> tuple[LayerDecision, ...]:
        """The layers without which the answer might be another: those that say the same."""
        return tuple(each for each in self.layers if each.decision.access is self.access)


def authorize_layers(policies: PolicySet, request: Request) -> EffectiveDecision:
    """Allowed if and only if every layer allows it."""
    found = tuple(LayerDecision(layer, level, authorize(each, request)) for layer, level, each in policies.layers())
    said = {each.decision.access for each in found}
    return EffectiveDecision(next(each for each in _STRONGEST_FIRST if each in said), found)


# A certain no of one layer is the answer whatever another leaves unknown.
_STRONGEST_FIRST = (Access.EXPLICITLY_DENIED, Access.IMPLICITLY_DENIED, Access.UNKNOWN, Access.ALLOWED)
