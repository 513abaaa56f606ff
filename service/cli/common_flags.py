"""Flags that several commands have."""

from __future__ import annotations

import argparse
from pathlib import Path

from service.cli.argument_types import given, path, whole_number, workers
from service.cli.choosing import add_choices
from service.core.errors import InputError
from service.core.shown import shown

DATA = Path("whittle-data")
"""Where a server keeps what it keeps, and commands look for a usage index."""

HERE = False
"""What stands for the usage index in the default place; argparse would read a text as if the user had given it."""

LOGS = "files and folders of CloudTrail logs, plain or gzip, in any form that CloudTrail delivers"
PLACE = f"a folder, a file, or postgresql://USER@HOST/DATABASE (default: {DATA})"


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence; the text of the user is shown harmless."""

    def error(self, message: str) -> None:  # type: ignore[override]  # argparse exits here, we raise
        raise InputError(f"{shown(message)} (`{self.prog} --help` tells more)")


def question_flags(parser: Parser, *, principal: bool = True) -> None:
    """Who, when, beside what (`service.cli.question`)."""
    if principal:
        parser.add_argument("principal", nargs="?", metavar="ARN", help="role, user or assumed-role session")
    trail_flags(parser)
    window_flags(parser)
    current_flag(parser)
    if principal:
        witness_flags(parser)
    add_choices(parser)
    overrides_flag(parser)
    bundled_flag(parser)
    format_flag(parser)


def window_flags(parser: Parser) -> None:
    window = parser.add_argument_group("window", "which days count; all of them if nothing is given")
    window.add_argument("--days", type=whole_number, metavar="N", help="the last N days of the trail")
    window.add_argument("--from", dest="first", type=given, metavar="DAY", help="first day, like 2026-08-01")
    window.add_argument("--to", dest="last", type=given, metavar="DAY", help="last day, included")


def trail_flags(parser: Parser) -> None:
    evidence = parser.add_mutually_exclusive_group(required=True)
    evidence.add_argument("--trail", type=path, nargs="+", action="extend", metavar="PATH", help=LOGS)
    evidence.add_argument(
        "--index", type=given, nargs="?", const=HERE, metavar="PLACE",
        help=f"a usage index in place of a trail: {PLACE}",
    )  # fmt: skip
    workers_flag(parser)


def workers_flag(parser: Parser) -> None:
    parser.add_argument(
        "--workers", type=workers, default=1, metavar="N", help="processes that read (default: %(default)s)"
    )


def current_flag(parser: Parser) -> None:
    parser.add_argument(
        "--current", type=path, nargs="+", action="extend", metavar="FILE",
        help="what the principal is granted now: policy documents, or the account's get-account-authorization-details",
    )  # fmt: skip


def witness_flags(parser: Parser) -> None:
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


def overrides_flag(parser: Parser) -> None:
    parser.add_argument(
        "--overrides", type=path, metavar="FILE",
        help="your own answers for operations, a table: event_source, event_name, actions (by commas; empty where no "
        "permission is needed), reason",
    )  # fmt: skip


def bundled_flag(parser: Parser) -> None:
    parser.add_argument(
        "--bundled-catalog", action="store_true", help="the catalog that came with Whittle, not a refreshed one"
    )


def format_flag(parser: Parser, *more: str) -> None:
    parser.add_argument("--format", choices=("text", "json", *more), default="text", help="default: %(default)s")
