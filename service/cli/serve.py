"""`whittle serve` and `whittle openapi`: the HTTP API."""

from __future__ import annotations

import sys
from argparse import Namespace

from service.cli.files import write_file
from service.wiring import api, api_description


def serve(arguments: Namespace) -> int:
    """Serve until interrupted."""
    from service.api.serving import log_to_standard_error, server

    app = api(arguments.trail, arguments.workers, arguments.data_dir, [arguments.host, *arguments.allowed_host])
    log_to_standard_error()
    for line in _hints(arguments.host, arguments.port):
        print(line, file=sys.stderr)
    server(app, arguments.host, arguments.port).run()
    return 0


def _hints(host: str, port: int) -> list[str]:
    """What to type next."""
    place = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return [
        f"whittle: serving on {place}; stop with Ctrl-C",
        f"  who is in the trail: curl {place}/v1/principals",
        f"  a proposal:          curl -X POST {place}/v1/proposals -H 'Content-Type: application/json' \\",
        f"""                         -d '{{"principal_arn": "{EXAMPLE}"}}'""",
    ]


EXAMPLE = "arn:aws:iam::111122223333:role/platform/deployer"
"""A role of the sample trail."""


def openapi(arguments: Namespace) -> int:
    """Print the API's description, or write it to a file."""
    text = api_description()
    if arguments.output is None:
        print(text, end="")
    else:
        write_file(arguments.output, text.encode())
    return 0
