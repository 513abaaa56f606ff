"""Who made a call: from CloudTrail's `userIdentity` to the principal whose policy decides.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from service.core.errors import MalformedArn
from service.core.events import Event, Identity, SessionIssuer
from service.core.shown import shown


class PrincipalType(StrEnum):
    """What kind of caller; the first four can be given a policy, the others cannot."""

    ROLE = "role"
    USER = "user"
    IDENTITY_CENTER_ROLE = "identity-center-role"
    SERVICE_LINKED_ROLE = "service-linked-role"
    ROOT = "root"
    FEDERATED = "federated"
    AWS_SERVICE = "aws-service"
    AWS_ACCOUNT = "aws-account"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class Principal:
    """A caller. `arn` is empty where the trail never shows it: a name is kept, an ARN is never invented."""

    type: PrincipalType
    account: str
    name: str
    arn: str = ""

    @property
    def label(self) -> str:
        """The ARN, or the best name there is."""
        return self.arn or f"{self.type} {self.account} {self.name}".replace("  ", " ").strip()

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, from the ARN; empty where there is none."""
        return self.arn.split(":", 2)[1] if self.arn.startswith("arn:") else ""


# Roles that IAM does not let anybody edit, by path.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
# https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html
ROLE_TYPE_BY_PATH: tuple[tuple[str, PrincipalType], ...] = (
    ("aws-service-role/", PrincipalType.SERVICE_LINKED_ROLE),
    ("aws-reserved/sso.amazonaws.com/", PrincipalType.IDENTITY_CENTER_ROLE),
)
# The same, by name, for callers whose issuer the trail does not show: both name prefixes are reserved by AWS.
ROLE_TYPE_BY_NAME: tuple[tuple[str, PrincipalType], ...] = (
    ("AWSServiceRoleFor", PrincipalType.SERVICE_LINKED_ROLE),
    ("AWSReservedSSO_", PrincipalType.IDENTITY_CENTER_ROLE),
)
ROLE_TYPES = frozenset({PrincipalType.ROLE, PrincipalType.SERVICE_LINKED_ROLE, PrincipalType.IDENTITY_CENTER_ROLE})

_IAM_ARN = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(?P<account>[^:]+):(?P<kind>role|user)/(?P<path>.+)")
_SESSION_ARN = re.compile(
    r"arn:(?P<partition>[a-z-]+):sts::(?P<account>[^:]+):assumed-role/(?P<name>[^/]+)(?:/(?P<session>.+))?"
)

# `userIdentity.type` of callers that no identity policy of the account decides about.
_TYPE_WITHOUT_POLICY: dict[str, PrincipalType] = {
    "AWSAccount": PrincipalType.AWS_ACCOUNT,
    "SAMLUser": PrincipalType.FEDERATED,
    "WebIdentityUser": PrincipalType.FEDERATED,
    "IdentityCenterUser": PrincipalType.FEDERATED,
    "Directory": PrincipalType.FEDERATED,
}


def attribute(event: Event) -> Principal:
    """The principal whose permissions the call used.

    An assumed role is its session issuer, path and all: the session's own ARN has lost the path. A federated
    user acts within the policies of the IAM user (or root) that issued the session.
    """
    identity = event.identity
    context = identity.session_context
    issuer = context.session_issuer if context else None
    account = identity.account_id or event.account
    if identity.type == "AWSService":
        return Principal(PrincipalType.AWS_SERVICE, "", identity.invoked_by or event.source)
    if identity.type == "Root":
        return _root(identity.arn or "", account)
    if (without_policy := _TYPE_WITHOUT_POLICY.get(identity.type or "")) is not None:
        name = identity.user_name or identity.principal_id or account
        return Principal(without_policy, account, name, identity.arn or "")
    if issuer is not None and (found := _from_issuer(issuer, account)) is not None:
        return found
    return _from_identity(identity, account)


@lru_cache(maxsize=4096)
def principal_of_arn(arn: str) -> Principal | None:
    """The role or user of an ARN; None for any other."""
    if (found := _IAM_ARN.fullmatch(arn)) is None:
        return None
    name = found["path"].rsplit("/", 1)[-1]
    kind = PrincipalType.USER if found["kind"] == "user" else _role_type(found["path"], name)
    return Principal(kind, found["account"], name, arn)


def _root(arn: str, account: str) -> Principal:
    return Principal(PrincipalType.ROOT, account, "root", arn if arn.endswith(":root") else "")


def _from_issuer(issuer: SessionIssuer, account: str) -> Principal | None:
    if (found := principal_of_arn(issuer.arn or "")) is not None:
        return found
    if issuer.type == "Root":
        return _root(issuer.arn or "", account)
    if issuer.user_name and issuer.type in ("Role", "IAMUser"):
        owner = issuer.account_id or account
        kind = PrincipalType.USER if issuer.type == "IAMUser" else _role_type("", issuer.user_name)
        return Principal(kind, owner, issuer.user_name)
    return None


def _from_identity(identity: Identity, account: str) -> Principal:
    arn = identity.arn or ""
    if (found := principal_of_arn(arn)) is not None:
        return found
    if (session := _SESSION_ARN.fullmatch(arn)) is not None:
        name = session["name"]
        return Principal(_role_type("", name), session["account"], name)
    if identity.type == "FederatedUser":
        return Principal(PrincipalType.FEDERATED, account, arn.rsplit("/", 1)[-1] or "unnamed", arn)
    if identity.type == "IAMUser" and identity.user_name:
        return Principal(PrincipalType.USER, account, identity.user_name)
    if not identity.type and identity.invoked_by:
        return Principal(PrincipalType.AWS_SERVICE, "", identity.invoked_by)
    name = identity.user_name or identity.principal_id or identity.type or "no user identity"
    return Principal(PrincipalType.UNKNOWN, account, name)


def _role_type(path: str, name: str) -> PrincipalType:
    rows = [kind for prefix, kind in ROLE_TYPE_BY_PATH if path.startswith(prefix)]
    if not path:
        rows = [kind for prefix, kind in ROLE_TYPE_BY_NAME if name.startswith(prefix)]
    return rows[0] if rows else PrincipalType.ROLE


@dataclass(frozen=True, slots=True)
class PrincipalQuery:
    """The principal that the user asks about. `arn` is empty when only a session ARN was given."""

    text: str
    is_user: bool
    account: str
    name: str
    arn: str
    partition: str
    session: str = ""


# Names: "must be alphanumeric, including the following common characters: plus (+), equals (=), comma (,), period (.),
# at (@), underscore (_), and hyphen (-)", https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
# Paths may hold any printable ASCII: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_ASKED_ENTITY = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):iam::(?P<account>[0-9A-Za-z]+):(?P<kind>role|user)/"
    r"(?:[!-.0-~]+/)*(?P<name>[A-Za-z0-9+=,.@_-]{1,64})"
)
_ASKED_SESSION = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account>[0-9A-Za-z]+):assumed-role/"
    r"(?P<name>[A-Za-z0-9+=,.@_-]{1,64})(?:/(?P<session>[A-Za-z0-9+=,.@_-]{1,64}))?"
)

# What people ask for that makes no calls, or none that a policy could be cut from -> what to ask for instead.
_ASK_INSTEAD: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"arn:[^:]*:iam::[^:]*:root"), "no policy limits the root user: ask for a role or a user"),
    (re.compile(r"arn:[^:]*:iam::[^:]*:group/.*"), "a group makes no calls: ask for its users"),
    (re.compile(r"arn:[^:]*:iam::[^:]*:instance-profile/.*"), "an instance profile makes no calls: ask for its role"),
    (re.compile(r"arn:[^:]*:iam::[^:]*:policy/.*"), "a policy makes no calls: ask for the role or user that has it"),
    (re.compile(r"arn:[^:]*:sts::[^:]*:federated-user/.*"), "ask for the IAM user that issued the session"),
)
_FORMS = (
    "give a role (`arn:aws:iam::111122223333:role/NAME`), a user (`arn:aws:iam::111122223333:user/NAME`) "
    "or a session (`arn:aws:sts::111122223333:assumed-role/NAME/SESSION`)"
)


def parse_principal(text: str) -> PrincipalQuery:
    """Read a role ARN, a user ARN or an assumed-role session ARN. A session stands for its whole role.

    Raises:
        MalformedArn: anything else, with what to give instead.
    """
    if (iam := _ASKED_ENTITY.fullmatch(text)) is not None and _is_account(iam["account"]):
        return PrincipalQuery(text, iam["kind"] == "user", iam["account"], iam["name"], text, iam["partition"])
    if (sts := _ASKED_SESSION.fullmatch(text)) is not None and _is_account(sts["account"]):
        session = sts["session"] or ""
        return PrincipalQuery(text, False, sts["account"], sts["name"], "", sts["partition"], session)
    instead = next((advice for pattern, advice in _ASK_INSTEAD if pattern.fullmatch(text)), _FORMS)
    raise MalformedArn(f"`{shown(text)}` is not the ARN of a role, a user or a session: {instead}")


class Directory:
    """Principals by what they are asked for: an index may know of a hundred thousand."""

    def __init__(self, principals: Iterable[Principal]) -> None:
        self._found: dict[tuple[str, str], set[Principal]] = {}
        for each in principals:
            self._found.setdefault((each.account, each.name), set()).add(each)
            if each.arn:
                self._found.setdefault(("", each.arn), set()).add(each)

    def asked(self, query: PrincipalQuery) -> list[Principal]:
        """Those that a query asks for, sorted."""
        near = self._found.get((query.account, query.name), set()) | self._found.get(("", query.arn), set())
        return sorted(each for each in near if asks_for(query, each))


def asks_for(query: PrincipalQuery, principal: Principal) -> bool:
    """Whether a call of `principal` belongs to the answer.

    A principal without a known ARN is matched by account and name, which IAM keeps unique whatever the path.
    """
    if query.is_user != (principal.type is PrincipalType.USER):
        return False
    if not query.is_user and principal.type not in ROLE_TYPES:
        return False
    if query.arn and principal.arn:
        return query.arn == principal.arn
    return (query.account, query.name) == (principal.account, principal.name)


def _is_account(text: str) -> bool:
    """Twelve digits; in a trail that was masked before it was shared, letters too, and then as many as there are."""
    return len(text) == 12 if text.isdigit() else len(text) <= _LONGEST_MASK


_LONGEST_MASK = 20
