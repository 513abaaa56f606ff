"""Problems: everything that goes wrong, as `application/problem+json`.

https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from service.core.json_bytes import to_bytes

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger("whittle.api")


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem. `name` is part of the contract: clients may rely on it."""

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """The `type` member: "a URI reference that identifies the problem type" (RFC 9457, 3.1.1)."""
        return f"/problems/{self.name}"


MALFORMED_JSON = ProblemKind("malformed-json", 400, "The body is not JSON")
MALFORMED_ARN = ProblemKind("malformed-arn", 400, "The principal is not an ARN of a role, a user or a session")
INVALID_WINDOW = ProblemKind("invalid-window", 400, "The window cannot be used")
BAD_REQUEST = ProblemKind("bad-request", 400, "The request cannot be used")
PRINCIPAL_NOT_FOUND = ProblemKind("principal-not-found", 404, "The principal made no call in the trail")
PROPOSAL_NOT_FOUND = ProblemKind("proposal-not-found", 404, "There is no proposal of this id")
POLICY_NOT_FOUND = ProblemKind("policy-not-found", 404, "The proposal has no policy of this name")
ACTION_NOT_FOUND = ProblemKind("action-not-found", 404, "The catalog has no action of this name")
ROUTE_NOT_FOUND = ProblemKind("route-not-found", 404, "Nothing is served under this path")
METHOD_NOT_ALLOWED = ProblemKind("method-not-allowed", 405, "The method is not for this path")
BODY_TOO_SLOW = ProblemKind("body-too-slow", 408, "The body did not arrive in time")
BODY_TOO_LARGE = ProblemKind("body-too-large", 413, "The body is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemKind("unsupported-media-type", 415, "The body is not of a type that is read here")
HOST_NOT_ALLOWED = ProblemKind("host-not-allowed", 421, "The service does not answer to this host name")
MALFORMED_POLICY = ProblemKind("malformed-policy", 422, "A policy document that the grammar does not allow")
NOT_RENDERED = ProblemKind("not-rendered", 422, "The proposal cannot be written in this form")
INVALID_REQUEST = ProblemKind("invalid-request", 422, "The body has members that cannot be used")
INTERNAL = ProblemKind("internal-error", 500, "Whittle failed")
PROPOSAL_UNREADABLE = ProblemKind("proposal-unreadable", 500, "The stored proposal cannot be read")
TRAIL_UNUSABLE = ProblemKind("trail-unusable", 503, "The trail cannot be read")
STORE_UNUSABLE = ProblemKind("store-unusable", 503, "Proposals cannot be stored")
NOT_READY = ProblemKind("not-ready", 503, "The service is not ready")

KINDS = (
    MALFORMED_JSON,
    MALFORMED_ARN,
    INVALID_WINDOW,
    BAD_REQUEST,
    PRINCIPAL_NOT_FOUND,
    PROPOSAL_NOT_FOUND,
    POLICY_NOT_FOUND,
    ACTION_NOT_FOUND,
    ROUTE_NOT_FOUND,
    METHOD_NOT_ALLOWED,
    BODY_TOO_SLOW,
    BODY_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    HOST_NOT_ALLOWED,
    MALFORMED_POLICY,
    NOT_RENDERED,
    INVALID_REQUEST,
    INTERNAL,
    PROPOSAL_UNREADABLE,
    TRAIL_UNUSABLE,
    STORE_UNUSABLE,
    NOT_READY,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: `detail` is a sentence for people, `members` are for programs."""

    kind: ProblemKind
    detail: str
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """The answer."""
        body = {
            "type": self.kind.uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            **self.members,
        }
        headers = {"Cache-Control": "no-store", **self.headers}
        return Response(to_bytes(body), self.kind.status, headers, MEDIA_TYPE)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with the body: where (a JSON Pointer as a URI fragment) and what."""

    pointer: str
    detail: str


def wrong_members(kind: ProblemKind, detail: str, *wrong: Wrong) -> Problem:
    """A problem whose `errors` name the members that are wrong, as in RFC 9457, 3."""
    errors = [{"pointer": each.pointer, "detail": each.detail} for each in wrong]
    return Problem(kind, detail, {"errors": errors})


class RequestRefused(Exception):
    """A request that cannot be answered but with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem
