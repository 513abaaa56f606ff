"""Exceptions to problems: the one place that chooses an HTTP status for an error of the core."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TypeVar

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.api import problems
from service.api.problems import Problem, ProblemKind, RequestRefused, log
from service.core.errors import InputError, PrincipalNotFound, WhittleError
from service.core.shown import shown
from service.usecases.proposals import StoreUnusable, TrailUnusable, UnreadableProposal

E = TypeVar("E", bound=Exception)


def add_handlers(app: FastAPI) -> None:
    """Have every exception that is raised on purpose answered with its problem; `Incidents` answers the others."""
    _handle(app, RequestRefused, lambda _, error: error.problem)
    _handle(app, HTTPException, _of_router)
    _handle(app, PrincipalNotFound, lambda _, error: _not_found(error))
    _handle(app, TrailUnusable, lambda _, error: _ours(problems.TRAIL_UNUSABLE, error))
    _handle(app, StoreUnusable, lambda _, error: _ours(problems.STORE_UNUSABLE, error))
    _handle(app, UnreadableProposal, lambda _, error: _ours(problems.PROPOSAL_UNREADABLE, error))
    _handle(app, InputError, lambda _, error: Problem(problems.BAD_REQUEST, str(error)))


def internal(error: Exception) -> Problem:
    """The problem for a defect: its cause goes to the log, under the id that the client is told."""
    incident = uuid.uuid4().hex
    log.error("incident %s: %s", incident, type(error).__name__, exc_info=error)
    return Problem(problems.INTERNAL, _look_up(incident), {"incident": incident})


def _handle(app: FastAPI, kind: type[E], problem_of: Callable[[Request, E], Problem]) -> None:
    async def handler(request: Request, error: Exception) -> Response:
        assert isinstance(error, kind)  # noqa: S101  # Starlette looks handlers up by the exception's type
        return problem_of(request, error).response()

    app.add_exception_handler(kind, handler)


_BY_STATUS = {404: problems.ROUTE_NOT_FOUND, 405: problems.METHOD_NOT_ALLOWED}


def _of_router(request: Request, error: HTTPException) -> Problem:
    kind = _BY_STATUS.get(error.status_code, problems.BAD_REQUEST)
    headers = dict(error.headers or {})
    if (allowed := headers.get("Allow")) is not None:
        headers["Allow"] = _with_head(allowed)
    path = shown(request.url.path)
    details = {
        problems.ROUTE_NOT_FOUND: f"nothing is served under `{path}`: /openapi.json says what is",
        problems.METHOD_NOT_ALLOWED: f"`{path}` takes {headers.get('Allow', 'other methods')}",
    }
    return Problem(kind, details.get(kind, error.detail), headers=headers)


def _with_head(allowed: str) -> str:
    methods = set(allowed.split(", "))
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def _not_found(error: PrincipalNotFound) -> Problem:
    return Problem(problems.PRINCIPAL_NOT_FOUND, str(error), {"nearest": list(error.nearest)})


def _ours(kind: ProblemKind, error: WhittleError) -> Problem:
    """The service's own trouble: the reason may name places on its machine, so it goes to the log only."""
    incident = uuid.uuid4().hex
    log.error("incident %s: %s", incident, error)
    return Problem(kind, _look_up(incident), {"incident": incident})


def _look_up(incident: str) -> str:
    return f"the service's log says why, under `{incident}`"
