"""The commands, their flags and their help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from service.cli.argument_types import day, days, given, path, port, seconds, whole_number, workers
from service.cli.choosing import add_choices
from service.cli.help_texts import (
    BACKTEST_EXAMPLES,
    BACKTEST_USAGE,
    CATALOG_EXAMPLES,
    CHECK_EXAMPLES,
    DESCRIPTION,
    DIFF_EXAMPLES,
    EVALUATE_EXAMPLES,
    EXIT_CODES,
    INDEX_EXAMPLES,
    PROPOSE_EXAMPLES,
    PROPOSE_USAGE,
    RENDER_EXAMPLES,
    RESOLVE_EXAMPLES,
    VERIFY_EXAMPLES,
)
from service.core.errors import InputError
from service.core.render.form import Form
from service.core.shown import shown

DIFF_USAGE = "whittle diff BEFORE... -- AFTER... [--format text|json|markdown] [--bundled-catalog]"

DATA = Path("whittle-data")
"""Where a server keeps what it keeps, and commands look for a usage index."""

STANDARD_INPUT = Path("-")
"""What stands for standard input where a file may be given."""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; the text of the user is shown harmless."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse exits here, we raise
        raise InputError(f"{shown(message)} (`{self.prog} --help` tells more)")


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the arguments.

    Raises:
        InputError: they make no sense; the message is one sentence.
        SystemExit: --help or --version was asked for.
    """
    parser = _Parser(
        prog="whittle",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _propose(commands)
    _backtest(commands)
    _principals(commands)
    _verify(commands)
    _render(commands)
    _evaluate(commands)
    _check(commands)
    _diff(commands)
    _resolve(commands)
    _catalog(commands)
    _index(commands)
    _serve(commands)
    _openapi(commands)
    arguments = parser.parse_args(_marked(argv))
    if arguments.command is None and not arguments.version:
        parser.print_help(sys.stderr)
        raise SystemExit(2)
    if arguments.command in ("propose", "backtest"):
        _find_principal(arguments)
    if arguments.command == "diff":
        _find_sides(arguments)
    return arguments


_BETWEEN = "\0"
"""What stands for the first `--` of `whittle diff`, of which argparse keeps no trace. No path can be that."""


def _marked(argv: list[str]) -> list[str]:
    if argv[:1] != ["diff"] or "--" not in argv:
        return argv
    place = argv.index("--")
    return [*argv[:place], _BETWEEN, *argv[place + 1 :]]


def _find_sides(arguments: argparse.Namespace) -> None:
    """The files before and after the `--`."""
    files: list[Path] = arguments.files
    place = files.index(Path(_BETWEEN)) if Path(_BETWEEN) in files else len(files)
    arguments.before, arguments.after = files[:place], files[place + 1 :]
    if not arguments.before or not arguments.after:
        raise InputError("files are missing: `whittle diff BEFORE... -- AFTER...`")


def _find_principal(arguments: argparse.Namespace) -> None:
    """The ARN may stand behind `--trail PATH...` or `--current FILE...` too, where argparse takes it for a path."""
    if arguments.principal is not None:
        return
    if (arguments.index or "").startswith("arn:"):
        arguments.principal, arguments.index = arguments.index, HERE
        return
    for name in ("trail", "current", "last_accessed", "event_selectors"):
        *paths, last = map(str, getattr(arguments, name) or [""])
        if paths and last.startswith("arn:"):
            arguments.principal = last
            setattr(arguments, name, [Path(path) for path in paths])
            return
    usage = f"`whittle {arguments.command} ARN --trail PATH...`, or `--index` in place of that"
    raise InputError(f"the principal is missing: {usage}")


_Commands = argparse._SubParsersAction  # noqa: SLF001  # argparse names this type nowhere else


def _propose(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "propose", "a least-privilege policy for one principal", PROPOSE_EXAMPLES)
    parser.usage = PROPOSE_USAGE
    _question(parser)
    parser.add_argument(
        "--output", type=path, metavar="DIR", help="also write one file for each policy, and the proposal"
    )
    parser.add_argument(
        "--requests",
        type=path,
        metavar="FILE",
        help="also write the distinct requests that were replayed, as JSON lines",
    )


def _question(parser: _Parser) -> None:
    """Who, when, beside what (`service.cli.question`)."""
    parser.add_argument("principal", nargs="?", metavar="ARN", help="role, user or assumed-role session")
    _trail(parser)
    window = parser.add_argument_group("window", "which days count; all of them if nothing is given")
    window.add_argument("--days", type=whole_number, metavar="N", help="the last N days of the trail")
    window.add_argument("--from", dest="first", type=given, metavar="DAY", help="first day, like 2026-08-01")
    window.add_argument("--to", dest="last", type=given, metavar="DAY", help="last day, included")
    _current(parser)
    _witnesses(parser)
    add_choices(parser)
    _overrides(parser)
    _bundled(parser)
    _format(parser)


def _witnesses(parser: _Parser) -> None:
    group = parser.add_argument_group("witnesses", "what is known beside the trail")
    group.add_argument(
        "--last-accessed", type=path, nargs="+", action="extend", metavar="FILE",
        help="answers of get-service-last-accessed-details for the principal, all pages",
    )  # fmt: skip
    group.add_argument(
        "--event-selectors", type=path, nargs="+", action="extend", metavar="FILE",
        help="answers of get-event-selectors for the trails that the files are from, and of describe-trails",
    )  # fmt: skip
    group.add_argument(
        "--keep",
        type=path,
        metavar="FILE",
        help="a table of actions that have to stay, with the reason (action, reason)",
    )


def _backtest(commands: _Commands[_Parser]) -> None:
    parser = _command(
        commands, "backtest", "what a proposal made of earlier days would have denied later", BACKTEST_EXAMPLES
    )
    parser.usage = BACKTEST_USAGE
    _question(parser)
    parts = parser.add_argument_group("parts", "three quarters to learn from and a quarter to try, if nothing is given")
    parts.add_argument("--train", type=days, metavar="DAYS", help="how many days to learn from, like 60d")
    parts.add_argument("--test", type=days, metavar="DAYS", help="how many days to try, the last of the window")
    parts.add_argument(
        "--folds", type=whole_number, metavar="N", help="N parts, each but the first tried with those before it"
    )


def _verify(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "verify", "check a proposal and its certificate again", VERIFY_EXAMPLES)
    parser.add_argument("proposal", type=path, metavar="PROPOSAL", help="a proposal, as JSON")
    _current(parser)
    parser.add_argument(
        "--requests", type=path, metavar="FILE", help="the requests that `propose --requests` wrote with it"
    )
    _format(parser)


def _render(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "render", "a proposal in the form in which its owner keeps it", RENDER_EXAMPLES)
    parser.add_argument("proposal", type=path, metavar="PROPOSAL", help="a proposal, as JSON")
    forms = [each.value for each in Form]
    parser.add_argument("--as", dest="form", choices=forms, required=True, help="the form")
    parser.add_argument("--output", type=path, metavar="FILE", help="write it there, not to standard output")


def _evaluate(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "evaluate", "whether policies allow a request", EVALUATE_EXAMPLES)
    _policies(parser, "--policy")
    parser.add_argument(
        "--request", type=path, required=True, metavar="FILE", help="a request as JSON, or one in each line"
    )
    _format(parser)


def _check(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "check", "prove something of policies, or refute it by a request", CHECK_EXAMPLES)
    parts = parser.add_subparsers(dest="check_command", metavar="CHECK", required=True, parser_class=_Parser)
    no_new = _command(parts, "no-new-access", "new policies allow nothing that the existing ones do not", "")
    _policies(no_new, "--existing")
    _policies(no_new, "--new")
    granted = _command(parts, "access-not-granted", "policies allow none of the actions on any of the resources", "")
    _policies(granted, "--policy")
    granted.add_argument(
        "--action", type=given, nargs="+", action="extend", required=True, metavar="ACTION",
        help="like s3:DeleteObject or iam:*",
    )  # fmt: skip
    granted.add_argument(
        "--resource", type=given, nargs="+", action="extend", default=[], metavar="ARN",
        help="resources, as patterns; any if none is given",
    )  # fmt: skip
    for each in (no_new, granted):
        _bundled(each)
        _format(each)


def _diff(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "diff", "what changes when policies are replaced by others", DIFF_EXAMPLES)
    parser.usage = DIFF_USAGE
    parser.add_argument(
        "files", type=path, nargs="+", metavar="FILE", help="policy documents, lists of them, or proposals"
    )
    _bundled(parser)
    _format(parser, "markdown")


def _current(parser: _Parser) -> None:
    parser.add_argument(
        "--current", type=path, nargs="+", action="extend", metavar="FILE",
        help="what the principal is granted now: policy documents, or the account's get-account-authorization-details",
    )  # fmt: skip


def _policies(parser: _Parser, flag: str) -> None:
    parser.add_argument(
        flag, type=path, nargs="+", action="extend", required=True, metavar="FILE", help="policy documents"
    )


def _principals(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "principals", "who is in a trail or an index", "")
    _trail(parser)
    _format(parser)


def _resolve(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "resolve", "the IAM actions of an API call", RESOLVE_EXAMPLES)
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="event source, like s3.amazonaws.com")
    parser.add_argument("name", nargs="?", metavar="NAME", help="event name, like ListObjects")
    parser.add_argument(
        "--explain", type=path, nargs="?", const=STANDARD_INPUT, metavar="FILE",
        help="explain one CloudTrail record, of a file or of standard input, instead",
    )  # fmt: skip
    _overrides(parser)
    _bundled(parser)
    _format(parser)


def _catalog(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "catalog", "what is known of AWS's actions, and how old it is", CATALOG_EXAMPLES)
    parts = parser.add_subparsers(dest="catalog_command", metavar="COMMAND", required=True, parser_class=_Parser)
    refresh = _command(parts, "refresh", "read AWS's service reference, or a copy of it, into the cache", "")
    refresh.add_argument("--base-url", default="", metavar="URL", help="a copy's address, up to its /v1")
    refresh.add_argument(
        "--accept-removals",
        action="store_true",
        help="believe it though more than 5%% of the actions or services are gone",
    )
    status = _command(parts, "status", "which catalog is in force, its age, and how the cache is", "")
    show = _command(parts, "show", "an action: level, resource types, condition keys, dependent actions, marks", "")
    show.add_argument("pattern", metavar="ACTION", help="like s3:GetObject, s3:Get*, *:PassRole")
    for each in (refresh, status, show):
        each.add_argument("--cache-dir", type=Path, metavar="DIR", help="where refreshed catalogs are kept")
        _format(each)
    for each in (status, show):
        _bundled(each)


def _serve(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "serve", "the HTTP API over a trail or an index", "")
    _trail(parser)
    _overrides(parser)
    _bundled(parser)
    parser.add_argument("--host", type=given, default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=port, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="a further host name to answer to"
    )
    parser.add_argument(
        "--data-dir", type=path, default=DATA, metavar="DIR",
        help="where proposals are kept (default: %(default)s)",
    )  # fmt: skip


def _openapi(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "openapi", "the description of the HTTP API, as YAML", "")
    parser.add_argument("--output", type=path, metavar="FILE", help="write it there instead of standard output")


def _command(commands: _Commands[_Parser], name: str, what: str, epilog: str) -> _Parser:
    return commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # an abbreviation that works today may be two flags tomorrow
    )


def _index(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "index", "what every principal of a trail did, kept and added to", INDEX_EXAMPLES)
    parts = parser.add_subparsers(dest="index_command", metavar="COMMAND", required=True, parser_class=_Parser)
    add = _command(parts, "add", "read new files of a trail into the index", "")
    add.add_argument("paths", type=path, nargs="+", metavar="PATH", help=_LOGS)
    _workers(add)
    add.add_argument("--follow", action="store_true", help="go on looking for new files, until Ctrl-C")
    add.add_argument(
        "--interval", type=seconds, default=5, metavar="SECONDS",
        help="how often --follow looks (default: %(default)s); a file is taken when it was the same the last time",
    )  # fmt: skip
    add.add_argument(
        "--rebuild", action="store_true", help="a new index of these files alone, in the place of the old one"
    )
    _overrides(add)
    _bundled(add)
    status = _command(parts, "status", "files, events, principals, days, size, and what was left out", "")
    prune = _command(parts, "prune", "forget old days, for good", "")
    which = prune.add_mutually_exclusive_group(required=True)
    which.add_argument("--before", type=day, metavar="DAY", help="the first day that is kept, like 2026-08-01")
    which.add_argument("--keep-days", type=whole_number, metavar="N", help="keep N days, the newest event's included")
    check = _command(parts, "check", "whether the index is sound, to the last byte", "")
    for each in (add, status, prune, check):
        each.add_argument("--index", type=given, metavar="PLACE", help=_PLACE)
        _format(each)


HERE = False
"""What stands for the usage index in the default place; argparse would read a text as if the user had given it."""

_LOGS = "files and folders of CloudTrail logs, plain or gzip, in any form that CloudTrail delivers"
_PLACE = f"a folder, a file, or postgresql://USER@HOST/DATABASE (default: {DATA})"


def _trail(parser: _Parser) -> None:
    evidence = parser.add_mutually_exclusive_group(required=True)
    evidence.add_argument("--trail", type=path, nargs="+", action="extend", metavar="PATH", help=_LOGS)
    evidence.add_argument(
        "--index", type=given, nargs="?", const=HERE, metavar="PLACE",
        help=f"a usage index in place of a trail: {_PLACE}",
    )  # fmt: skip
    _workers(parser)


def _workers(parser: _Parser) -> None:
    parser.add_argument(
        "--workers", type=workers, default=1, metavar="N", help="processes that read (default: %(default)s)"
    )


def _overrides(parser: _Parser) -> None:
    parser.add_argument(
        "--overrides", type=path, metavar="FILE",
        help="your own answers for operations, a table: event_source, event_name, actions (by commas; empty where no "
        "permission is needed), reason",
    )  # fmt: skip


def _bundled(parser: _Parser) -> None:
    parser.add_argument(
        "--bundled-catalog", action="store_true", help="the catalog that came with Whittle, not a refreshed one"
    )


def _format(parser: _Parser, *more: str) -> None:
    parser.add_argument("--format", choices=("text", "json", *more), default="text", help="default: %(default)s")
