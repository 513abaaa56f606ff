"""Policy documents that a client sends, read as strictly as files are, with the place of what is wrong."""

from __future__ import annotations

from service.api import problems
from service.api.problems import RequestRefused, Wrong, wrong_members
from service.core.current import Current, GrantedPolicy
from service.core.errors import InputError, MalformedPolicy
from service.core.iam.strict_json import Json, members, parse_json
from service.core.principals import PrincipalQuery
from service.core.shown import shown
from service.usecases.current import current_of_account
from service.usecases.policy_texts import document_of

MAX_BODY_BYTES = 1024 * 1024
"""The longest body with policies: several times what quotas let one principal have, white space included."""

MAX_POLICIES = 100
"""How many documents a list may have."""

MAX_REQUESTS = 1000
"""How many requests are evaluated at once."""

POLICY_REFUSALS = (
    problems.MALFORMED_JSON,
    problems.BODY_TOO_SLOW,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.MALFORMED_POLICY,
    problems.INVALID_REQUEST,
)
"""What a route that takes policies may answer besides its own."""


def policies_at(body: bytes, name: str) -> list[GrantedPolicy]:
    """The policies in a member of a body that has been validated, each named after its place.

    They are read from the body itself: there a member that stands twice is still seen.

    Raises:
        RequestRefused: one is no policy; the problem says which, and where in it.
    """
    listed = _member(body, name)
    assert isinstance(listed, list)  # noqa: S101  # validated
    return [_policy(f"{name}[{number}]", f"#/{name}/{number}", each) for number, each in enumerate(listed)]


def current_at(body: bytes, query: PrincipalQuery) -> Current | None:
    """What the member `current` of a body that has been validated says that a principal is granted; None without it.

    Raises:
        RequestRefused: it is neither a list of policies nor the details of the principal's account.
    """
    match _member(body, "current"):
        case None:
            return None
        case list():
            return Current(tuple(policies_at(body, "current")))
        case details:
            return _of_account(details, query)


def _of_account(details: Json, query: PrincipalQuery) -> Current:
    try:
        return current_of_account("current", details, query)
    except MalformedPolicy as error:
        raise _wrong("#/current", str(error)) from error
    except InputError as error:
        detail = shown(str(error), 1000)
        raise RequestRefused(wrong_members(problems.INVALID_REQUEST, detail, Wrong("#/current", detail))) from error


def _member(body: bytes, name: str) -> Json:
    try:
        return members(parse_json(body.decode("utf-8")), "the body").get(name)
    except MalformedPolicy as error:
        raise _wrong("#", str(error)) from error


def _policy(place: str, pointer: str, value: Json) -> GrantedPolicy:
    try:
        return GrantedPolicy(place, document_of(place, value))
    except MalformedPolicy as error:
        raise _wrong(pointer, str(error)) from error


def _wrong(pointer: str, sentence: str) -> RequestRefused:
    detail = shown(sentence, 1000)
    return RequestRefused(wrong_members(problems.MALFORMED_POLICY, detail, Wrong(pointer, detail)))
