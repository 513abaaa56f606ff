"""Questions about policies that anybody may ask, with the catalog to answer them over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property

from catalog.model import Catalog
from service.core.errors import MalformedPolicy
from service.core.iam.document import parse_policy
from service.core.iam.policy import Policy, Statement
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.verdict import Verdict
from service.core.proof import (
    access_not_granted,
    arn_formats,
    needing_no_permission,
    no_new_access,
    universe_of,
    without_permission,
)


class Checks:
    """The questions over one catalog, all of whose services are read when the first is asked."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @cached_property
    def universe(self) -> Universe:
        """The actions of the catalog."""
        return universe_of(self._catalog)

    def no_new_access(self, existing: Sequence[Policy], new: Sequence[Policy]) -> Verdict:
        """Whether the new policies allow nothing that the existing ones do not."""
        return no_new_access(existing, new, self.universe)

    def access_not_granted(
        self, policies: Sequence[Policy], actions: Sequence[str], resources: Sequence[str]
    ) -> Verdict:
        """Whether the policies allow none of the actions on any of the resources; none given means all.

        Raises:
            MalformedPolicy: an action or a resource is none that a policy could name.
        """
        asked = _asked(actions or ("*",), resources or ("*",))
        return access_not_granted(policies, asked.actions, asked.resources, self.universe)

    def notes(self, actions: Sequence[str]) -> tuple[str, ...]:
        """What a verdict on access to these actions is not about."""
        found = [self._spelled(each) for each in needing_no_permission(actions)]
        return (f"{without_permission(found)}, so the verdict is not about that",) if found else ()

    def _spelled(self, action: str) -> str:
        definition = self._catalog.action(action)
        return definition.full_name if definition else action

    def arn_formats(self, action: str) -> tuple[str, ...]:
        """The ARN formats of an action."""
        return arn_formats(self._catalog, action)


def _asked(actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """Actions and resources, read as those of a policy are."""
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": list(resources)}
    try:
        return parse_policy(json.dumps({"Statement": statement})).statements[0]
    except MalformedPolicy as error:
        raise MalformedPolicy(str(error).removeprefix("statement 1, ")) from error
