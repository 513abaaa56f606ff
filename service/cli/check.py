"""`whittle check`: something proved of policies, or refuted by a request in words."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from service.cli.catalog_choice import refreshed_catalog
from service.cli.certificate_text import verdict_lines
from service.cli.files import emit
from service.core.iam.policy import Policy
from service.core.iam.proving.verdict import Holds, Refuted, Unknown, Verdict
from service.core.json_bytes import to_bytes
from service.core.verdict_json import verdict_json
from service.usecases.checks import Checks
from service.wiring import parts, policies_in

_EXIT: dict[type[Verdict], int] = {Holds: 0, Refuted: 1, Unknown: 3}


def check(arguments: Namespace) -> int:
    """Ask, and print the verdict."""
    generation = refreshed_catalog(arguments, whole=True)
    checks = Checks(parts(refreshed=generation.place if generation else None).catalog)
    title, verdict, notes = _ASKED[arguments.check_command](checks, arguments)
    if arguments.format == "json":
        emit(
            to_bytes(
                {
                    "check": arguments.check_command,
                    **verdict_json(verdict),
                    **({} if notes is None else {"notes": list(notes)}),
                }
            )
        )
    else:
        lines = verdict_lines(title, verdict, "this request is allowed")
        emit("".join(f"{line}\n" for line in (*lines, *(f"  note: {note}" for note in notes or ()))))
    return _EXIT[type(verdict)]


_Asked = tuple[str, Verdict, tuple[str, ...] | None]
"""The title of a verdict, the verdict, and notes where the question has any."""


def _no_new_access(checks: Checks, arguments: Namespace) -> _Asked:
    return "no new access", checks.no_new_access(_policies(arguments.existing), _policies(arguments.new)), None


def _access_not_granted(checks: Checks, arguments: Namespace) -> _Asked:
    verdict = checks.access_not_granted(_policies(arguments.policy), arguments.action, arguments.resource)
    return "access not granted", verdict, checks.notes(arguments.action)


_ASKED = {"no-new-access": _no_new_access, "access-not-granted": _access_not_granted}


def _policies(paths: Sequence[Path]) -> list[Policy]:
    return [each.policy for each in policies_in(paths)]
