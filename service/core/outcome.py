"""What a call's error says about permission: allowed, denied, or nothing either way."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache

import msgspec


class Outcome(StrEnum):
    """Whether AWS let the call through its authorization."""

    ALLOWED = "allowed"
    DENIED = "denied"
    INDETERMINATE = "indeterminate"


class Denial(msgspec.Struct, frozen=True, order=True, gc=False):
    """What an access-denied message names; each member is empty where it does not.

    `policy_arn` is the denying policy: "The ARN of the denying policy is only provided in same-account and
    same-organization scenarios", https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
    """

    action: str = ""
    resource: str = ""
    policy_type: str = ""
    explicit: bool = False
    policy_arn: str = ""


_ALLOWED, _DENIED, _UNSHOWN = Outcome.ALLOWED, Outcome.DENIED, Outcome.INDETERMINATE

# Error code (a prefix `Client.` taken off; `*` is any text) -> outcome. First match wins. What no row
# names shows nothing: authentication (`ExpiredToken`, `AuthFailure`: nothing was authorized yet), throttling, limits,
# validation, internal errors.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html (errorCode)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
OUTCOME_BY_ERROR_CODE: tuple[tuple[str, Outcome], ...] = (
    # refused by a policy
    ("*AccessDenied*", _DENIED),
    ("*UnauthorizedOperation*", _DENIED),
    ("*UnauthorizedAccess*", _DENIED),
    ("*Unauthorized", _DENIED),
    ("*UnauthorizedException", _DENIED),
    ("*NotAuthorized*", _DENIED),
    ("AuthorizationError*", _DENIED),
    ("Forbidden*", _DENIED),
    ("AllAccessDisabled", _DENIED),
    # no such bucket: there was no resource for a policy to be evaluated against
    ("NoSuchBucket", _UNSHOWN),
    # the request got past authorization and met the state of the world
    ("DryRunOperation", _ALLOWED),
    ("*NoSuch*", _ALLOWED),
    ("*NotFound*", _ALLOWED),
    ("*NotExist*", _ALLOWED),
    ("*AlreadyExist*", _ALLOWED),
    ("*AlreadyOwnedByYou*", _ALLOWED),
    ("*ConditionalCheckFailed*", _ALLOWED),
    ("*TransactionCanceled*", _ALLOWED),
    ("*PreconditionFailed*", _ALLOWED),
    ("NotModified", _ALLOWED),
    ("*ResourceInUse*", _ALLOWED),
    ("*DeleteConflict*", _ALLOWED),
    ("*DependencyViolation*", _ALLOWED),
    ("*IncorrectInstanceState*", _ALLOWED),
    ("*Duplicate", _ALLOWED),
)


def outcome(error_code: str, error_message: str = "") -> Outcome:
    """Whether the call was allowed. A code that no row names shows nothing: it is never a reason to grant."""
    if not error_code:
        return _without_code(error_message) if error_message else Outcome.ALLOWED
    return _by_code(error_code)


def _without_code(message: str) -> Outcome:
    return Outcome.DENIED if denial(message) != Denial() else Outcome.INDETERMINATE


@lru_cache(maxsize=4096)
def _by_code(error_code: str) -> Outcome:
    code = error_code.removeprefix("Client.")
    return next((result for pattern, result in _TABLE if pattern.fullmatch(code)), Outcome.INDETERMINATE)


_TABLE = tuple(
    (re.compile(re.escape(code).replace(r"\*", ".*"), re.DOTALL), result) for code, result in OUTCOME_BY_ERROR_CODE
)

# "User: ... is not authorized to perform: A on resource: R because no identity-based policy allows the A action"
# "... with an explicit deny in a service control policy"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html#access-denied-message-examples
_PERFORM = re.compile(r"not authorized to perform:? +(?P<action>[A-Za-z0-9-]+:[A-Za-z0-9]+)")
# An ARN may hold spaces (S3 keys do), but only what follows it in AWS's own sentence shows where it ends then.
_RESOURCE = re.compile(
    r" on (?:the )?resource:? +\"?(?P<resource>\*|arn:[^\n]*?(?=\"? (?:because no|with an explicit deny) )|arn:\S+?)"
    r"\"?[.,]?(?= |$)"
)
_LAYER = r"(?P<type>[a-zA-Z -]+?(?: policy|(?<=boundary)))"
_EXPLICIT = re.compile(rf"with an explicit deny(?: in an? {_LAYER})?")
_IMPLICIT = re.compile(r"because no (?P<type>[a-zA-Z -]+?(?: policy|(?<=boundary))?) allows")
# "The request was denied due to a VPC endpoint policy"
_DUE = re.compile(rf"denied due to an? {_LAYER}")
_POLICY_ARN = re.compile(r"(?:policy|boundary): (?P<arn>arn:[^\s,]+:policy/[^\s,]+[^\s,.])")

# As messages spell the layer -> the layer's name in AWS's documentation.
POLICY_TYPES: dict[str, str] = {
    "identity-based policy": "identity-based policy",
    "resource-based policy": "resource-based policy",
    "service control policy": "service control policy",
    "resource control policy": "resource control policy",
    "vpc endpoint policy": "VPC endpoint policy",
    "permissions boundary": "permissions boundary",
    "session policy": "session policy",
    "role trust policy": "role trust policy",
}


def denial(message: str) -> Denial:
    """The action, resource and denying policy type that an access-denied message names.

    A message names one policy type even when several deny; a service that says only `Access Denied` names none.
    """
    performed, on, policy = _PERFORM.search(message), _RESOURCE.search(message), _POLICY_ARN.search(message)
    explicit = _EXPLICIT.search(message)
    layer = explicit or _IMPLICIT.search(message) or _DUE.search(message)
    spelled = (layer["type"] if layer else "") or ""
    return Denial(
        action=performed["action"] if performed else "",
        resource=on["resource"] if on else "",
        policy_type=POLICY_TYPES.get(spelled.lower(), spelled),
        explicit=explicit is not None,
        policy_arn=policy["arn"] if policy else "",
    )
