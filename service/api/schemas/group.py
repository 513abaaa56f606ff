"""A group's policies, described member by member."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from catalog.model import AccessLevel
from service.api.schemas.checks import VerdictDocument
from service.api.schemas.described import Described
from service.api.schemas.fit import FitDocument
from service.api.schemas.proposal import ConditionDocument, NamedPolicyDocument
from service.core.group_json import FORMAT
from service.core.principals import PrincipalType


class MemberReplayDocument(Described):
    """The member's observed requests, put to the group's policies."""

    requests: int = Field(description="How many distinct requests.")
    allowed: int = Field(description="How many of them are allowed.")


class MemberDocument(Described):
    """One principal of the group."""

    arn: str | None = Field(description="Its ARN; null where neither the trail nor the question shows it.")
    name: str = Field(description="Its name, without the path.")
    type: PrincipalType = Field(description="What kind of principal it is.")
    needs: int = Field(description="How many pairs of action and resource of the group's policies it needs.")
    needed_by_nobody_else: int = Field(description="How many of these nobody else in the group needs.")
    gains: dict[str, int] = Field(description="By access level, the pairs that it does not need.")
    replay: MemberReplayDocument
    no_new_access: VerdictDocument | None = Field(
        description="Whether the group's policies give it nothing new; null where it is not known what it is granted."
    )
    contradictions: list[str] = Field(description="What of the group's policies its own policies deny.")


class SharedPermissionDocument(Described):
    """A pair of action and resource of the group's policies."""

    action: str = Field(description="The action.")
    access_level: AccessLevel = Field(description="Its access level.")
    resource: str = Field(description="The resource, as the policy writes it.")
    conditions: list[ConditionDocument] = Field(description="The conditions under which it is allowed.")
    needed_by: list[str] = Field(
        description="The members that need it; none where it makes the policy fit and no request can meet it."
    )


class GroupDocument(Described):
    """Policies for several principals together."""

    format: Literal["whittle-group/1"] = Field(description=f"The format of this document, `{FORMAT}`.")
    name: str = Field(description="The name of the group.")
    policies: list[NamedPolicyDocument] = Field(description="The policies for every member.")
    fit: FitDocument
    members: list[MemberDocument] = Field(description="The members.")
    permissions: list[SharedPermissionDocument] = Field(description="Who needs what.")
    notes: list[str] = Field(description="What is to be known of the group as a whole.")
