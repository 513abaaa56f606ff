"""The current policies that a verifier is given, beside those that a certificate names."""

from __future__ import annotations

from dataclasses import replace

from service.core.current import Current, GrantedPolicy
from service.core.json_bytes import Json
from service.usecases.checked import Checked, State

_Pair = tuple[GrantedPolicy, str]
"""A policy that is given, and the name that the certificate has for it."""


def matched(current: Current, said: Json) -> Current | None:
    """The same policies in the order of the certificate and under its names; None where they are others."""
    pairs, boundary = _pairs(current.policies, said["policies"]), _boundary(current, said)
    if pairs is None or boundary is None:
        return None
    policies = tuple(replace(policy, name=name) for policy, name in pairs)
    limit = next((replace(policy, name=name) for policy, name in boundary), None)
    return replace(current, policies=policies, boundary=limit)


def policies_check(current: Current, said: Json) -> Checked:
    """By their digests. A file may lie in another folder; what has another name is not known to be what was meant."""
    what = "current policies"
    pairs, boundary = _pairs(current.policies, said["policies"]), _boundary(current, said)
    if pairs is None or boundary is None:
        return Checked(what, State.WRONG, f"they are not those it was made for: {_unlike(current, said)}")
    for policy, name in (*pairs, *boundary):
        if _last(policy.name) != _last(name):
            detail = f"said `{name}`, found `{policy.name}` with the same content: give it under that name"
            return Checked(what, State.UNKNOWN, detail)
    return Checked(what, State.RIGHT, f"{len(pairs)} as in the certificate")


def _pairs(given: tuple[GrantedPolicy, ...], said: list[Json]) -> list[_Pair] | None:
    left, found = list(given), []
    for each in said:
        same = [policy for policy in left if policy.digest == each["digest"]]
        if not same:
            return None
        best = next((policy for policy in same if _last(policy.name) == _last(each["name"])), same[0])
        left.remove(best)
        found.append((best, each["name"]))
    return None if left else found


def _boundary(current: Current, said: Json) -> list[_Pair] | None:
    given = (current.boundary,) if current.boundary else ()
    return _pairs(given, [said["boundary"]] if said["boundary"] else [])


def _unlike(current: Current, said: Json) -> str:
    """The first of either that the others lack."""
    limits = (current.boundary,) if current.boundary else ()
    found = {each.digest: each.name for each in (*current.policies, *limits)}
    named = {each["digest"]: each["name"] for each in (*said["policies"], *filter(None, [said["boundary"]]))}
    for title, own, other in (("said", named, found), ("found", found, named)):
        for digest in sorted(set(own) - set(other)):
            return f"{title} `{own[digest]}` with {digest}"
    return f"said {len(said['policies'])} policies, found {len(current.policies)}"


def _last(name: str) -> str:
    """A name without the folders of its file; an ARN is whole."""
    return name if name.startswith("arn:") else name.rsplit("/", 1)[-1]
