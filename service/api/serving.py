"""How the application is served: one uvicorn process that speaks HTTP/1.1 and logs what the guards log."""

from __future__ import annotations

import logging
import os
import socket

import uvicorn
from fastapi import FastAPI

from service.core.errors import InputError
from service.core.shown import shown

SHUTDOWN_SECONDS = 10
"""How long requests may take to end once the server was told to stop."""


def server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """The server, not yet started; `run()` serves until it is interrupted. Port 0 takes any that is free."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        ws="none",
        access_log=False,  # `guards.RequestLog` writes those lines
        log_config=None,
        server_header=False,
        proxy_headers=False,  # nothing here asks for a client's address, so nobody's word for it is taken
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return uvicorn.Server(config)


def listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host, all on one port; port 0 takes any that is free.

    Raises:
        InputError: there is no such host, or its port cannot be had.
    """
    sockets: list[socket.socket] = []
    failed: OSError | None = None
    for family, address in _addresses(host, port):
        try:
            place = (address, sockets[0].getsockname()[1] if sockets else port)
            sockets.append(socket.create_server(place, family=family))
        except OSError as error:  # a host may name an address that this machine does not have
            failed = error
    if failed is not None and not sockets:
        raise _not_listening(host, port, failed) from failed
    return sockets


def _addresses(host: str, port: int) -> dict[tuple[socket.AddressFamily, str], None]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise _not_listening(host, port, error) from error
    return dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found)


def _not_listening(host: str, port: int, error: Exception) -> InputError:
    number = getattr(error, "errno", None) or 0
    why = os.strerror(number).lower() if number > 0 else "no such host"
    return InputError(f"cannot listen on `{shown(host)}`, port {port} ({why}): give another `--host` or `--port`")


def log_to_standard_error(level: int = logging.INFO) -> None:
    """Have requests and incidents written to standard error; for the command that serves."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("whittle").setLevel(level)
