"""The sessions behind a shared role: who they are, by what records show of each, and what each kind of them needs.

"the name of the session ... is visible in CloudTrail logs":
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_rolesessionname
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.core.events import Event, Identity
from service.core.group import Asked, needed_together
from service.core.patterns.tokens import Kind, tokens_of
from service.core.shown import shown
from service.core.synthesis import Grant


@dataclass(frozen=True, slots=True, order=True)
class SessionKind:
    """What sessions have in common: the shape of their names (`i-*`), the source identity, the family of user agents.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
    """

    shape: str
    source_identity: str
    agent: str

    @property
    def label(self) -> str:
        """One line that names it."""
        identity = f", source identity {self.source_identity}" if self.source_identity else ""
        return f"{self.shape or 'no session name'}{identity}, {self.agent or 'no user agent'}"


OTHERS = SessionKind("other sessions", "", "several")
"""Sessions of kinds that were too many to be told apart."""

_LONGEST = 100


def kind_of(event: Event) -> SessionKind:
    """Of which kind the session is that made a call."""
    context = event.identity.session_context
    identity = (context.source_identity or "") if context else ""
    return SessionKind(shape_of(session_name(event.identity)), shown(identity, _LONGEST), agent_of(event.user_agent))


def session_name(identity: Identity) -> str:
    """The name of the session, from its ARN or the second half of its principal id; empty where neither shows it."""
    found = _SESSION.search(identity.arn or "")
    if found:
        return found[1]
    _, colon, name = (identity.principal_id or "").partition(":")
    return name if colon else ""


_SESSION = re.compile(r":assumed-role/[^/]+/(.+)$")


def shape_of(name: str) -> str:
    """The name with `*` for each part that looks made up anew each time."""
    parts = ("*" if each.kind is not Kind.TEXT else each.text for each in tokens_of(name))
    return shown(re.sub(r"\*+", "*", "".join(parts)), _LONGEST)


# What a user agent names before the SDK beneath it, the first that is there.
# https://developer.hashicorp.com/terraform/language/providers, https://docs.aws.amazon.com/sdkref/latest/guide/
_TOOLS = ("Terraform", "Pulumi", "CDK", "eksctl", "kubernetes", "aws-cli", "Boto3", "Botocore")
_PRODUCT = re.compile(r"\[?([A-Za-z0-9._-]+)")


def agent_of(user_agent: str) -> str:
    """The tool, or the first product that a user agent names, without its version."""
    for tool in _TOOLS:
        if f"{tool}/".lower() in user_agent.lower():
            return tool
    if user_agent.startswith(_INTERNAL):
        return _INTERNAL
    found = _PRODUCT.match(user_agent)
    return found[1] if found else ""


_INTERNAL = "AWS Internal"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Sessions of one kind: how many events and days, what they need, and what only they need.

    `needs`, `own` and `spare` count pairs of action and resource of the role's policy; `spare` are those that the kind
    does without, by access level in `spare_by_level`.
    """

    kind: SessionKind
    events: int
    days: int
    first_seen: str
    last_seen: str
    needs: int
    own: int
    spare: int
    spare_by_level: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """What was seen of one kind, before it is compared: the grants that it needs, and when it was seen."""

    kind: SessionKind
    events: int
    days: int
    first_seen: str
    last_seen: str
    grants: frozenset[Grant]


@dataclass(frozen=True, slots=True)
class TakenApart:
    """A role by the kinds of its sessions. `pairs` is the size of what all of them together may do.

    `spared` is the share of it that an event's session would do without if each kind had a role of its own, events
    taken together; None without events.
    """

    principal: str
    pairs: int
    clusters: tuple[Cluster, ...]
    spared: float | None
    notes: tuple[str, ...]


def taken_apart(principal: str, taken: Sequence[Taken], levels: Mapping[str, str], notes: Sequence[str]) -> TakenApart:
    """The kinds compared: the busiest first."""
    together = needed_together(Asked(each.kind.label, each.grants) for each in taken)
    clusters = tuple(
        _cluster(each, together, levels) for each in sorted(taken, key=lambda one: (-one.events, one.kind))
    )
    events = sum(each.events for each in clusters)
    spare = sum(each.events * each.spare for each in clusters)
    spared = spare / (events * len(together)) if events and together else None
    return TakenApart(principal, len(together), clusters, spared, tuple(notes))


def _cluster(each: Taken, together: Mapping[Grant, tuple[str, ...]], levels: Mapping[str, str]) -> Cluster:
    label = each.kind.label
    mine = [whom for whom in together.values() if label in whom]
    rest = Counter(levels[grant.action] for grant, whom in together.items() if label not in whom)
    return Cluster(
        kind=each.kind,
        events=each.events,
        days=each.days,
        first_seen=each.first_seen,
        last_seen=each.last_seen,
        needs=len(mine),
        own=sum(whom == (label,) for whom in mine),
        spare=sum(rest.values()),
        spare_by_level=dict(sorted(rest.items())),
    )
