"""Whether the process answers, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from anyio import to_thread
from fastapi import APIRouter, Response

from service.api import problems
from service.api.answers import json_answer
from service.api.problems import Problem, log
from service.api.routes.described import answer, refusals
from service.api.schemas.answers import HealthDocument, ReadinessDocument
from service.core.errors import WhittleError

Checks = Mapping[str, Callable[[], None]]
"""What the service needs, by name; a check raises a WhittleError that says what is wrong."""


def router(checks: Checks) -> APIRouter:
    """The two routes for probes; they answer to any host name."""
    routes = APIRouter(tags=["health"])

    @routes.get(
        "/healthz",
        operation_id="getHealth",
        summary="Whether the process answers",
        responses=answer(200, HealthDocument, "It does.") | refusals(),
    )
    async def get_health() -> Response:
        """Says nothing of the trail."""
        return json_answer({"status": "ok"})

    @routes.get(
        "/readyz",
        operation_id="getReadiness",
        summary="Whether proposals can be made now",
        responses=answer(200, ReadinessDocument, "They can.") | refusals(problems.NOT_READY),
    )
    async def get_readiness() -> Response:
        """The trail can be listed, the catalog is loaded, and the store takes proposals."""
        failed = await to_thread.run_sync(_failed, checks)
        if failed:
            detail = f"not ready: {', '.join(failed)}; the service's log says why"
            raise problems.RequestRefused(Problem(problems.NOT_READY, detail, {"failed": failed}))
        return json_answer({"status": "ready", "checks": sorted(checks)})

    return routes


def _failed(checks: Checks) -> list[str]:
    return [name for name in sorted(checks) if not _passes(name, checks[name])]


def _passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except WhittleError as error:
        log.warning("not ready, %s: %s", name, error)
        return False
    return True
