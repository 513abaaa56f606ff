"""`whittle serve` and `whittle openapi`: the HTTP API."""

from __future__ import annotations

import sys
from argparse import Namespace

from catalog.cache import Current
from catalog.operations import UserOverrides
from service.cli.catalog_choice import refreshed_catalog
from service.cli.files import emit, write_file
from service.cli.index_place import place_of
from service.usecases.sources import Source
from service.wiring import api, api_description, file_trail, index_source, overrides_in, trail_source


def serve(arguments: Namespace) -> int:
    """Serve until interrupted. What cannot work at all is said before anything is promised."""
    from service.api.serving import listen, log_to_standard_error, server

    hosts = [arguments.host, *arguments.allowed_host]
    generation = refreshed_catalog(arguments, whole=True)
    refreshed = generation.place if generation else None
    overrides = overrides_in(arguments.overrides, refreshed)
    app = api(_source(arguments, overrides, refreshed), arguments.data_dir, hosts, overrides, refreshed)
    sockets = listen(arguments.host, arguments.port)
    log_to_standard_error()
    for line in _hints(arguments.host, sockets[0].getsockname()[1]):
        print(line, file=sys.stderr)
    server(app, arguments.host, arguments.port).run(sockets)
    return 0


def _source(arguments: Namespace, overrides: UserOverrides, refreshed: Current | None) -> Source:
    if arguments.index is not None:
        return index_source(place_of(arguments), overrides, refreshed)
    file_trail(arguments.trail, 1).files()
    return trail_source(arguments.trail, arguments.workers, overrides, refreshed)


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
        emit(text.encode())
    else:
        write_file(arguments.output, text.encode())
    return 0
