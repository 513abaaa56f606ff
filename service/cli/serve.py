"""`whittle serve` and `whittle openapi`: the HTTP API."""

from __future__ import annotations

from argparse import Namespace


def serve(arguments: Namespace) -> int:
    """Serve until interrupted."""
    raise NotImplementedError


def openapi(arguments: Namespace) -> int:
    """Print or write the API's description."""
    raise NotImplementedError
