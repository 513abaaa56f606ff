"""What every request passes, whatever its route: a line in the log, defects caught, host names checked, headers set."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api import problems
from service.api.handlers import internal
from service.api.problems import Problem
from service.core.shown import shown

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
"""The names that a service on the loopback interface answers to."""

log = logging.getLogger("whittle.http")


class RequestLog:
    """One line for each request: method, path, status (0: no answer), milliseconds. Never a body, query or header."""

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = self._clock(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            spent = 1000 * (self._clock() - begun)
            log.info("%s %s %d %.1f ms", shown(scope["method"]), _path(scope), status, spent)


def _path(scope: Scope) -> str:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return shown(raw.decode("latin-1"))


class Incidents:
    """The last resort: what nobody expected becomes a problem without detail, and a traceback in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            return  # nobody is left to be told
        except Exception as error:  # this is the entry point of every request; `internal` logs it
            answer = internal(error)
            if begun:
                raise
            await answer.response()(scope, receive, send)


class SecurityHeaders:
    """Headers that make a browser do nothing with an answer but show it. A route may set its own instead."""

    HEADERS = (
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
    )

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def adding(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.HEADERS:
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, adding)


class AllowedHosts:
    """Refuses host names that are not the service's own, so that no web page can reach it by rebinding a DNS name.

    The health routes are exempt: they tell nothing, and probes come by whatever address the machine has.
    """

    EXEMPT = frozenset({"/healthz", "/readyz"})

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(map(host_name, hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self.EXEMPT or self._allows(Headers(scope=scope)):
            await self._app(scope, receive, send)
            return
        detail = "the service does not answer to the host name of this request: `--allowed-host` adds one"
        await Problem(problems.HOST_NOT_ALLOWED, detail).response()(scope, receive, send)

    def _allows(self, headers: Headers) -> bool:
        named = headers.getlist("host")
        return len(named) == 1 and host_name(named[0]) in self._hosts


def host_name(text: str) -> str:
    """A host in lower case without its port: `[::1]:8000` and `::1` are `[::1]`."""
    host, _, port = text.lower().rpartition(":")
    if text.count(":") > 1 and not text.startswith("["):
        return f"[{text.lower()}]"
    return host if host and port.isdigit() else text.lower()


class HeadAsGet:
    """`HEAD` is `GET` without the body (RFC 9110, 9.3.2), for every route; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        as_get = scope["type"] == "http" and scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if as_get else scope, receive, send)
