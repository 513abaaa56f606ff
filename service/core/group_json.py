"""A group's policies as JSON."""

from __future__ import annotations

from service.core.fit_json import fit_json
from service.core.group import Group, Share, SharedPermission
from service.core.iam.document import to_json
from service.core.json_bytes import Json
from service.core.verdict_json import verdict_json

FORMAT = "whittle-group/1"


def group_json(group: Group) -> Json:
    """The policies, who needs what of them, and what they are to each member."""
    return {
        "format": FORMAT,
        "name": group.name,
        "policies": [
            {"name": each.name, "characters": each.characters, "document": to_json(each.policy)}
            for each in group.policies
        ],
        "fit": fit_json(group.fit),
        "members": [_share(each) for each in group.shares],
        "permissions": [_permission(each) for each in group.permissions],
        "notes": list(group.notes),
    }


def _share(share: Share) -> Json:
    return {
        "arn": share.principal.arn or None,
        "name": share.principal.name,
        "type": share.principal.type.value,
        "needs": share.needs,
        "needed_by_nobody_else": share.own,
        "gains": dict(share.gains),
        "replay": {"requests": share.replay.requests, "allowed": share.replay.allowed},
        "no_new_access": None if share.no_new_access is None else verdict_json(share.no_new_access),
        "contradictions": list(share.contradictions),
    }


def _permission(each: SharedPermission) -> Json:
    tests = each.grant.conditions
    return {
        "action": each.grant.action,
        "access_level": each.access_level.value,
        "resource": each.grant.resource,
        "conditions": [{"operator": one.operator, "key": one.key, "values": list(one.values)} for one in tests],
        "needed_by": list(each.members),
    }
