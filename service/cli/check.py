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
    title, verdict = _ASKED[arguments.check_command](checks, arguments)
    if arguments.format == "json":
        emit(to_bytes({"check": arguments.check_command, **verdict_json(verdict)}))
    else:
        emit("".join(f"{line}\n" for line in verdict_lines(title, verdict, "this request is allowed")))
    return _EXIT[type(verdict)]


def _no_new_access(checks: Checks, arguments: Namespace) -> tuple[str, Verdict]:
    return "no new access", checks.no_new_access(_policies(arguments.existing), _policies(arguments.new))


def _access_not_granted(checks: Checks, arguments: Namespace) -> tuple[str, Verdict]:
    policies = _policies(arguments.policy)
    return "access not granted", checks.access_not_granted(policies, arguments.action, arguments.resource)


_ASKED = {"no-new-access": _no_new_access, "access-not-granted": _access_not_granted}


def _policies(paths: Sequence[Path]) -> list[Policy]:
    return [each.policy for each in policies_in(paths)]
