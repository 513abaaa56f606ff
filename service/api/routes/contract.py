"""The contract: the API's own description, and the kinds of problems that it names."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response

from service.api import problems
from service.api.answers import json_answer, lasting_answer
from service.api.openapi import openapi_json, openapi_yaml
from service.api.problems import Problem, RequestRefused
from service.api.routes.described import answer, refusals
from service.api.schemas.answers import ProblemKindDocument
from service.core.shown import shown


def router(app: FastAPI) -> APIRouter:
    """The routes that describe `app`."""
    routes = APIRouter(tags=["contract"])
    kinds = {kind.name: kind for kind in problems.KINDS}
    written: dict[str, bytes] = {}

    @routes.get("/openapi.json", include_in_schema=False)
    async def get_json(request: Request) -> Response:
        body = written.get("json") or written.setdefault("json", openapi_json(app))
        return lasting_answer(request, body)

    @routes.get("/v1/openapi.yaml", include_in_schema=False)
    async def get_yaml(request: Request) -> Response:
        body = written.get("yaml") or written.setdefault("yaml", openapi_yaml(app).encode())
        return lasting_answer(request, body, media_type="application/yaml")

    @routes.get(
        "/problems/{name}",
        operation_id="getProblemKind",
        summary="A kind of problem",
        responses=answer(200, ProblemKindDocument, "The kind.") | refusals(problems.ROUTE_NOT_FOUND),
    )
    async def get_problem_kind(name: str) -> Response:
        """What the `type` of a problem refers to."""
        if (kind := kinds.get(name)) is None:
            raise RequestRefused(Problem(problems.ROUTE_NOT_FOUND, f"there is no kind of problem `{shown(name)}`"))
        return json_answer({"type": kind.uri, "status": kind.status, "title": kind.title})

    return routes
