"""What changes when policies are replaced by others."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from service.api.answers import JSON
from service.api.intake import body_of, validated
from service.api.policy_intake import MAX_BODY_BYTES, POLICY_REFUSALS, policies_at
from service.api.routes.described import answer, refusals
from service.api.schemas.diff import DiffDocument, DiffRequest
from service.core.diff.as_json import diff_json
from service.core.json_bytes import to_bytes
from service.usecases.policy_diffs import PolicyDiffs

AT_ONCE = 2
"""How many comparisons may keep a thread busy; each ends within a budget of steps."""


def router(diffs: PolicyDiffs) -> APIRouter:
    """The route over one catalog."""
    routes = APIRouter(tags=["checks"])
    work = CapacityLimiter(AT_ONCE)

    @routes.post(
        "/v1/diff",
        operation_id="diffPolicies",
        summary="What changes when policies are replaced by others",
        openapi_extra={
            "requestBody": {
                "required": True,
                "description": f"JSON of up to {MAX_BODY_BYTES} bytes.",
                "content": {JSON: {"schema": DiffRequest.model_json_schema()}},
            }
        },
        responses=answer(200, DiffDocument, "Everything that changes.") | refusals(*POLICY_REFUSALS),
    )
    async def diff_policies(request: Request) -> Response:
        """By meaning, not by text: documents that differ in shape only are equivalent."""
        body = await body_of(request, MAX_BODY_BYTES)
        return Response(await to_thread.run_sync(_diff, diffs, body, limiter=work), media_type=JSON)

    return routes


def _diff(diffs: PolicyDiffs, body: bytes) -> bytes:
    validated(DiffRequest, body)
    current, proposed = ([each.policy for each in policies_at(body, name)] for name in ("current", "proposed"))
    return to_bytes(diff_json(diffs.of(current, proposed)))
