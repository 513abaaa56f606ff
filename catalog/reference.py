"""AWS's service reference, format version 1: read strictly, and joined with what it does not tell.

https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from catalog.drift import with_retired
from catalog.model import AccessLevel, ActionDefinition, ActionResource, ConditionKey, ResourceType, ServiceDefinition


class InvalidReference(Exception):
    """A file is not what the format promises; the message is a sentence that says what is wrong."""


# Names end in policies, file names and tab-separated tables, so they hold nothing that means something there.
_Service = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,64}\Z")]
_Word = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_.-]{1,256}\Z")]
_Text = Annotated[str, msgspec.Meta(pattern=r"^[ -~]{1,1024}\Z")]
_ArnFormat = Annotated[str, msgspec.Meta(pattern=r"^arn:[!-~]{1,2048}\Z")]


class _Part(msgspec.Struct, frozen=True, rename="pascal"):
    """Members that AWS adds within a format version are passed over."""


class Listed(msgspec.Struct, frozen=True):
    """A line of the list. `modified` is the stamp of the service's file."""

    service: _Service
    modified: int | float | str | None = None

    @property
    def stamp(self) -> str:
        return "" if self.modified is None else str(self.modified)


class _Properties(_Part, frozen=True):
    is_list: bool
    is_write: bool
    is_permission_management: bool
    is_tagging_only: bool


class _Annotations(_Part, frozen=True):
    properties: _Properties


class _Named(_Part, frozen=True):
    name: _Text


class _Action(_Part, frozen=True):
    name: _Word
    annotations: _Annotations
    action_condition_keys: tuple[_Text, ...] = ()
    resources: tuple[_Named, ...] = ()
    supported_by: dict[_Text, bool] | None = None


class _ConditionKey(_Part, frozen=True):
    name: _Text
    types: Annotated[tuple[_Word, ...], msgspec.Meta(min_length=1)]


class _Resource(_Part, frozen=True):
    name: _Text
    arn_formats: Annotated[tuple[_ArnFormat, ...], msgspec.Meta(min_length=1)] = msgspec.field(name="ARNFormats")
    condition_keys: tuple[_Text, ...] = ()


class _Authorized(_Part, frozen=True):
    name: _Word
    service: _Word
    context: dict[str, str | tuple[str, ...]] = {}


class _Sdk(_Part, frozen=True):
    name: _Text
    package: _Text


class _Operation(_Part, frozen=True):
    name: _Word
    authorized_actions: tuple[_Authorized, ...] = ()
    sdk: tuple[_Sdk, ...] = msgspec.field(name="SDK", default=())


class Reference(_Part, frozen=True):
    """One service's file."""

    name: _Service
    version: str | int | float
    actions: tuple[_Action, ...]
    condition_keys: tuple[_ConditionKey, ...] = ()
    resources: tuple[_Resource, ...] = ()
    operations: tuple[_Operation, ...] = ()


_LIST = msgspec.json.Decoder(tuple[Listed, ...])
_REFERENCE = msgspec.json.Decoder(Reference)


def parse_list(content: bytes) -> tuple[Listed, ...]:
    """The services that there are.

    Raises:
        InvalidReference: it is not such a list.
    """
    try:
        listed = _LIST.decode(content)
    except msgspec.DecodeError as error:
        raise InvalidReference(f"the list of services is not in the documented format ({error})") from error
    if len({each.service for each in listed}) != len(listed):
        raise InvalidReference("the list of services names one of them twice")
    return listed


def parse_reference(content: bytes, service: str) -> Reference:
    """The file of a service.

    Raises:
        InvalidReference: it is not in the documented format, of a version that is not known, or of another service.
    """
    try:
        found = _REFERENCE.decode(content)
    except msgspec.DecodeError as error:
        raise InvalidReference(f"the file of `{service}` is not in the documented format ({error})") from error
    if str(found.version).removeprefix("v").partition(".")[0] != "1":
        raise InvalidReference(
            f"the file of `{service}` has format version `{found.version}`; this release reads version 1"
        )
    if found.name != service:
        raise InvalidReference(f"the file of `{service}` says that it is of `{found.name}`")
    return found


def joined(found: Reference, known: ServiceDefinition) -> ServiceDefinition:
    """The service as the reference has it, with what only `known` has.

    Dependent actions, permission-only marks, which resource types are required and their condition keys by action are
    not in the reference. Actions that are gone stay, marked retired; so do resource types, which retired actions and
    our corrections name.

    Raises:
        InvalidReference: an action names a resource type that there is not.
    """
    types = {each.name.lower(): _resource_type(each) for each in found.resources}
    operations = frozenset(each.name.lower() for each in found.operations)
    service = ServiceDefinition(
        prefix=known.prefix,
        name=known.name,
        actions={each.name.lower(): _action(each, known, operations) for each in found.actions},
        resource_types={**known.resource_types, **types},
        condition_keys={each.name.lower(): ConditionKey(each.name, each.types[0]) for each in found.condition_keys},
    )
    for action in service.actions.values():
        missing = {each.type for each in action.resources} - service.resource_types.keys()
        if missing:
            raise InvalidReference(
                f"`{action.full_name}` takes `{min(missing)}`, which is no resource type of its service"
            )
    return with_retired(service, known)


def operation_rows(found: Reference) -> Iterator[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Client of boto3, operation, the actions that may authorise it, and the services that it passes a role to.

    `SDK` names the client and its method for each package; one operation may be of several clients.

    Raises:
        InvalidReference: what a role is passed to is no service.
    """
    for operation in found.operations:
        actions = tuple(f"{each.service}:{each.name}" for each in operation.authorized_actions)
        passed = {service for each in operation.authorized_actions for service in _passed_to(each)}
        for sdk in operation.sdk if actions else ():
            if sdk.package.lower() == "boto3":
                yield sdk.name, operation.name, actions, tuple(sorted(passed))


def _passed_to(authorized: _Authorized) -> tuple[str, ...]:
    """Service principals, less the ones of AWS's own test stages."""
    given = authorized.context.get("iam:PassedToService", ())
    names = (given,) if isinstance(given, str) else given
    odd = next((name for name in names if not re.fullmatch(r"[a-z0-9.*-]+", name)), None)
    if odd is not None:
        raise InvalidReference(
            f"`{odd}` in the context of `{authorized.service}:{authorized.name}` is no service principal"
        )
    return tuple(name for name in names if ".preprod." not in name)


# An action may be flagged more than once; with no flag it reads. The level that says most about the risk counts.
_LEVELS: tuple[tuple[str, AccessLevel], ...] = (
    ("is_permission_management", AccessLevel.PERMISSIONS_MANAGEMENT),
    ("is_tagging_only", AccessLevel.TAGGING),
    ("is_write", AccessLevel.WRITE),
    ("is_list", AccessLevel.LIST),
)


def _level(properties: _Properties) -> AccessLevel:
    return next((level for flag, level in _LEVELS if getattr(properties, flag)), AccessLevel.READ)


def _action(each: _Action, known: ServiceDefinition, operations: frozenset[str]) -> ActionDefinition:
    was = known.actions.get(each.name.lower())
    supported = each.supported_by
    return ActionDefinition(
        prefix=known.prefix,
        name=each.name,
        access_level=_level(each.annotations.properties),
        resources=_resources(each, was),
        condition_keys=tuple(sorted(set(each.action_condition_keys))),
        dependent_actions=was.dependent_actions if was else (),
        permission_only=was.permission_only if was else False,
        is_operation=_is_operation(each, was, operations),
        supported_by=None
        if supported is None
        else tuple(sorted(tool for tool, known_to in supported.items() if known_to)),
    )


def _resources(each: _Action, was: ActionDefinition | None) -> tuple[ActionResource, ...]:
    """The only resource type of a new action is taken as required: so it is for 96 of 100 actions that we know."""
    before: Mapping[str, ActionResource] = {known.type: known for known in was.resources} if was else {}
    names = sorted({resource.name.lower() for resource in each.resources})
    return tuple(before.get(name) or ActionResource(name, required=len(names) == 1) for name in names)


def _is_operation(each: _Action, was: ActionDefinition | None, operations: frozenset[str]) -> bool:
    """Whether a call has the action's name: as was known, or as the reference's operations tell, where it has any."""
    if was is not None and was.is_operation:
        return True
    return each.name.lower() in operations or (was is None and not operations)


def _resource_type(each: _Resource) -> ResourceType:
    return ResourceType(each.name, each.arn_formats, tuple(sorted(set(each.condition_keys))))
