"""The principals of a trail that a user who asked for another one may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

from service.core.principals import Principal, PrincipalQuery, PrincipalType

SUGGESTIONS = 5
_CANDIDATES = 2000
"""How many principals are compared letter by letter; those that share the account or a name go first."""

_WITH_POLICY = frozenset({PrincipalType.ROLE, PrincipalType.USER, PrincipalType.IDENTITY_CENTER_ROLE})


def nearest(query: PrincipalQuery, principals: Iterable[Principal]) -> tuple[str, ...]:
    """Up to five ARNs (or names, where the trail shows no ARN) of principals that can have a policy, closest first.

    The very name that was asked for is closest, whatever the account and path.
    """
    able = sorted(each for each in principals if each.type in _WITH_POLICY)
    able.sort(key=lambda each: (each.name != query.name, each.account != query.account))
    ranked = sorted(able[:_CANDIDATES], key=lambda each: (each.name != query.name, -_likeness(query, each), each.label))
    return tuple(dict.fromkeys(each.label for each in ranked))[:SUGGESTIONS]


def _likeness(query: PrincipalQuery, principal: Principal) -> float:
    """Names count most, then the account, then whether it is a role or a user."""
    names = SequenceMatcher(None, query.name.lower(), principal.name.lower()).ratio()
    return 4 * names + (query.account == principal.account) + (query.is_user == (principal.type is PrincipalType.USER))
