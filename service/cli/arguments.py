"""The commands, their flags and their help."""

from __future__ import annotations

import argparse
from pathlib import Path

from service.core.errors import InputError
from service.core.shown import shown

DESCRIPTION = """\
Whittle reads what an AWS principal did from CloudTrail logs and writes the smallest customer-managed policy that
still allows it, with the reason for every permission. It reads files only: nothing is sent anywhere.
"""

EXIT_CODES = """\
exit codes:
  0   done
  2   the arguments or the input cannot be used; standard error says why, in one sentence
  4   the principal made no call in the trail; standard error names the nearest that did
  70  a defect of Whittle, for example a policy that would miss an observed request
  130 interrupted
"""

PROPOSE_EXAMPLES = """\
examples:
  whittle propose arn:aws:iam::111122223333:role/orders-api --trail samples/trail
  whittle propose arn:aws:iam::111122223333:user/people/dana --trail logs/ more.json.gz --days 30
  whittle propose ROLE_ARN --trail logs/ --from 2026-08-01 --to 2026-08-31 --format json > proposal.json
  whittle propose ROLE_ARN --trail logs/ --output out/     writes a file for each policy, and proposal.json

The principal is a role, a user, or a session (arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION), which stands for its
role. --days counts back from the last event of the trail. Denied calls never become permissions; they are listed.
"""

RESOLVE_EXAMPLES = """\
examples:
  whittle resolve s3.amazonaws.com ListObjects
  cut -f1,2 calls.tsv | whittle resolve > actions.tsv

Without arguments it reads lines `eventSource<TAB>eventName` and writes lines `eventSource, eventName, actions, rule`
with tabs between; actions are joined by commas, and empty where the rule is `unresolved` or `no-permission:...`.
"""


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
    )
    parser.add_argument("--version", action="store_true", help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _propose(commands)
    _principals(commands)
    _resolve(commands)
    _serve(commands)
    _openapi(commands)
    arguments = parser.parse_args(argv)
    if arguments.command is None and not arguments.version:
        parser.print_help()
        raise SystemExit(2)
    return arguments


_Commands = argparse._SubParsersAction  # noqa: SLF001  # argparse names this type nowhere else


def _propose(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "propose", "a least-privilege policy for one principal", PROPOSE_EXAMPLES)
    parser.add_argument("principal", metavar="ARN", help="role, user or assumed-role session")
    _trail(parser)
    window = parser.add_argument_group("window", "which days count; all of them if nothing is given")
    window.add_argument("--days", type=_whole_number, metavar="N", help="the last N days of the trail")
    window.add_argument("--from", dest="first", default="", metavar="DAY", help="first day, like 2026-08-01")
    window.add_argument("--to", dest="last", default="", metavar="DAY", help="last day, included")
    _format(parser)
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="also write one file for each policy, and the proposal"
    )


def _principals(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "principals", "who is in a trail", "")
    _trail(parser)
    _format(parser)


def _resolve(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "resolve", "the IAM actions of an API call", RESOLVE_EXAMPLES)
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="event source, like s3.amazonaws.com")
    parser.add_argument("name", nargs="?", metavar="NAME", help="event name, like ListObjects")
    _format(parser)


def _serve(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "serve", "the HTTP API over a trail", "")
    _trail(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_whole_number, default=8000, help="port to listen on (default: %(default)s)")
    parser.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="a further host name to answer to"
    )
    parser.add_argument(
        "--data-dir", type=Path, default=Path("whittle-data"), metavar="DIR",
        help="where proposals are kept (default: %(default)s)",
    )  # fmt: skip


def _openapi(commands: _Commands[_Parser]) -> None:
    parser = _command(commands, "openapi", "the description of the HTTP API, as YAML", "")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write it there instead of standard output")


def _command(commands: _Commands[_Parser], name: str, what: str, epilog: str) -> _Parser:
    return commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _trail(parser: _Parser) -> None:
    parser.add_argument(
        "--trail", type=Path, nargs="+", action="extend", required=True, metavar="PATH",
        help="files and folders of CloudTrail logs, plain or gzip, in any form that CloudTrail delivers",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=_positive, default=1, metavar="N", help="processes that read (default: %(default)s)"
    )


def _format(parser: _Parser) -> None:
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")


def _positive(text: str) -> int:
    if (number := _whole_number(text)) == 0:
        raise argparse.ArgumentTypeError("give at least one")
    return number


def _whole_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:  # nine digits are enough for any flag
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number")
    return int(text)
