"""IAM actions, from the catalog."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request, Response

from catalog.model import ActionDefinition, Catalog, ServiceDefinition
from service.api import problems
from service.api.answers import lasting_answer
from service.api.problems import Problem, RequestRefused
from service.api.routes.described import CONDITIONAL, lasting, refusals
from service.api.schemas.answers import ActionDocument
from service.core.json_bytes import to_bytes
from service.core.shown import shown


def router(catalog: Catalog) -> APIRouter:
    """The route over one catalog."""
    routes = APIRouter(tags=["catalog"])

    @routes.get(
        "/v1/actions/{action}",
        operation_id="getAction",
        summary="What the catalog knows of an IAM action",
        openapi_extra=CONDITIONAL,
        responses=lasting(ActionDocument, "The action.") | refusals(problems.ACTION_NOT_FOUND),
    )
    async def get_action(request: Request, action: str) -> Response:
        """An action such as `s3:GetObject`, in any case, as IAM takes it."""
        found = catalog.action(action)
        service = None if found is None else catalog.service(found.prefix)
        if found is None or service is None:
            detail = f"the catalog has no action `{shown(action)}`: write it like `s3:GetObject`"
            raise RequestRefused(Problem(problems.ACTION_NOT_FOUND, detail))
        return lasting_answer(request, to_bytes(_action(found, service, catalog.version.version)))

    return routes


def _action(action: ActionDefinition, service: ServiceDefinition, version: str) -> dict[str, Any]:
    return {
        "action": action.full_name,
        "service": service.name,
        "access_level": action.access_level.value,
        "resources": [
            {
                "type": each.type,
                "required": each.required,
                "arn_formats": _formats(service, each.type),
                "condition_keys": _keys(service, each.condition_keys),
            }
            for each in action.resources
        ],
        "condition_keys": _keys(service, action.condition_keys),
        "dependent_actions": list(action.dependent_actions),
        "permission_only": action.permission_only,
        "retired": action.retired,
        "catalog": version,
    }


def _formats(service: ServiceDefinition, resource_type: str) -> list[str]:
    found = service.resource_types.get(resource_type.lower())
    return list(found.arn_formats) if found else []


def _keys(service: ServiceDefinition, names: Iterable[str]) -> list[dict[str, str | None]]:
    known = service.condition_keys
    return [{"name": name, "type": known[name.lower()].type if name.lower() in known else None} for name in names]
