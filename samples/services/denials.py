"""Refusals in AWS's wording: who, which action, on what, and which kind of policy said no.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from typing import Final

from samples.records import Call


def no_allow(call: Call, who: str, action: str, resource: str, layer: str = "identity-based policy") -> Call:
    """Refused because nothing allows it."""
    return _refused(call, who, action, resource, f"because no {layer} allows the {action} action")


def explicit_deny(call: Call, who: str, action: str, resource: str, layer: str) -> Call:
    """Refused by a Deny; one kind of policy is named, though several may deny."""
    return _refused(call, who, action, resource, f"with an explicit deny in {layer}")


def no_reason(call: Call, who: str, action: str, resource: str) -> Call:
    """The older wording, which ends at the resource."""
    return _refused(call, who, action, resource, "")


def ec2_refusal(call: Call, who: str, action: str, resource: str) -> Call:
    """EC2's own code and wording, with an encoded part that only AWS can read."""
    message = (
        f"You are not authorized to perform this operation. User: {who} is not authorized to perform: {action} on "
        f"resource: {resource} because no identity-based policy allows the {action} action. "
        "Encoded authorization failure message: vGvR0ExampleOnlyNotDecodable5u2"
    )
    return call.failing("Client.UnauthorizedOperation", message)


# What a network activity event holds where the policy of a VPC endpoint said no.
ENDPOINT_REFUSAL: Final = {
    "errorCode": "VpceAccessDenied",
    "errorMessage": "The request was denied due to a VPC endpoint policy",
}

# The error code with which each service refuses; the others say AccessDenied.
_CODES = {
    "athena": "AccessDeniedException",
    "dynamodb": "AccessDeniedException",
    "glue": "AccessDeniedException",
    "kms": "AccessDeniedException",
    "lambda": "AccessDeniedException",
    "logs": "AccessDeniedException",
    "secretsmanager": "AccessDeniedException",
    "sns": "AuthorizationErrorException",
    "ssm": "AccessDeniedException",
}


def _refused(call: Call, who: str, action: str, resource: str, because: str) -> Call:
    message = f"User: {who} is not authorized to perform: {action} on resource: {resource} {because}".rstrip()
    return call.failing(_CODES.get(call.service, "AccessDenied"), message)
