"""Questions about policies: what they allow, and whether one set allows more than another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from service.api import problems
from service.api.answers import JSON, json_answer
from service.api.intake import body_of, validated
from service.api.policy_intake import MAX_BODY_BYTES, POLICY_REFUSALS, policies_at
from service.api.problems import RequestRefused, Wrong, wrong_members
from service.api.routes.described import answer, refusals
from service.api.schemas.checks import (
    AccessNotGrantedDocument,
    AccessNotGrantedRequest,
    EvaluateRequest,
    EvaluationDocument,
    NoNewAccessRequest,
    RequestDocument,
    VerdictDocument,
)
from service.core.decided import decided, decided_json
from service.core.errors import InputError, MalformedPolicy
from service.core.iam import evaluate
from service.core.iam.context import Context
from service.core.json_bytes import Json, check_members_once
from service.core.verdict_json import verdict_json
from service.usecases.checks import Checks

AT_ONCE = 2
"""How many questions may keep a thread busy; each ends within the prover's own budget of steps."""


Work = Callable[[Checks, bytes], Json]
"""From the checks and a body to the answer."""


def router(checks: Checks) -> APIRouter:
    """The routes over one catalog."""
    routes = APIRouter(tags=["checks"])
    work = CapacityLimiter(AT_ONCE)

    async def answered(request: Request, work_on: Work) -> Response:
        body = await body_of(request, MAX_BODY_BYTES)
        return json_answer(await to_thread.run_sync(work_on, checks, body, limiter=work))

    @routes.post(
        "/v1/checks/no-new-access",
        operation_id="checkNoNewAccess",
        summary="Whether new policies allow nothing that the existing ones do not",
        openapi_extra=_body(NoNewAccessRequest),
        responses=answer(200, VerdictDocument, "The verdict.") | refusals(*POLICY_REFUSALS),
    )
    async def check_no_new_access(request: Request) -> Response:
        """Exact, over every action, resource and condition key of identity-based policies."""
        return await answered(request, _no_new_access)

    @routes.post(
        "/v1/checks/access-not-granted",
        operation_id="checkAccessNotGranted",
        summary="Whether policies allow none of the actions on any of the resources",
        openapi_extra=_body(AccessNotGrantedRequest),
        responses=answer(200, AccessNotGrantedDocument, "The verdict.") | refusals(*POLICY_REFUSALS),
    )
    async def check_access_not_granted(request: Request) -> Response:
        """The witness, where it is refuted, is one request that is allowed."""
        return await answered(request, _access_not_granted)

    @routes.post(
        "/v1/evaluate",
        operation_id="evaluate",
        summary="Whether policies allow requests, and which statements decide",
        openapi_extra=_body(EvaluateRequest),
        responses=answer(200, EvaluationDocument, "The decisions.") | refusals(*POLICY_REFUSALS),
    )
    async def evaluate_requests(request: Request) -> Response:
        """Identity-based policies alone: what other policies grant or deny is not looked at."""
        return await answered(request, _evaluate)

    return routes


def _no_new_access(checks: Checks, body: bytes) -> Json:
    validated(NoNewAccessRequest, body)
    existing, new = ([each.policy for each in policies_at(body, name)] for name in ("existing", "new"))
    return verdict_json(checks.no_new_access(existing, new))


def _access_not_granted(checks: Checks, body: bytes) -> Json:
    asked = validated(AccessNotGrantedRequest, body)
    policies = [each.policy for each in policies_at(body, "policies")]
    try:
        verdict = checks.access_not_granted(policies, asked.actions, asked.resources)
    except MalformedPolicy as error:
        pointer = "#/actions" if str(error).startswith("Action") else "#/resources"
        raise _invalid(pointer, str(error)) from error
    return {**verdict_json(verdict), "notes": list(checks.notes(asked.actions))}


def _evaluate(checks: Checks, body: bytes) -> Json:
    del checks
    asked = validated(EvaluateRequest, body)
    policies = policies_at(body, "policies")
    _check_once(body)
    requests = [_request(number, each) for number, each in enumerate(asked.requests)]
    return {"requests": [decided_json(each) for each in decided(policies, requests)]}


def _check_once(body: bytes) -> None:
    try:
        check_members_once(body)
    except InputError as error:
        raise _invalid("#/requests", f"a request {error}") from error


def _request(number: int, each: RequestDocument) -> evaluate.Request:
    context = {key: tuple(values) for key, values in each.context.items()}
    try:
        Context.of(context)
    except InputError as error:
        raise _invalid(f"#/requests/{number}/context", str(error)) from error
    return evaluate.Request(each.action, each.resource, context, frozenset(each.unknown_keys))


def _invalid(pointer: str, sentence: str) -> RequestRefused:
    return RequestRefused(wrong_members(problems.INVALID_REQUEST, sentence, Wrong(pointer, sentence)))


def _body(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    return {
        "requestBody": {
            "required": True,
            "description": f"JSON of up to {MAX_BODY_BYTES} bytes.",
            "content": {JSON: {"schema": _inlined(schema, schema.pop("$defs", {}))}},
        }
    }


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """The schema with its own definitions in the place of references, which would lead nowhere from the description."""
    match value:
        case {"$ref": str(reference), **others}:
            return {**_inlined(definitions[reference.rsplit("/", 1)[-1]], definitions), **others}
        case dict():
            return {name: _inlined(member, definitions) for name, member in value.items()}
        case list():
            return [_inlined(member, definitions) for member in value]
        case _:
            return value
