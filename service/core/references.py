"""Resources that a call's further actions are about, found in ways of their own: copy sources, roles, code in S3."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import unquote

from service.core.iam.pattern import escape
from service.core.known import ROLE_OF_PROFILE
from service.core.names import HIDDEN
from service.core.resources import EVERYTHING, Target, has_a_place
from service.core.usage import Call, normalised


def texts_of(call: Call, name: str) -> list[str]:
    """The texts of a request's members with a name, as `usage.normalised` writes it; what is hidden is left out."""
    return [
        text for path, text in call.parameters if normalised(path.rsplit(".", 1)[-1]) == name and text not in HIDDEN
    ]


def _copy_sources(call: Call, *, versioned: bool) -> tuple[Target, ...]:
    """`x-amz-copy-source: /bucket/key?versionId=ID`, URL-encoded.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    targets = []
    for text in texts_of(call, "xamzcopysource"):
        path, _, query = text.partition("?versionId=")
        if bool(query) == versioned:
            arn = _object_arn(call, unquote(path))
            targets.append(Target("object", arn, (escape(arn),)))
    return tuple(sorted(targets))


def _object_arn(call: Call, path: str) -> str:
    """`/bucket/key`, or an access point's ARN with `/object/key` behind it."""
    return path if has_a_place(path) else f"arn:{call.partition}:s3:::{path.removeprefix('/')}"


_PROFILE = "iaminstanceprofile"


def _instance_profile(call: Call) -> tuple[Target, ...]:
    """The role of an instance profile. The record names the profile; the console gives both the same name.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
    """
    inside = [text for path, text in call.parameters if text and _PROFILE in map(normalised, path.split("."))]
    names = sorted({text.rsplit("/", 1)[-1] for text in inside if text not in HIDDEN})
    return tuple(replace(_role(call, name, exact=False), type=ROLE_OF_PROFILE) for name in names)


def _roles(call: Call, *, member: str) -> tuple[Target, ...]:
    """The roles that a member names: by ARN, by path and name, or by name alone."""
    return tuple(sorted({_role(call, text, exact=True) for text in texts_of(call, member) if text}))


def _role(call: Call, text: str, *, exact: bool) -> Target:
    """A role's ARN; a name without a path may have any, and an instance profile's ARN says its name alone."""
    if has_a_place(text) and ":role/" in text:
        return Target("role", text, (escape(text),), exact)
    if has_a_place(text):
        return _role(call, text.rsplit("/", 1)[-1], exact=False)
    stem = f"arn:{call.partition}:iam::{call.account or call.principal.account}:role/"
    patterns = (escape(text),) if "/" in text else (escape(text), f"*/{escape(text)}")
    return Target(
        "role", stem + text.removeprefix("/"), tuple(stem + each.removeprefix("/") for each in patterns), exact
    )


# `"RoleArn": "arn:..."` of a policy for logs, `assumeRole: arn:...` of a document for Systems Manager.
_ROLE_ARN = re.compile(r"""[Rr]ole(?:Arn)?["']?\s*:\s*["']?(arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+)""")


def _roles_within(call: Call, *, member: str) -> tuple[Target, ...]:
    """The roles that a text within the request, such as a whole document, names as roles by their ARNs."""
    found = {arn for text in texts_of(call, member) for arn in _ROLE_ARN.findall(text)}
    return tuple(Target("role", arn, (escape(arn),)) for arn in sorted(found))


def _code(call: Call, *, versioned: bool) -> tuple[Target, ...]:
    """The archive in S3 that Lambda takes a function's code from, with the caller's permissions.

    https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html
    """
    buckets, keys = (texts_of(call, name) for name in ("s3bucket", "s3key"))
    if len(buckets) != 1 or len(keys) != 1 or bool(texts_of(call, "s3objectversion")) != versioned:
        return ()
    arn = _object_arn(call, f"{buckets[0]}/{keys[0]}")
    return (Target("object", arn, (escape(arn),)),)


@dataclass(frozen=True, slots=True)
class Reference:
    """A resource that a row finds in its own way, and the request members that this needs."""

    targets: Callable[[Call], tuple[Target, ...]]
    members: frozenset[str]


def reference(name: str) -> Reference:
    """The reference of a row. Raises KeyError for a name that there is not."""
    kind, _, argument = name.partition(":")
    if kind == "role":
        return Reference(partial(_roles, member=argument), frozenset({argument}))
    if kind == "roles-within":
        return Reference(partial(_roles_within, member=argument), frozenset({argument}))
    return _REFERENCES[name]


_CODE = frozenset({"s3bucket", "s3key", "s3objectversion"})

_REFERENCES = {
    "copy-source": Reference(partial(_copy_sources, versioned=False), frozenset({"xamzcopysource"})),
    "copy-source-version": Reference(partial(_copy_sources, versioned=True), frozenset({"xamzcopysource"})),
    "instance-profile": Reference(_instance_profile, frozenset({"iaminstanceprofile", "name"})),
    "code": Reference(partial(_code, versioned=False), _CODE),
    "code-version": Reference(partial(_code, versioned=True), _CODE),
    "everything": Reference(lambda _: (EVERYTHING,), frozenset()),
}
