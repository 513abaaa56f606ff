"""The catalog's values: rows of the Service Authorization Reference, and the operations that map to them.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class AccessLevel(StrEnum):
    """What an action can do, in AWS's five words."""

    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    PERMISSIONS_MANAGEMENT = "Permissions management"
    TAGGING = "Tagging"


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key of one service; `type` is AWS's name of the value type (`String`, `ArrayOfARN`)."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource and every ARN format it is written in (`arn:${Partition}:s3:::${BucketName}`)."""

    name: str
    arn_formats: tuple[str, ...]
    condition_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionResource:
    """A resource type that an action accepts; `required` as AWS marks it with an asterisk.

    INVARIANT: `type` is a key of its service's `resource_types`, so in lower case.
    """

    type: str
    required: bool
    condition_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionDefinition:
    """One IAM action. No resources means that it takes only `*`.

    `permission_only` is AWS's own mark; `is_operation` is False where no operation of the SDKs bears the name;
    `retired` actions are no longer in AWS's reference. `supported_by` are AWS's names of the tools that know the action
    (`IAM Action Last Accessed`), or None where that is not known.
    """

    prefix: str
    name: str
    access_level: AccessLevel
    resources: tuple[ActionResource, ...]
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]
    permission_only: bool = False
    retired: bool = False
    is_operation: bool = True
    supported_by: tuple[str, ...] | None = None

    @property
    def full_name(self) -> str:
        """The action as a policy writes it, `s3:GetObject`."""
        return f"{self.prefix}:{self.name}"


@dataclass(frozen=True, slots=True)
class ServiceDefinition:
    """One service. `actions` and `resource_types` are keyed by lower-case name; names keep AWS's spelling."""

    prefix: str
    name: str
    actions: Mapping[str, ActionDefinition]
    resource_types: Mapping[str, ResourceType]
    condition_keys: Mapping[str, ConditionKey]


@dataclass(frozen=True, slots=True)
class CatalogVersion:
    """Which catalog answered: `version` of the source, `source` in words, `date` (ISO day), `digest` (sha256).

    `date` is the day of the data; of a refreshed catalog, the day of the refresh, and `source` names where it was read.
    """

    version: str
    source: str
    date: str
    digest: str


class Catalog(Protocol):
    """All services; lookups are case-insensitive, as IAM's are."""

    @property
    def version(self) -> CatalogVersion: ...

    def prefixes(self) -> tuple[str, ...]:
        """Every service prefix, sorted."""
        ...

    def service(self, prefix: str) -> ServiceDefinition | None:
        """The service of a prefix (`s3`), or None."""
        ...

    def action(self, full_name: str) -> ActionDefinition | None:
        """The action of a name like `s3:GetObject`, or None."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """An API call: CloudTrail's event source and event name. It is not an IAM action."""

    source: str
    name: str


class Confidence(StrEnum):
    """How sure an answer is; a property of the rule that gave it. `weakest` orders them."""

    CERTAIN = "certain"
    LIKELY = "likely"
    TENTATIVE = "tentative"


# By the rule's name, or that up to its colon. Certain is what AWS documents for the call itself, or the user says.
# Likely is an action of the call's name, which AWS's own map confirms for all but a few in a thousand (docs/accuracy.md
# has the share by rule); the dates of Lambda and CloudFront are documented. Tentative is a name that had to be changed.
CONFIDENCE_BY_RULE: Mapping[str, Confidence] = {
    "user-override": Confidence.CERTAIN,
    "override": Confidence.CERTAIN,
    "denied-message": Confidence.CERTAIN,
    "no-permission": Confidence.CERTAIN,
    "operation-map": Confidence.CERTAIN,
    "operation-map+name": Confidence.LIKELY,
    "api-gateway-method": Confidence.CERTAIN,
    "identity": Confidence.LIKELY,
    "event-name": Confidence.LIKELY,
    "spelling:strip-date": Confidence.LIKELY,
    "spelling": Confidence.TENTATIVE,
}


def confidence_of(rule: str) -> Confidence:
    """The confidence of a rule's answers; a rule that is not known is not trusted."""
    return CONFIDENCE_BY_RULE.get(rule) or CONFIDENCE_BY_RULE.get(rule.partition(":")[0], Confidence.TENTATIVE)


def weakest(rules: Iterable[str]) -> Confidence:
    """The confidence of what rests on several rules: that of the least sure one; `certain` where there is none."""
    order = tuple(Confidence)
    return max((confidence_of(rule) for rule in rules), key=order.index, default=Confidence.CERTAIN)


@dataclass(frozen=True, slots=True)
class Resolved:
    """The actions that authorise an operation by itself, the rule that says so, and what to know about it.

    `actions` are full names in AWS's spelling, sorted. Actions that depend on what a request carries
    (PassRole, tag-on-create, copy sources) are `conditional`, never in `actions`.
    `alternatives` are those of `actions` of which one call needs only some (a PartiQL statement is a select or an
    insert): the request decides which; where it does not show, all of them stand.
    `passes_role_to` are the services that a role in the request may be passed to (`iam:PassedToService`), if known.
    """

    actions: tuple[str, ...]
    rule: str
    conditional: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    passes_role_to: tuple[str, ...] = ()

    @property
    def confidence(self) -> Confidence:
        """How sure the answer is, by its rule."""
        return confidence_of(self.rule)


@dataclass(frozen=True, slots=True)
class NoPermission:
    """The operation needs no IAM permission, or none that a policy of the caller could grant; `reason` says why."""

    reason: str
    rule: str = "no-permission"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """No rule maps the operation; reported, never guessed."""

    reason: str
    rule: str = "unresolved"


Resolution = Resolved | NoPermission | Unresolved
