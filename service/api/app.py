"""The application: routes, guards and handlers put together over one desk and one catalog."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fastapi import FastAPI
from starlette.middleware import Middleware

from catalog.model import Catalog
from service.api.guards import LOOPBACK_HOSTS, AllowedHosts, HeadAsGet, Incidents, RequestLog, SecurityHeaders
from service.api.handlers import add_handlers
from service.api.openapi import API_VERSION, DESCRIPTION, DescribedApi
from service.api.routes import actions, advice, checks, contract, diff, health, proposals
from service.core.diff.model import Combination
from service.core.errors import InternalError
from service.usecases.advising import Adviser
from service.usecases.checks import Checks
from service.usecases.policy_diffs import PolicyDiffs
from service.usecases.proposals import ProposalDesk


def create_app(
    desk: ProposalDesk, catalog: Catalog, allowed_hosts: Iterable[str] = (), known: Sequence[Combination] = ()
) -> FastAPI:
    """The ASGI application. It answers to the names of the loopback interface and to `allowed_hosts`.

    `known` are the ways to more permissions that a comparison of policies looks for.
    """
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
    questions = checks.router(Checks(catalog))
    needed = {"catalog": lambda: _check(catalog), "store": desk.check_store, "trail": desk.check_trail}
    routers = (
        proposals.router(desk),
        advice.router(desk, Adviser(catalog, desk.proposer, known)),
        questions,
        diff.router(PolicyDiffs(catalog, known)),
        actions.router(catalog),
        health.router(needed),
        contract.router(app),
    )
    for router in routers:
        app.include_router(router)
    return app


def _check(catalog: Catalog) -> None:
    if not catalog.prefixes():
        raise InternalError("the catalog holds no service: install whittle again")
