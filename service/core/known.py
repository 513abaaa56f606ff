"""What the rest of a trail knows of names: the paths of roles and users, and the role that an instance profile holds.

A request has a role's name without its path, or an instance profile instead of its role. Other records of the same
trail often show the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from service.core.iam.pattern import escape
from service.core.principals import Principal
from service.core.resources import Target

SERVICES = frozenset({"iam"})
"""The services in whose ARNs other records than that of the call have a say."""

ROLE_OF_PROFILE = "role of an instance profile"
"""The type of a target whose request names an instance profile: its ARN has the profile's name in the role's place."""


@dataclass(frozen=True, slots=True)
class Known:
    """ARNs by themselves without their path, and role ARNs without path by the profile that they were put into.

    A name with two answers has none.
    """

    arns: Mapping[str, set[str]] = field(default_factory=dict)
    roles: Mapping[str, set[str]] = field(default_factory=dict)

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


def known_of(principals: Iterable[Principal], profiles: Iterable[tuple[str, str]]) -> Known:
    """What everybody who occurs in a trail, and the roles seen put into instance profiles, say together."""
    arns: dict[str, set[str]] = {}
    for principal in principals:
        if ":role/" in principal.arn or ":user/" in principal.arn:
            arns.setdefault(_without_path(principal.arn), set()).add(principal.arn)
    roles: dict[str, set[str]] = {}
    for profile, role in profiles:
        roles.setdefault(profile, set()).add(role)
    return Known(arns, roles)


def _without_path(arn: str) -> str:
    """`arn:aws:iam::111122223333:role/svc/app` -> `arn:aws:iam::111122223333:role/app`."""
    stem, _, rest = arn.partition("/")
    return f"{stem}/{rest.rsplit('/', 1)[-1]}"


NOTHING_KNOWN = Known()
"""For a call alone, with no trail around it."""
