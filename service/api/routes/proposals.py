"""Proposals and the principals that they can be made for."""

from __future__ import annotations

from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from pydantic import WithJsonSchema

from service.api import problems
from service.api.answers import JSON, entity_tag, json_answer, lasting_answer
from service.api.intake import Asked, body_of, proposal_asked
from service.api.policy_intake import MAX_BODY_BYTES, current_at
from service.api.problems import Problem, RequestRefused
from service.api.routes.described import CONDITIONAL, answer, created, lasting, refusals, texts
from service.api.schemas.answers import PrincipalsDocument
from service.api.schemas.proposal import PolicyDocument, ProposalDocument
from service.api.schemas.request import ProposalRequest
from service.core.beside import Beside
from service.core.errors import InputError
from service.core.render.form import Form
from service.core.shown import shown
from service.usecases.proposals import ProposalDesk, StoredProposal
from service.usecases.rendering import media_type, rendered
from service.usecases.summaries import summary_json

AT_ONCE = 4
"""How many requests may keep a thread busy with the trail; the others wait, and what is at hand is served meanwhile."""

_FORMS = tuple(each.value for each in Form)
_AnyForm = Annotated[str, WithJsonSchema({"type": "string", "enum": list(_FORMS)})]

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": f"JSON of up to {MAX_BODY_BYTES} bytes.",
        "content": {JSON: {"schema": ProposalRequest.model_json_schema()}},
    }
}


def router(desk: ProposalDesk) -> APIRouter:
    """The routes over one desk."""
    routes = APIRouter(tags=["proposals"])
    work = CapacityLimiter(AT_ONCE)

    @routes.post(
        "/v1/proposals",
        status_code=201,
        operation_id="createProposal",
        summary="Propose a least-privilege policy for a principal",
        openapi_extra=_BODY,
        responses=created(ProposalDocument, "The proposal.")
        | refusals(
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
            problems.STORE_UNUSABLE,
        ),
    )
    async def create_proposal(request: Request) -> Response:
        """The same question over the same trail gives the same proposal under the same id.

        With `current`, the proposal is kept within it as far as the evidence goes, and proved against it.
        """
        body = await body_of(request, MAX_BODY_BYTES)
        asked = proposal_asked(body)
        made = await to_thread.run_sync(_made, desk, body, asked, limiter=work)
        headers = {"Location": f"/v1/proposals/{made.id}", "ETag": entity_tag(made.id)}
        return Response(made.body, 201, headers, JSON)

    @routes.get(
        "/v1/proposals/{proposal_id}",
        operation_id="getProposal",
        summary="A proposal that was made before",
        openapi_extra=CONDITIONAL,
        responses=lasting(ProposalDocument, "The proposal, byte for byte.")
        | refusals(problems.PROPOSAL_NOT_FOUND, problems.PROPOSAL_UNREADABLE),
    )
    async def get_proposal(request: Request, proposal_id: str) -> Response:
        """A proposal never changes: its id names its content."""
        found = await _found(desk, proposal_id)
        return lasting_answer(request, found.body, found.id)

    @routes.get(
        "/v1/proposals/{proposal_id}/policies/{name}",
        operation_id="getPolicy",
        summary="One policy document of a proposal",
        openapi_extra=CONDITIONAL,
        responses=lasting(PolicyDocument, "The document alone, ready for IAM.")
        | refusals(problems.PROPOSAL_NOT_FOUND, problems.POLICY_NOT_FOUND, problems.PROPOSAL_UNREADABLE),
    )
    async def get_policy(request: Request, proposal_id: str, name: str) -> Response:
        """What `aws iam create-policy --policy-document` takes."""
        found = await _found(desk, proposal_id)
        if (body := found.policy(name)) is None:
            detail = f"proposal `{found.id}` has no policy `{shown(name)}`: its `policies` name those that it has"
            raise RequestRefused(Problem(problems.POLICY_NOT_FOUND, detail))
        return lasting_answer(request, body)

    @routes.get(
        "/v1/proposals/{proposal_id}/renderings/{form}",
        operation_id="renderProposal",
        summary="A proposal in the form in which its owner keeps it",
        openapi_extra=CONDITIONAL,
        responses=texts(map(media_type, Form), "The policies in that form.")
        | refusals(problems.PROPOSAL_NOT_FOUND, problems.NOT_RENDERED, problems.PROPOSAL_UNREADABLE),
    )
    async def render_proposal(request: Request, proposal_id: str, form: _AnyForm) -> Response:
        """Policies for which there is no room are rendered only to be read: as JSON and Markdown."""
        found = await _found(desk, proposal_id)
        try:
            wanted = _form(form)
            text = await to_thread.run_sync(rendered, found.id, found.body, wanted, limiter=work)
        except InputError as error:
            raise RequestRefused(Problem(problems.NOT_RENDERED, str(error))) from error
        return lasting_answer(request, text.encode(), media_type=media_type(wanted))

    @routes.get(
        "/v1/principals",
        operation_id="listPrincipals",
        summary="Who is in the trail",
        responses=answer(200, PrincipalsDocument, "Every principal, the busiest first.")
        | refusals(problems.TRAIL_UNUSABLE),
    )
    async def list_principals() -> Response:
        """Callers of every type; proposals are for roles and users."""
        found = await to_thread.run_sync(desk.principals, limiter=work)
        return json_answer({"principals": [summary_json(each) for each in found]})

    return routes


def _form(name: str) -> Form:
    """The form of this name.

    Raises:
        InputError: there is none.
    """
    if name not in _FORMS:
        raise InputError(f"there is no form `{shown(name)}`: {', '.join(_FORMS)}")
    return Form(name)


def _made(desk: ProposalDesk, body: bytes, asked: Asked) -> StoredProposal:
    return desk.create(asked.query, asked.window, Beside(current_at(body, asked.query), asked.choices, asked.witnesses))


async def _found(desk: ProposalDesk, proposal_id: str) -> StoredProposal:
    found = desk.at_hand(proposal_id) or await to_thread.run_sync(desk.get, proposal_id)
    if found is None:
        detail = f"there is no proposal `{shown(proposal_id)}`: POST to /v1/proposals makes one"
        raise RequestRefused(Problem(problems.PROPOSAL_NOT_FOUND, detail))
    return found
