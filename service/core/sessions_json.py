"""A role by the kinds of its sessions, as JSON."""

from __future__ import annotations

from service.core.json_bytes import Json
from service.core.sessions import Cluster, TakenApart

FORMAT = "whittle-sessions/1"


def sessions_json(found: TakenApart) -> Json:
    """The kinds, and what each needs and could do without."""
    return {
        "format": FORMAT,
        "principal": found.principal,
        "pairs": found.pairs,
        "spared_by_splitting": found.spared,
        "sessions": [_cluster(each) for each in found.clusters],
        "notes": list(found.notes),
    }


def _cluster(each: Cluster) -> Json:
    return {
        "session_name": each.kind.shape,
        "source_identity": each.kind.source_identity or None,
        "user_agent": each.kind.agent or None,
        "events": each.events,
        "days": each.days,
        "first_seen": each.first_seen or None,
        "last_seen": each.last_seen or None,
        "needs": each.needs,
        "needed_by_nobody_else": each.own,
        "could_do_without": dict(each.spare_by_level),
    }
