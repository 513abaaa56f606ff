"""Policy documents in every wrapping that AWS's tools give them in: as they are, in lists, in answers, URL-encoded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote

from service.core.current import GrantedPolicy
from service.core.errors import MalformedPolicy
from service.core.iam.document import parse_policy
from service.core.iam.policy import Policy
from service.core.iam.strict_json import Json, Members, Number, kind, members, parse_json
from service.core.shown import shown


def policies_in(name: str, content: bytes) -> tuple[GrantedPolicy, ...]:
    """The policies in a file, each named after the place where it stands.

    Raises:
        MalformedPolicy: there is none, or one that the grammar does not allow; the message names file and place.
    """
    text = text_of(name, content)
    value = value_of(name, text)
    if isinstance(value, Members) and _is_document(value):
        return (_granted(name, text),)  # from its own text, so that errors name its lines
    return tuple(_found(name, value))


def text_of(name: str, content: bytes) -> str:
    """The text of a file; one that is URL-encoded as a whole is decoded.

    Raises:
        MalformedPolicy: it is not UTF-8.
    """
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise MalformedPolicy(f"{name}: byte {error.start} is not UTF-8: save the file as UTF-8") from error
    return _decoded(text)


def value_of(name: str, text: str) -> Json:
    """The JSON of a text.

    Raises:
        MalformedPolicy: it is none.
    """
    if not text:
        raise MalformedPolicy(f"{name} is empty: give a policy document")
    try:
        return parse_json(text)
    except MalformedPolicy as error:
        raise MalformedPolicy(f"{name}, {error}") from error


def document_of(place: str, value: Json) -> Policy:
    """The policy of one document: an object, or its text, URL-encoded or not, as IAM's API gives it.

    Raises:
        MalformedPolicy: the grammar does not allow it.
    """
    try:
        return parse_policy(_decoded(value) if isinstance(value, str) else _written(value))
    except RecursionError:
        raise MalformedPolicy(f"{place} nests far deeper than any policy: check its brackets") from None
    except MalformedPolicy as error:
        raise MalformedPolicy(f"{place}, {error}") from error


# Where the answers of AWS's tools hold a document: get-policy-version, get-role-policy and its kind, describe-policy of
# Organizations.
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribePolicy.html
_WRAPPINGS = ("PolicyVersion", "Policy", "Document", "PolicyDocument", "Content")


def _found(place: str, value: Json) -> Iterator[GrantedPolicy]:
    if isinstance(value, list):
        if not value:
            raise MalformedPolicy(f"{place} is an empty list: give at least one policy document")
        for position, each in enumerate(value):
            yield from _found(f"{place}[{position}]", each)
        return
    if isinstance(value, Members) and not _is_document(value):
        inside = members(value, place)
        wrapping = next((each for each in _WRAPPINGS if each in inside), None)
        if wrapping is None:
            raise MalformedPolicy(f"{place} holds no policy document: {_advice(inside)}")
        yield from _found(f"{place}, {wrapping}", inside[wrapping])
        return
    if not isinstance(value, str | Members):
        raise MalformedPolicy(f"{place} is {kind(value)}: give a policy document, which is an object")
    yield GrantedPolicy(place, document_of(place, value))


def _granted(name: str, text: str) -> GrantedPolicy:
    try:
        return GrantedPolicy(name, parse_policy(text))
    except MalformedPolicy as error:
        raise MalformedPolicy(f"{name}, {error}") from error


def _is_document(value: Members) -> bool:
    return any(name in ("Statement", "Version") for name, _ in value.pairs)


def _advice(inside: dict[str, Json]) -> str:
    if "DefaultVersionId" in inside:
        return "`aws iam get-policy` answers without it, give the answer of `aws iam get-policy-version`"
    if not inside:
        return "give an object with Version and Statement"
    has = ", ".join(shown(each, 40) for each in list(inside)[:5])
    return f"it has {has}; give an object with Version and Statement"


def _decoded(text: str) -> str:
    """ "The policy document returned in this structure is URL-encoded compliant with RFC 3986":
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html
    """
    return unquote(text) if text.lstrip()[:3].upper() in ("%7B", "%0A", "%20") else text


def _written(value: Json) -> str:
    """The JSON of a value as it was read, repeated members included, so that the strict reader sees them."""
    match value:
        case Members(pairs):
            return "{" + ",".join(f"{json.dumps(name)}:{_written(each)}" for name, each in pairs) + "}"
        case list():
            return "[" + ",".join(map(_written, value)) + "]"
        case Number(text):
            return text
        case _:
            return json.dumps(value, ensure_ascii=False)
