"""What a client asks for: the body of a request, read with limits and parsed once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from typing import TypeVar

import orjson
from anyio import fail_after
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from service.api import problems
from service.api.problems import Problem, RequestRefused, Wrong, wrong_members
from service.api.schemas.request import AdviceRequest, GroupRequest, ProposalRequest, QuestionRequest
from service.core.advice.credentials import Report
from service.core.choices import Choices
from service.core.days import WindowAsked
from service.core.errors import InputError, MalformedArn
from service.core.principals import PrincipalQuery, parse_principal
from service.core.shown import shown
from service.core.witnesses import Witnesses
from service.usecases.credential_texts import report_of
from service.usecases.keep_texts import kept_row
from service.usecases.last_accessed_texts import last_accessed_of
from service.usecases.selector_texts import trails_of

M = TypeVar("M", bound=BaseModel)

BODY_SECONDS = 20.0
"""How long a client may take to send its body."""

MAX_ERRORS = 20
"""How many wrong members a problem lists."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who and when, the choices of whoever asks, and what is known beside the trail."""

    query: PrincipalQuery
    window: WindowAsked
    choices: Choices
    witnesses: Witnesses


def proposal_asked(body: bytes) -> Asked:
    """What a body asks for, less what is read from the body itself (`policy_intake`).

    Raises:
        RequestRefused: it does not ask properly; the problem says where.
    """
    return _asked(validated(ProposalRequest, body))


def advice_asked(body: bytes) -> tuple[Asked, Report | None]:
    """The same, and the credential report.

    Raises:
        RequestRefused: it does not ask properly; the problem says where.
    """
    wanted = validated(AdviceRequest, body)
    asked, said = _asked(wanted), wanted.credential_report
    if said is None:
        return asked, None
    content = said.encode() if isinstance(said, str) else orjson.dumps(said)
    with _wrong_at("credential_report"):
        return asked, report_of("credential_report", content, asked.query.account)


@dataclass(frozen=True, slots=True)
class GroupAsked:
    """Which principals under which name, over which days, and how."""

    name: str
    queries: tuple[PrincipalQuery, ...]
    window: WindowAsked
    choices: Choices


def group_asked(body: bytes) -> GroupAsked:
    """What a body asks for, less what is read from the body itself.

    Raises:
        RequestRefused: it does not ask properly; the problem says where.
    """
    wanted = validated(GroupRequest, body)
    queries = tuple(_principal(each, f"#/members/{number}") for number, each in enumerate(wanted.members))
    return GroupAsked(wanted.name, queries, _window(wanted), wanted.choices())


def _asked(asked: ProposalRequest) -> Asked:
    query = _principal(asked.principal_arn, "#/principal_arn")
    return Asked(query, _window(asked), asked.choices(), _witnesses(asked, query))


async def body_of(request: Request, limit: int) -> bytes:
    """The body of a request that says it is JSON.

    Raises:
        RequestRefused: it is of another type, longer than the limit, or slow.
    """
    _check_media_type(request)
    return await _body(request, limit)


def validated(model: type[M], body: bytes) -> M:
    """The body as the model has it.

    Raises:
        RequestRefused: it is not JSON, or not as the model has it; the problem says where.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise RequestRefused(_not_json(found[0]) if found[0]["type"] == "json_invalid" else _invalid(found)) from error


def _check_media_type(request: Request) -> None:
    """JSON in UTF-8, not compressed. A browser sends that across origins only after asking, and is then refused."""
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    charset = header.get_content_charset("utf-8")
    encoding = request.headers.get("content-encoding", "identity")
    if (header.get_content_type(), charset, encoding.lower()) != ("application/json", "utf-8", "identity"):
        detail = "send `Content-Type: application/json`, in UTF-8 and without a `Content-Encoding`"
        raise RequestRefused(Problem(problems.UNSUPPORTED_MEDIA_TYPE, detail, headers={"Accept": "application/json"}))


async def _body(request: Request, limit: int) -> bytes:
    if _declared(request) > limit:
        raise _too_large(limit)
    body = bytearray()
    try:
        with fail_after(BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise _too_large(limit)
    except TimeoutError as error:
        detail = f"the body has to arrive within {BODY_SECONDS:g} seconds"
        raise RequestRefused(Problem(problems.BODY_TOO_SLOW, detail, headers=_CLOSE)) from error
    return bytes(body)


# The rest of the body is still under way: without the connection it goes nowhere.
_CLOSE = {"Connection": "close"}


def _declared(request: Request) -> int:
    length = request.headers.get("content-length", "")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


def _too_large(limit: int) -> RequestRefused:
    detail = f"a body may have up to {limit} bytes"
    return RequestRefused(Problem(problems.BODY_TOO_LARGE, detail, headers=_CLOSE))


def _not_json(found: ErrorDetails) -> Problem:
    return Problem(problems.MALFORMED_JSON, f"the body is not JSON: {shown(str(found['ctx']['error']))}")


def _invalid(found: list[ErrorDetails]) -> Problem:
    wrong = [Wrong(_pointer(each["loc"]), each["msg"]) for each in found[:MAX_ERRORS]]
    more = f", the first {MAX_ERRORS} of which are listed" if len(found) > MAX_ERRORS else ""
    places = "place" if len(found) == 1 else "places"
    return wrong_members(problems.INVALID_REQUEST, f"the body is wrong in {len(found)} {places}{more}", *wrong)


def _pointer(location: tuple[int | str, ...]) -> str:
    """The place as a JSON Pointer (RFC 6901) behind the `#` of a fragment."""
    steps = (shown(str(step)).replace("~", "~0").replace("/", "~1") for step in location)
    return "#" + "".join(f"/{step}" for step in steps)


def _principal(arn: str, pointer: str) -> PrincipalQuery:
    try:
        return parse_principal(arn)
    except MalformedArn as error:
        sentence = str(error)
        wrong = Wrong(pointer, sentence)
        raise RequestRefused(wrong_members(problems.MALFORMED_ARN, sentence, wrong)) from error


def _witnesses(asked: ProposalRequest, query: PrincipalQuery) -> Witnesses:
    said, selectors = asked.last_accessed, asked.event_selectors
    with _wrong_at("last_accessed"):
        last_accessed = None if said is None else last_accessed_of([("last_accessed", orjson.dumps(said))], query.arn)
    with _wrong_at("event_selectors"):
        trails = None if selectors is None else trails_of([("event_selectors", orjson.dumps(selectors))])
    with _wrong_at("keep"):
        keep = tuple(kept_row(f"keep[{number}]", each.action, each.reason) for number, each in enumerate(asked.keep))
    return Witnesses(last_accessed, trails, keep)


@contextmanager
def _wrong_at(member: str) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        detail = shown(str(error), 1000)
        wrong = Wrong(f"#/{member}", detail)
        raise RequestRefused(wrong_members(problems.INVALID_REQUEST, detail, wrong)) from error


def _window(asked: QuestionRequest) -> WindowAsked:
    try:
        return WindowAsked(asked.days, asked.first or "", asked.last or "")
    except InputError as error:
        sentence = str(error)
        given = [Wrong(f"#/{name}", sentence) for name in ("days", "from", "to") if name in asked.given()]
        raise RequestRefused(wrong_members(problems.INVALID_WINDOW, sentence, *given)) from error
