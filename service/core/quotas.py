"""How much room policies have where they go: AWS's quotas, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

IAM_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
IDENTITY_CENTER_QUOTAS = "https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html"

MANAGED_POLICY_CHARACTERS = 6144
MANAGED_POLICIES_PER_PRINCIPAL = 10
MOST_POLICIES_PER_PRINCIPAL = 25
"""How many managed policies a role may have at most, when its quota was raised."""
MOST_POLICIES_PER_USER = 20
POLICY_NAME_LENGTH = 128


class Target(StrEnum):
    """As what policies are given to a principal."""

    MANAGED = "managed"
    INLINE = "inline"
    BOUNDARY = "boundary"
    PERMISSION_SET = "permission-set"


@dataclass(frozen=True, slots=True)
class Room:
    """How many documents there may be, of how many characters each (white space not counted), by which of AWS's pages.

    `ending` is what the names of such policies end in.
    """

    documents: int
    characters: int
    ending: str
    source: str = IAM_QUOTAS


_USERS = True
_ROOM: Mapping[tuple[Target, bool], Room] = {
    (Target.MANAGED, False): Room(MANAGED_POLICIES_PER_PRINCIPAL, MANAGED_POLICY_CHARACTERS, "least-privilege"),
    (Target.MANAGED, _USERS): Room(MANAGED_POLICIES_PER_PRINCIPAL, MANAGED_POLICY_CHARACTERS, "least-privilege"),
    (Target.INLINE, False): Room(1, 10_240, "least-privilege"),
    (Target.INLINE, _USERS): Room(1, 2_048, "least-privilege"),
    (Target.BOUNDARY, False): Room(1, MANAGED_POLICY_CHARACTERS, "boundary"),
    (Target.BOUNDARY, _USERS): Room(1, MANAGED_POLICY_CHARACTERS, "boundary"),
    (Target.PERMISSION_SET, False): Room(1, 10_240, "permission-set", IDENTITY_CENTER_QUOTAS),
    (Target.PERMISSION_SET, _USERS): Room(1, 10_240, "permission-set", IDENTITY_CENTER_QUOTAS),
}
"""By target, and whether the principal is a user. All inline policies of a principal share their characters."""

DEFAULT_ROOM = _ROOM[Target.MANAGED, False]
"""That of managed policies, where nothing else is asked for."""


def room_for(target: Target, *, is_user: bool, slots: int) -> Room:
    """The room that there is; `slots` are how many more managed policies the principal may have."""
    room = _ROOM[target, is_user]
    if target is not Target.MANAGED:
        return room
    most = MOST_POLICIES_PER_USER if is_user else MOST_POLICIES_PER_PRINCIPAL
    return Room(min(slots, most), room.characters, room.ending, room.source)
