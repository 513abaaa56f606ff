"""The application: routes, guards and handlers put together over one desk and one catalog."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import FastAPI
from starlette.middleware import Middleware

from catalog.model import Catalog
from service.api.guards import LOOPBACK_HOSTS, AllowedHosts, HeadAsGet, Incidents, RequestLog, SecurityHeaders
from service.api.handlers import add_handlers
from service.api.openapi import API_VERSION, DESCRIPTION, DescribedApi
from service.api.routes import actions, contract, health, proposals
from service.core.errors import InternalError
from service.usecases.proposals import ProposalDesk


def create_app(desk: ProposalDesk, catalog: Catalog, allowed_hosts: Iterable[str] = ()) -> FastAPI:
    """The ASGI application. It answers to the names of the loopback interface and to `allowed_hosts`."""
    app = DescribedApi(
        title="Whittle",
        version=API_VERSION,
        description=DESCRIPTION,
        openapi_url=None,  # served by `contract`, as bytes
        docs_url=None,  # its pages load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(RequestLog),
            Middleware(SecurityHeaders),
            Middleware(Incidents),
            Middleware(AllowedHosts, hosts=(*LOOPBACK_HOSTS, *allowed_hosts)),
            Middleware(HeadAsGet),
        ],
    )
    add_handlers(app)
    checks = {"catalog": lambda: _check(catalog), "store": desk.check_store, "trail": desk.check_trail}
    for router in (proposals.router(desk), actions.router(catalog), health.router(checks), contract.router(app)):
        app.include_router(router)
    return app


def _check(catalog: Catalog) -> None:
    if not catalog.prefixes():
        raise InternalError("the catalog holds no service: install whittle again")
