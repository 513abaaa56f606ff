"""The questions about policies, each one line over one verifier.

All are about identity policies. That such a policy allows a request is not all that AWS asks for: a call into another
account, and any call on a KMS key, needs a policy on the other side too, and organisations cut what is left. Those
layers only take away, so what is contained without them stays contained within them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.model import Catalog
from service.core.iam.evaluate import NO_PERMISSION_NEEDED, Access, Request, authorize
from service.core.iam.pattern import parse_pattern
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import NOTHING_KNOWN, Universe
from service.core.iam.proving.containment import contained
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Unknown, Verdict, both


def universe_of(catalog: Catalog) -> Universe:
    """The actions of a catalog, and the ARNs that they take."""
    services = (catalog.service(prefix) for prefix in catalog.prefixes())
    names = (each.full_name for service in services if service for each in service.actions.values())
    return Universe(tuple(names), lambda action: arn_formats(catalog, action))


def no_new_access(existing: Sequence[Policy], new: Sequence[Policy], universe: Universe = NOTHING_KNOWN) -> Verdict:
    """Whether the new policies allow nothing that the existing ones do not.

    Holds: whoever changes to the new policies gains nothing. Refuted: this request becomes possible.
    """
    return contained(new, existing, universe)


def access_not_granted(
    policies: Sequence[Policy],
    actions: Sequence[str] = (),
    resources: Sequence[str] = (),
    universe: Universe = NOTHING_KNOWN,
) -> Verdict:
    """Whether the policies allow none of the actions on any of the resources; none given means all there are.

    Holds: no such request is allowed, but for actions that `needing_no_permission` names. Refuted: this one is. Unknown
    also where such an action is asked about by its name: AWS allows it, and neither answer would be true of policies.
    """
    verdict = contained(policies, [_all_but(actions or ("*",), resources or ("*",))], universe)
    named = sorted({each for each in actions if each.lower() in NO_PERMISSION_NEEDED})
    if named and isinstance(verdict, Holds):
        return Unknown(f"{without_permission(named)}; ask about other actions by themselves")
    return verdict


def needing_no_permission(actions: Sequence[str]) -> tuple[str, ...]:
    """Of the actions that succeed whatever policies say, those that the patterns mean: no verdict is about them."""
    patterns = [parse_pattern(each.lower(), variables=False) for each in actions or ("*",)]
    return tuple(sorted(name for name in NO_PERMISSION_NEEDED if any(each.matches(name) for each in patterns)))


def without_permission(actions: Sequence[str]) -> str:
    """That such actions are allowed, in words."""
    whom = ("needs", "it") if len(actions) == 1 else ("need", "them")
    return f"{' and '.join(actions)} {whom[0]} no permission: AWS allows {whom[1]} whatever policies say"


def equivalent(first: Sequence[Policy], second: Sequence[Policy], universe: Universe = NOTHING_KNOWN) -> Verdict:
    """Whether both allow the same requests.

    Holds: they differ in shape at most. Refuted: one of the two allows this request, the other does not.
    """
    return both(contained(first, second, universe), contained(second, first, universe))


def disjoint(first: Sequence[Policy], second: Sequence[Policy], universe: Universe = NOTHING_KNOWN) -> Verdict:
    """Whether no request is allowed by both.

    Holds: whatever the one allows, the other does not. Refuted: both allow this request.
    """
    denied = [_only(policy, Effect.DENY) for policy in second]
    others = [_turned(_only(policy, Effect.ALLOW)) for policy in second]
    return contained([*first, *denied], [_EVERYTHING, *others], universe)


def allows_all(policies: Sequence[Policy], requests: Iterable[Request]) -> Verdict:
    """Whether every one of the requests is allowed.

    Holds: all are. Refuted: this one, the first, is denied. Unknown: it depends on what a request does not show.
    """
    undecided: list[Request] = []
    for request in requests:
        access = authorize(policies, request).access
        if access is Access.UNKNOWN:
            undecided.append(request)
        elif access is not Access.ALLOWED:
            return Refuted(request)
    if undecided:
        first = undecided[0]
        return Unknown(f"{len(undecided)} of the requests hang on what they do not show, first {first.action}")
    return Holds(Assumption.SYNTACTIC)


def arn_formats(catalog: Catalog, action: str) -> tuple[str, ...]:
    """The ARN formats of the resource types that an action takes; none where the catalog does not know it."""
    definition = catalog.action(action)
    service = catalog.service(action.partition(":")[0])
    if definition is None or service is None:
        return ()
    found = (service.resource_types.get(each.type) for each in definition.resources)
    return tuple(arn_format for each in found if each for arn_format in each.arn_formats)


_EVERYTHING = Policy((Statement(Effect.ALLOW, ("*",), ("*",)),))


def _all_but(actions: Sequence[str], resources: Sequence[str]) -> Policy:
    return Policy((*_EVERYTHING.statements, Statement(Effect.DENY, tuple(actions), tuple(resources))))


def _only(policy: Policy, effect: Effect) -> Policy:
    return Policy(tuple(each for each in policy.statements if each.effect is effect), policy.version)


def _turned(policy: Policy) -> Policy:
    """The policy with a Deny for each Allow."""
    return Policy(tuple(_deny(each) for each in policy.statements), policy.version)


def _deny(statement: Statement) -> Statement:
    return Statement(
        Effect.DENY,
        statement.actions,
        statement.resources,
        statement.conditions,
        not_actions=statement.not_actions,
        not_resources=statement.not_resources,
    )
