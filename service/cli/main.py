"""The entry point: which command, which exit code, and the one place that prints."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable

from service.cli.arguments import parse
from service.core.errors import InputError, InternalError, PrincipalNotFound, WhittleError
from service.core.shown import shown

OK, USAGE, NOT_FOUND, DEFECT, INTERRUPTED = 0, 2, 4, 70, 130


def run(argv: list[str]) -> int:
    """Run one command and return its exit code. Every error is one sentence on standard error."""
    try:
        code = _dispatch(argv)
        sys.stdout.flush()
    except WhittleError as error:
        return _failed(error)
    except KeyboardInterrupt:
        print("whittle: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; writing more would only raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    return code


def _dispatch(argv: list[str]) -> int:
    try:
        arguments = parse(argv)
    except SystemExit as asked:
        return int(asked.code or 0)
    if arguments.version:
        return _version()
    return _COMMANDS[arguments.command](arguments)


def _failed(error: WhittleError) -> int:
    print(f"whittle: {shown(str(error), 2000)}", file=sys.stderr)
    match error:
        case PrincipalNotFound():
            return NOT_FOUND
        case InternalError():
            return DEFECT
        case InputError() | _:
            return USAGE


def _version() -> int:
    from importlib.metadata import version

    print(f"whittle {version('whittle-iam')}")
    return OK


def _propose(arguments: Namespace) -> int:
    from service.cli.propose import propose

    return propose(arguments)


def _principals(arguments: Namespace) -> int:
    from service.cli.principals import principals

    return principals(arguments)


def _resolve(arguments: Namespace) -> int:
    from service.cli.resolve import resolve

    return resolve(arguments)


def _serve(arguments: Namespace) -> int:
    from service.cli.serve import serve

    return serve(arguments)


def _openapi(arguments: Namespace) -> int:
    from service.cli.serve import openapi

    return openapi(arguments)


_COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "propose": _propose,
    "principals": _principals,
    "resolve": _resolve,
    "serve": _serve,
    "openapi": _openapi,
}
