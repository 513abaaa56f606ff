"""What a principal is granted now, from policy documents or from an account's authorization details.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.core.current import Current, GrantedPolicy
from service.core.errors import InputError, MalformedPolicy
from service.core.iam.strict_json import Json, Members, items, members
from service.core.principals import PrincipalQuery, parse_principal
from service.core.shown import shown
from service.usecases.policy_texts import document_of, policies_in, text_of, value_of

Files = Sequence[tuple[str, bytes]]
"""Files by name, with their content."""


def current_of(files: Files, query: PrincipalQuery) -> Current:
    """What the principal of a query is granted: by all the documents of the files, or by the details of its account.

    Raises:
        InputError: the files cannot be used, or do not say it; the message names file and place.
    """
    details = [name for name, content in files if _is_details(content)]
    if not details:
        return Current(tuple(policies_of(files)))
    if len(files) > 1:
        raise InputError(f"{details[0]} holds the details of an account, which say everything: give it alone")
    (name, content), *_ = files
    return _Account(name, members(value_of(name, text_of(name, content)), name)).of(query)


def current_of_account(name: str, details: Json, query: PrincipalQuery) -> Current:
    """What the principal of a query is granted by the details of its account, which stand under `name`.

    Raises:
        InputError: they are no such details, or do not say it; the message names the place.
    """
    found = members(details, name)
    if not any(each in found for each in _LISTS):
        raise InputError(
            f"{name} has none of {', '.join(_LISTS)}: give what GetAccountAuthorizationDetails answers, "
            "or a list of policy documents"
        )
    return _Account(name, found).of(query)


def tagged(name: str, content: bytes, key: str, value: str) -> list[PrincipalQuery]:
    """The roles and users with a tag, by the details of their account; sorted.

    Raises:
        InputError: these are no such details, or nobody has the tag.
    """
    if not _is_details(content):
        raise InputError(f"{name} says nothing of tags: give what GetAccountAuthorizationDetails answers")
    account = _Account(name, members(value_of(name, text_of(name, content)), name))
    found = sorted(arn for arn, tags in account.tags() if tags.get(key) == value)
    if not found:
        raise InputError(f"{name}: no role or user has the tag {shown(key)}={shown(value)}")
    return [parse_principal(each) for each in found]


def policies_of(files: Files) -> Iterator[GrantedPolicy]:
    """Every policy of the files, in their order."""
    for name, content in files:
        yield from policies_in(name, content)


_LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList")


def _is_details(content: bytes) -> bool:
    """By the names of its lists, which no policy document has."""
    return any(f'"{name}"'.encode() in content for name in _LISTS)


@dataclass(frozen=True, slots=True)
class _Account:
    """The details of an account, in the file `name`."""

    name: str
    details: dict[str, Json]

    def of(self, query: PrincipalQuery) -> Current:
        """What the policies of the principal, of its groups and its boundary grant.

        Raises:
            InputError: the details lack the principal, or a policy that is attached to it.
        """
        if self.details.get("IsTruncated") is True:
            raise InputError(f"{self.name} is one page of several: give the details whole, as the AWS CLI puts them")
        place, entity = self._entity(query)
        sources = [("", place, entity), *self._groups(place, entity)]
        attached = [arn for _, where, each in sources for arn in _attached(where, each)]
        boundary = _boundary(place, entity)
        self._check(attached + ([boundary] if boundary else []))
        inline = [policy for title, where, each in sources for policy in _inline(title, where, each)]
        managed = [self._managed(arn) for arn in dict.fromkeys(attached)]
        notes = () if inline or managed else ("the account's details attach no policy to the principal",)
        limit = self._managed(boundary) if boundary else None
        created, tags = _day(entity.get("CreateDate")), tuple(_tags(place, entity))
        return Current((*inline, *managed), limit, notes, created=created, tags=tags)

    def tags(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The ARN and the tags of each user and role."""
        for part in ("UserDetailList", "RoleDetailList"):
            for place, entity in self._entries(part):
                yield str(entity.get("Arn")), dict(_tags(place, entity))

    def _entity(self, query: PrincipalQuery) -> tuple[str, dict[str, Json]]:
        part, key = ("UserDetailList", "UserName") if query.is_user else ("RoleDetailList", "RoleName")
        for place, entity in self._entries(part):
            arn = entity.get("Arn")
            same = arn == query.arn if query.arn else entity.get(key) == query.name and f":{query.account}:" in str(arn)
            if same:
                return place, entity
        raise InputError(
            f"{self.name} has no `{shown(query.text)}` in its {part}: give the details of account {query.account}, "
            "with all its users, groups and roles"
        )

    def _groups(self, place: str, entity: dict[str, Json]) -> Iterator[tuple[str, str, dict[str, Json]]]:
        known = {str(each.get("GroupName")): (where, each) for where, each in self._entries("GroupDetailList")}
        for where, name in items(entity.get("GroupList", []), f"{place}, GroupList"):
            if str(name) not in known:
                raise InputError(
                    f"{where} is the group `{shown(str(name))}`, which the GroupDetailList lacks: "
                    "ask for the groups in the details, too"
                )
            yield f"group {shown(str(name))}, ", *known[str(name)]

    def _check(self, arns: Iterable[str]) -> None:
        known = set(self._documents())
        if missing := sorted(set(arns) - known):
            raise InputError(
                f"{self.name} lacks policies that are attached: {', '.join(map(shown, missing))}; leave --filter out "
                "of `aws iam get-account-authorization-details`, or name LocalManagedPolicy and AWSManagedPolicy in it"
            )

    def _managed(self, arn: str) -> GrantedPolicy:
        place, document = self._documents()[arn]
        return GrantedPolicy(arn, document_of(place, document))

    def _documents(self) -> dict[str, tuple[str, Json]]:
        """The default version of each managed policy, by its ARN."""
        found: dict[str, tuple[str, Json]] = {}
        for place, policy in self._entries("Policies"):
            for where, version in _each(policy, "PolicyVersionList", place):
                if version.get("IsDefaultVersion") is True and "Document" in version:
                    found[str(policy.get("Arn"))] = f"{where}, Document", version["Document"]
        return found

    def _entries(self, part: str) -> Iterator[tuple[str, dict[str, Json]]]:
        return _each(self.details, part, self.name)


def _tags(place: str, entity: dict[str, Json]) -> Iterator[tuple[str, str]]:
    for _, tag in _each(entity, "Tags", place):
        yield str(tag.get("Key")), str(tag.get("Value"))


def _day(value: Json) -> str:
    """The day of a moment as AWS's tools write it; empty for anything else."""
    found = _DAY.match(value) if isinstance(value, str) else None
    return found[0] if found else ""


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?=T|$)")


def _each(parent: dict[str, Json], name: str, place: str) -> Iterator[tuple[str, dict[str, Json]]]:
    value = parent.get(name, [])
    if not isinstance(value, list):
        raise MalformedPolicy(f"{place}, {name} is not a list: give what GetAccountAuthorizationDetails answers")
    for where, each in items(value, f"{place}, {name}"):
        yield where, members(each, where)


def _inline(title: str, place: str, entity: dict[str, Json]) -> Iterator[GrantedPolicy]:
    for name in ("RolePolicyList", "UserPolicyList", "GroupPolicyList"):
        for where, policy in _each(entity, name, place):
            if "PolicyDocument" not in policy:
                raise MalformedPolicy(f"{where} has no PolicyDocument: give the details as AWS answers them")
            called = f"{title}inline policy {shown(str(policy.get('PolicyName', where)))}"
            yield GrantedPolicy(called, document_of(f"{where}, PolicyDocument", policy["PolicyDocument"]))


def _attached(place: str, entity: dict[str, Json]) -> Iterator[str]:
    for _, policy in _each(entity, "AttachedManagedPolicies", place):
        yield str(policy.get("PolicyArn"))


def _boundary(place: str, entity: dict[str, Json]) -> str | None:
    value = entity.get("PermissionsBoundary")
    if not isinstance(value, Members):
        return None
    arn = members(value, f"{place}, PermissionsBoundary").get("PermissionsBoundaryArn")
    return str(arn) if arn else None
