"""Advice about a principal, and one policy for several."""

from __future__ import annotations

from typing import Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from service.api import problems
from service.api.answers import JSON, json_answer
from service.api.intake import advice_asked, body_of, group_asked
from service.api.policy_intake import MAX_BODY_BYTES, current_at
from service.api.problems import RequestRefused, Wrong, wrong_members
from service.api.routes.described import answer, refusals
from service.api.schemas.advice import AdviceDocument
from service.api.schemas.group import GroupDocument
from service.api.schemas.request import AdviceRequest, GroupRequest
from service.core.beside import Beside
from service.core.group import Group
from service.core.group_json import group_json
from service.core.json_bytes import Json
from service.usecases.advising import Adviser, Material, advised_json
from service.usecases.grouping import Grouper, NoGroup
from service.usecases.proposals import ProposalDesk
from service.usecases.reading import Reading

AT_ONCE = 2
"""How many of these may keep a thread busy: each asks for several principals."""

_REFUSALS = (
    problems.MALFORMED_JSON,
    problems.MALFORMED_ARN,
    problems.INVALID_WINDOW,
    problems.PRINCIPAL_NOT_FOUND,
    problems.BODY_TOO_SLOW,
    problems.BODY_TOO_LARGE,
    problems.UNSUPPORTED_MEDIA_TYPE,
    problems.INVALID_REQUEST,
    problems.MALFORMED_POLICY,
    problems.TRAIL_UNUSABLE,
)


def router(desk: ProposalDesk, adviser: Adviser) -> APIRouter:
    """The routes over one desk."""
    routes = APIRouter(tags=["advice"])
    work = CapacityLimiter(AT_ONCE)

    @routes.post(
        "/v1/advice",
        operation_id="advise",
        summary="What a reviewer wants to know beside the policy",
        openapi_extra=_body(AdviceRequest),
        responses=answer(200, AdviceDocument, "The advice.") | refusals(*_REFUSALS),
    )
    async def advise(request: Request) -> Response:
        """Each piece has its evidence and AWS's page about it. It changes no policy, and nothing is stored."""
        body = await body_of(request, MAX_BODY_BYTES)
        return json_answer(await to_thread.run_sync(_advice, desk, adviser, body, limiter=work))

    @routes.post(
        "/v1/groups",
        operation_id="proposeForGroup",
        summary="One policy for several principals, and who needs what of it",
        openapi_extra=_body(GroupRequest),
        responses=answer(200, GroupDocument, "The group's policies.") | refusals(*_REFUSALS),
    )
    async def propose_for_group(request: Request) -> Response:
        """Each member's needs are found as for a proposal of its own, and put together. Nothing is stored."""
        body = await body_of(request, MAX_BODY_BYTES)
        return json_answer(await to_thread.run_sync(_group, desk, body, limiter=work))

    return routes


def _body(model: type[BaseModel]) -> dict[str, Any]:
    content = {JSON: {"schema": model.model_json_schema()}}
    return {
        "requestBody": {"required": True, "description": f"JSON of up to {MAX_BODY_BYTES} bytes.", "content": content}
    }


def _advice(desk: ProposalDesk, adviser: Adviser, body: bytes) -> Json:
    asked, report = advice_asked(body)
    beside = Beside(current_at(body, asked.query), asked.choices, asked.witnesses)
    material = Material(report=report)

    def make(reading: Reading) -> Json:
        return advised_json(adviser.advised(reading, asked.query, asked.window, beside, material))

    return desk.of_reading(make)


def _group(desk: ProposalDesk, body: bytes) -> Json:
    asked = group_asked(body)
    current = {query: current_at(body, query) for query in asked.queries}

    def make(reading: Reading) -> Group:
        grouper = Grouper(desk.proposer)
        return grouper.grouped(reading, asked.name, asked.queries, asked.window, asked.choices, current.__getitem__)

    try:
        return group_json(desk.of_reading(make))
    except NoGroup as error:
        detail = str(error)
        wrong = Wrong(f"#/{error.member}", detail)
        raise RequestRefused(wrong_members(problems.INVALID_REQUEST, detail, wrong)) from error
