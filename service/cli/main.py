"""The entry point: which command, which exit code, and the one place that prints."""

from __future__ import annotations

import gc
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from service.cli.arguments import parse
from service.cli.files import OutputUnwritable, emit
from service.core.errors import ActionNotFound, InputError, InternalError, PrincipalNotFound, WhittleError
from service.core.shown import shown

OK, USAGE, NOT_FOUND, DEFECT, UNWRITABLE, INTERRUPTED = 0, 2, 4, 70, 74, 130


_ROOT = Path(__file__).parents[2]


def run(argv: list[str]) -> int:
    """Run one command and return its exit code. Every error is one sentence on standard error."""
    _have_streams()
    # What is kept are large tables without cycles: looking for cycles often would take a quarter of the time.
    gc.set_threshold(100_000, 50, 50)
    try:
        return _dispatch(argv)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    except WhittleError as error:
        return _failed(error)
    except BrokenPipeError:  # the reader of our output has gone, which is its right
        return OK
    except Exception as error:  # noqa: BLE001  # the entry point: what nobody expected is told in one sentence too
        return _say(_defect(error), DEFECT)


def _have_streams() -> None:
    """All three, though the caller may have closed some."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  # for good


def _say(sentence: str, code: int) -> int:
    with suppress(OSError):  # standard error may be full or gone; the exit code still tells
        print(f"whittle: {shown(sentence, 2000)}", file=sys.stderr, flush=True)
    return code


def _defect(error: Exception) -> str:
    """What happened and where, for a report."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_ROOT)]
    where = f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}"
    return f"a defect of Whittle, please report it: {type(error).__name__} in {where}: {error}"


def _dispatch(argv: list[str]) -> int:
    try:
        arguments = parse(argv)
    except SystemExit as asked:
        return int(asked.code or 0)
    if arguments.version:
        return _version()
    return _COMMANDS[arguments.command](arguments)


def _failed(error: WhittleError) -> int:
    match error:
        case PrincipalNotFound() | ActionNotFound():
            code = NOT_FOUND
        case OutputUnwritable():
            code = UNWRITABLE
        case InternalError():
            code = DEFECT
        case InputError() | _:
            code = USAGE
    return _say(str(error), code)


def _version() -> int:
    from importlib.metadata import version

    emit(f"whittle {version('whittle-iam')}\n")
    return OK


def _propose(arguments: Namespace) -> int:
    from service.cli.propose import propose

    return propose(arguments)


def _backtest(arguments: Namespace) -> int:
    from service.cli.backtest import backtest

    return backtest(arguments)


def _principals(arguments: Namespace) -> int:
    from service.cli.principals import principals

    return principals(arguments)


def _resolve(arguments: Namespace) -> int:
    from service.cli.resolve import resolve

    return resolve(arguments)


def _verify(arguments: Namespace) -> int:
    from service.cli.verify import verify

    return verify(arguments)


def _advise(arguments: Namespace) -> int:
    from service.cli.advise import advise

    return advise(arguments)


def _group(arguments: Namespace) -> int:
    from service.cli.group import group

    return group(arguments)


def _sessions(arguments: Namespace) -> int:
    from service.cli.sessions import sessions

    return sessions(arguments)


def _render(arguments: Namespace) -> int:
    from service.cli.render import render

    return render(arguments)


def _evaluate(arguments: Namespace) -> int:
    from service.cli.evaluate import evaluate

    return evaluate(arguments)


def _check(arguments: Namespace) -> int:
    from service.cli.check import check

    return check(arguments)


def _diff(arguments: Namespace) -> int:
    from service.cli.diff import diff

    return diff(arguments)


def _index(arguments: Namespace) -> int:
    from service.cli.index import index

    return index(arguments)


def _serve(arguments: Namespace) -> int:
    from service.cli.serve import serve

    return serve(arguments)


def _catalog(arguments: Namespace) -> int:
    from service.cli.catalog import catalog

    return catalog(arguments)


def _openapi(arguments: Namespace) -> int:
    from service.cli.serve import openapi

    return openapi(arguments)


_COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "propose": _propose,
    "backtest": _backtest,
    "advise": _advise,
    "group": _group,
    "sessions": _sessions,
    "principals": _principals,
    "verify": _verify,
    "render": _render,
    "evaluate": _evaluate,
    "check": _check,
    "diff": _diff,
    "resolve": _resolve,
    "catalog": _catalog,
    "index": _index,
    "serve": _serve,
    "openapi": _openapi,
}
