"""What the rest of a trail knows of names: the paths of roles and users, and the role that an instance profile holds.

A request has a role's name without its path, or an instance profile instead of its role. Other records of the same
trail often show the whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec

from service.core.events import Event
from service.core.iam.pattern import escape
from service.core.principals import Principal
from service.core.resources import Target

ROLE_OF_PROFILE = "role of an instance profile"
"""The type of a target whose request names an instance profile: its ARN has the profile's name in the role's place."""

_FILLING = ("iam.amazonaws.com", "AddRoleToInstanceProfile")


class _Filling(msgspec.Struct, rename="camel"):
    instance_profile_name: str
    role_name: str


@dataclass(slots=True)
class Known:
    """ARNs by themselves without their path, and role ARNs without path by the profile that they were put into.

    Learning and merging are order-free; a name with two answers has none.
    """

    arns: dict[str, set[str]] = field(default_factory=dict)
    roles: dict[str, set[str]] = field(default_factory=dict)

    def learn(self, event: Event, principal: Principal) -> None:
        """Take in what one event shows, whoever made it."""
        if ":role/" in principal.arn or ":user/" in principal.arn:
            self.arns.setdefault(_without_path(principal.arn), set()).add(principal.arn)
        if (event.source, event.name) == _FILLING and not event.error_code and event.request:
            self._learn_profile(event, principal)

    def merge(self, other: Known) -> None:
        """Take in what another part of the trail shows."""
        for mine, theirs in ((self.arns, other.arns), (self.roles, other.roles)):
            for name, found in theirs.items():
                mine.setdefault(name, set()).update(found)

    def spelled_out(self, target: Target) -> Target:
        """The target with what the trail knows of it; itself where the trail knows nothing, or more than one answer."""
        if target.type == ROLE_OF_PROFILE:
            return self._role_of_profile(target)
        whole = self.arns.get(target.request, set())
        if len(whole) != 1 or len(target.patterns) == 1:
            return target
        arn = next(iter(whole))
        return Target(target.type, arn, (escape(arn),), target.exact)

    def _role_of_profile(self, target: Target) -> Target:
        held = self.roles.get(target.request, set())
        if len(held) != 1:
            return target
        role = next(iter(held))
        either = (escape(role), escape(role).replace(":role/", ":role/*/", 1))
        return self.spelled_out(replace(target, type="role", request=role, patterns=either, exact=True))

    def _learn_profile(self, event: Event, principal: Principal) -> None:
        try:
            filling = msgspec.json.decode(event.request, type=_Filling)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        stem = f"arn:{principal.partition or 'aws'}:iam::{event.account or principal.account}:role/"
        held = self.roles.setdefault(stem + filling.instance_profile_name, set())
        held.add(stem + filling.role_name)


def _without_path(arn: str) -> str:
    """`arn:aws:iam::111122223333:role/svc/app` -> `arn:aws:iam::111122223333:role/app`."""
    stem, _, rest = arn.partition("/")
    return f"{stem}/{rest.rsplit('/', 1)[-1]}"


NOTHING_KNOWN = Known()
"""For a call alone, with no trail around it. Never learns."""
