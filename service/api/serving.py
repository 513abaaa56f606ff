"""How the application is served: one uvicorn process that speaks HTTP/1.1 and logs what the guards log."""

from __future__ import annotations

import logging

import uvicorn
from fastapi import FastAPI

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


def log_to_standard_error(level: int = logging.INFO) -> None:
    """Have requests and incidents written to standard error; for the command that serves."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("whittle").setLevel(level)
