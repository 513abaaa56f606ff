"""Which role an instance profile holds, as the record of putting it there shows."""

from __future__ import annotations

import msgspec

from service.core.events import Event
from service.core.principals import Principal

Profile = tuple[str, str]
"""The ARN that a role of the profile's name would have, and the ARN of the role in it, both without a path."""

_FILLING = ("iam.amazonaws.com", "AddRoleToInstanceProfile")


class _Filling(msgspec.Struct, rename="camel"):
    instance_profile_name: str
    role_name: str


def is_filling(event: Event) -> bool:
    """Whether an event is of the operation that puts a role into a profile."""
    return (event.source, event.name) == _FILLING


def profile_of(event: Event, principal: Principal) -> Profile | None:
    """What one event says, if it put a role into a profile."""
    if not is_filling(event) or event.error_code or not event.request:
        return None
    try:
        filling = msgspec.json.decode(event.request, type=_Filling)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    stem = f"arn:{principal.partition or 'aws'}:iam::{event.account or principal.account}:role/"
    return stem + filling.instance_profile_name, stem + filling.role_name
