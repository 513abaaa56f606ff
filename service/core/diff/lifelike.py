"""Requests for other actions of a group, on resources that those actions are used on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, takewhile

from service.core.diff.groups import ActionGroup
from service.core.diff.model import Finding
from service.core.diff.sides import Ration
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.witness import Places, Sketch, requests


@dataclass(frozen=True, slots=True)
class Examples:
    """Turns the requests that show something of one action of a group into such for another one."""

    group: ActionGroup
    universe: Universe
    places: Places
    ration: Ration
    weight: int

    def spelled(self, action: str) -> str:
        """The action as AWS writes it, else as the policies do."""
        return self.universe.spelling.get(action) or self.places.spelling.get(action, action)

    def finding(self, found: Finding, action: str) -> Finding:
        """The finding with requests for the action; the plain evaluator confirms them, as far as steps are left."""
        return replace(
            found,
            lost=self._request(found.lost, action, before=True, after=False),
            gained=self._request(found.gained, action, before=False, after=True),
            kept=self._request(found.kept, action, before=True, after=True),
        )

    def _request(self, shown: Request | None, action: str, *, before: bool, after: bool) -> Request | None:
        if shown is None or shown.action.lower() == action:
            return shown
        wanted = (before, after)
        tried = takewhile(lambda _: self.ration.afford(20 + self.weight), self._like(shown, action))
        return next((each for each in tried if self._allowed(each) == wanted), shown)

    def _like(self, shown: Request, action: str) -> Iterator[Request]:
        """The same request on a resource of the action's own, else on the same one."""
        sketches = (Sketch(action, tuple(resource), shown.context, frozenset()) for resource in ("*", shown.resource))
        return chain.from_iterable(requests(each, self.universe, self.places) for each in sketches)

    def _allowed(self, request: Request) -> tuple[bool | None, bool | None]:
        return (
            _ALLOWED.get(authorize(self.group.left, request).access),
            _ALLOWED.get(authorize(self.group.right, request).access),
        )


# What is unknown is neither, and so never what is wanted.
_ALLOWED: Mapping[Access, bool] = {
    Access.ALLOWED: True,
    Access.IMPLICITLY_DENIED: False,
    Access.EXPLICITLY_DENIED: False,
}
