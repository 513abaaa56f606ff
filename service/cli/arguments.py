"""The commands, their flags and their help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from service.cli.argument_types import day, days, given, path, port, seconds, whole_number
from service.cli.choosing import resources_flag
from service.cli.common_flags import (
    DATA,
    HERE,
    LOGS,
    PLACE,
    Parser,
    bundled_flag,
    current_flag,
    format_flag,
    overrides_flag,
    question_flags,
    trail_flags,
    window_flags,
    workers_flag,
)
from service.cli.help_texts import (
    ADVISE_EXAMPLES,
    ADVISE_USAGE,
    BACKTEST_EXAMPLES,
    BACKTEST_USAGE,
    CATALOG_EXAMPLES,
    CHECK_EXAMPLES,
    DESCRIPTION,
    DIFF_EXAMPLES,
    EVALUATE_EXAMPLES,
    EXIT_CODES,
    GROUP_EXAMPLES,
    INDEX_EXAMPLES,
    PROPOSE_EXAMPLES,
    PROPOSE_USAGE,
    RENDER_EXAMPLES,
    RESOLVE_EXAMPLES,
    SESSIONS_EXAMPLES,
    SESSIONS_USAGE,
    VERIFY_EXAMPLES,
)
from service.core.errors import InputError
from service.core.render.form import Form

DIFF_USAGE = "whittle diff BEFORE... -- AFTER... [--format text|json|markdown] [--bundled-catalog]"


STANDARD_INPUT = Path("-")
"""What stands for standard input where a file may be given."""


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the arguments.

    Raises:
        InputError: they make no sense; the message is one sentence.
        SystemExit: --help or --version was asked for.
    """
    parser = Parser(
        prog="whittle",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    _propose(commands)
    _backtest(commands)
    _advise(commands)
    _group(commands)
    _sessions(commands)
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
    if arguments.command in ("propose", "backtest", "advise", "sessions"):
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
    if (getattr(arguments, "index", None) or "").startswith("arn:"):
        arguments.principal, arguments.index = arguments.index, HERE
        return
    for name in ("trail", "current", "last_accessed", "event_selectors", "managed_policies"):
        *paths, last = map(str, getattr(arguments, name, None) or [""])
        if paths and last.startswith("arn:"):
            arguments.principal = last
            setattr(arguments, name, [Path(path) for path in paths])
            return
    usage = f"`whittle {arguments.command} ARN --trail PATH...`"
    if hasattr(arguments, "index"):
        usage += ", or `--index` in place of that"
    raise InputError(f"the principal is missing: {usage}")


_Commands = argparse._SubParsersAction  # noqa: SLF001  # argparse names this type nowhere else


def _propose(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "propose", "a least-privilege policy for one principal", PROPOSE_EXAMPLES)
    parser.usage = PROPOSE_USAGE
    question_flags(parser)
    parser.add_argument(
        "--output", type=path, metavar="DIR", help="also write one file for each policy, and the proposal"
    )
    parser.add_argument(
        "--requests",
        type=path,
        metavar="FILE",
        help="also write the distinct requests that were replayed, as JSON lines",
    )


def _backtest(commands: _Commands[Parser]) -> None:
    parser = _command(
        commands, "backtest", "what a proposal made of earlier days would have denied later", BACKTEST_EXAMPLES
    )
    parser.usage = BACKTEST_USAGE
    question_flags(parser)
    parts = parser.add_argument_group("parts", "three quarters to learn from and a quarter to try, if nothing is given")
    parts.add_argument("--train", type=days, metavar="DAYS", help="how many days to learn from, like 60d")
    parts.add_argument("--test", type=days, metavar="DAYS", help="how many days to try, the last of the window")
    parts.add_argument(
        "--folds", type=whole_number, metavar="N", help="N parts, each but the first tried with those before it"
    )


def _verify(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "verify", "check a proposal and its certificate again", VERIFY_EXAMPLES)
    parser.add_argument("proposal", type=path, metavar="PROPOSAL", help="a proposal, as JSON")
    current_flag(parser)
    parser.add_argument(
        "--requests", type=path, metavar="FILE", help="the requests that `propose --requests` wrote with it"
    )
    format_flag(parser)


def _advise(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "advise", "what a reviewer wants to know beside the policy", ADVISE_EXAMPLES)
    parser.usage = ADVISE_USAGE
    question_flags(parser)
    parser.add_argument(
        "--managed-policies", type=path, nargs="+", action="extend", metavar="FILE",
        help="AWS managed policies to compare with: a document in each file, or JSON lines of name and policy",
    )  # fmt: skip
    parser.add_argument("--credential-report", type=path, metavar="FILE", help="the account's credential report")


def _group(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "group", "one policy for several principals, and who needs what of it", GROUP_EXAMPLES)
    parser.add_argument("name", type=given, metavar="NAME", help="the name of the job function")
    who = parser.add_argument_group("members", "in any combination; at least two")
    who.add_argument("--member", nargs="+", action="extend", metavar="ARN", help="a role or a user")
    who.add_argument(
        "--matching", action="append", metavar="PATTERN", help="whose ARN in the trail matches, by * and ?"
    )
    who.add_argument("--tag", type=given, metavar="KEY=VALUE", help="who has the tag, by the details of --current")
    question_flags(parser, principal=False)
    parser.add_argument(
        "--output", type=path, metavar="DIR", help="also write one file for each policy, and group.json"
    )


def _sessions(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "sessions", "a shared role by the kinds of sessions behind it", SESSIONS_EXAMPLES)
    parser.usage = SESSIONS_USAGE
    parser.add_argument("principal", nargs="?", metavar="ARN", help="a role, or a session of it")
    parser.add_argument("--trail", type=path, nargs="+", action="extend", required=True, metavar="PATH", help=LOGS)
    workers_flag(parser)
    window_flags(parser)
    resources_flag(parser)
    overrides_flag(parser)
    bundled_flag(parser)
    format_flag(parser)


def _render(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "render", "a proposal in the form in which its owner keeps it", RENDER_EXAMPLES)
    parser.add_argument("proposal", type=path, metavar="PROPOSAL", help="a proposal, as JSON")
    forms = [each.value for each in Form]
    parser.add_argument("--as", dest="form", choices=forms, required=True, help="the form")
    parser.add_argument("--output", type=path, metavar="FILE", help="write it there, not to standard output")


def _evaluate(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "evaluate", "whether policies allow a request", EVALUATE_EXAMPLES)
    _policies(parser, "--policy")
    parser.add_argument(
        "--request", type=path, required=True, metavar="FILE", help="a request as JSON, or one in each line"
    )
    format_flag(parser)


def _check(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "check", "prove something of policies, or refute it by a request", CHECK_EXAMPLES)
    parts = parser.add_subparsers(dest="check_command", metavar="CHECK", required=True, parser_class=Parser)
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
        bundled_flag(each)
        format_flag(each)


def _diff(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "diff", "what changes when policies are replaced by others", DIFF_EXAMPLES)
    parser.usage = DIFF_USAGE
    parser.add_argument(
        "files", type=path, nargs="+", metavar="FILE", help="policy documents, lists of them, or proposals"
    )
    bundled_flag(parser)
    format_flag(parser, "markdown")


def _policies(parser: Parser, flag: str) -> None:
    parser.add_argument(
        flag, type=path, nargs="+", action="extend", required=True, metavar="FILE", help="policy documents"
    )


def _principals(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "principals", "who is in a trail or an index", "")
    trail_flags(parser)
    format_flag(parser)


def _resolve(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "resolve", "the IAM actions of an API call", RESOLVE_EXAMPLES)
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="event source, like s3.amazonaws.com")
    parser.add_argument("name", nargs="?", metavar="NAME", help="event name, like ListObjects")
    parser.add_argument(
        "--explain", type=path, nargs="?", const=STANDARD_INPUT, metavar="FILE",
        help="explain one CloudTrail record, of a file or of standard input, instead",
    )  # fmt: skip
    overrides_flag(parser)
    bundled_flag(parser)
    format_flag(parser)


def _catalog(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "catalog", "what is known of AWS's actions, and how old it is", CATALOG_EXAMPLES)
    parts = parser.add_subparsers(dest="catalog_command", metavar="COMMAND", required=True, parser_class=Parser)
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
        format_flag(each)
    for each in (status, show):
        bundled_flag(each)


def _serve(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "serve", "the HTTP API over a trail or an index", "")
    trail_flags(parser)
    overrides_flag(parser)
    bundled_flag(parser)
    parser.add_argument("--host", type=given, default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=port, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="a further host name to answer to"
    )
    parser.add_argument(
        "--data-dir", type=path, default=DATA, metavar="DIR",
        help="where proposals are kept (default: %(default)s)",
    )  # fmt: skip


def _openapi(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "openapi", "the description of the HTTP API, as YAML", "")
    parser.add_argument("--output", type=path, metavar="FILE", help="write it there instead of standard output")


def _command(commands: _Commands[Parser], name: str, what: str, epilog: str) -> Parser:
    return commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # an abbreviation that works today may be two flags tomorrow
    )


def _index(commands: _Commands[Parser]) -> None:
    parser = _command(commands, "index", "what every principal of a trail did, kept and added to", INDEX_EXAMPLES)
    parts = parser.add_subparsers(dest="index_command", metavar="COMMAND", required=True, parser_class=Parser)
    add = _command(parts, "add", "read new files of a trail into the index", "")
    add.add_argument("paths", type=path, nargs="+", metavar="PATH", help=LOGS)
    workers_flag(add)
    add.add_argument("--follow", action="store_true", help="go on looking for new files, until Ctrl-C")
    add.add_argument(
        "--interval", type=seconds, default=5, metavar="SECONDS",
        help="how often --follow looks (default: %(default)s); a file is taken when it was the same the last time",
    )  # fmt: skip
    add.add_argument(
        "--rebuild", action="store_true", help="a new index of these files alone, in the place of the old one"
    )
    overrides_flag(add)
    bundled_flag(add)
    status = _command(parts, "status", "files, events, principals, days, size, and what was left out", "")
    prune = _command(parts, "prune", "forget old days, for good", "")
    which = prune.add_mutually_exclusive_group(required=True)
    which.add_argument("--before", type=day, metavar="DAY", help="the first day that is kept, like 2026-08-01")
    which.add_argument("--keep-days", type=whole_number, metavar="N", help="keep N days, the newest event's included")
    check = _command(parts, "check", "whether the index is sound, to the last byte", "")
    for each in (add, status, prune, check):
        each.add_argument("--index", type=given, metavar="PLACE", help=PLACE)
        format_flag(each)
