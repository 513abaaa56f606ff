"""`whittle verify`: a proposal and its certificate, checked again."""

from __future__ import annotations

from argparse import Namespace

import orjson

from service.cli.files import emit
from service.core.current import Current
from service.core.errors import InputError
from service.core.json_bytes import to_bytes
from service.core.principals import PrincipalQuery, parse_principal
from service.core.shown import shown
from service.usecases.verify import Checked, Evidence, State, verified
from service.wiring import current_in, file_in

_EXIT = {State.RIGHT: 0, State.UNKNOWN: 3, State.WRONG: 1}
_WORST_LAST = (State.RIGHT, State.UNKNOWN, State.WRONG)


def verify(arguments: Namespace) -> int:
    """Check, and print a line for each thing that was checked."""
    name, content = shown(str(arguments.proposal)), file_in(arguments.proposal, "the proposal")
    requests = arguments.requests
    evidence = Evidence(
        _current(arguments, name, content),
        (shown(str(requests)), file_in(requests, "the requests")) if requests is not None else None,
    )
    checks = verified(name, content, evidence)
    worst = max((each.state for each in checks), key=_WORST_LAST.index)
    emit(to_bytes(_json(checks, worst)) if arguments.format == "json" else "".join(map(_line, checks)))
    return _EXIT[worst]


def _current(arguments: Namespace, name: str, content: bytes) -> Current | None:
    return current_in(arguments.current, _principal(name, content)) if arguments.current else None


def _principal(name: str, content: bytes) -> PrincipalQuery:
    """Whom the proposal is for, to find it in the details of an account."""
    try:
        principal = orjson.loads(content)["principal"]
        arn = principal["arn"] or f"arn:aws:sts::{principal['account']}:assumed-role/{principal['name']}/session"
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{name} does not say for whom it is: give what `whittle propose` prints as JSON") from error
    return parse_principal(str(arn))


def _line(each: Checked) -> str:
    return f"{each.state.value}: {shown(each.what)}: {shown(each.detail, 1000)}\n"


def _json(checks: tuple[Checked, ...], worst: State) -> dict[str, object]:
    listed = [{"what": each.what, "state": each.state.value, "detail": each.detail} for each in checks]
    return {"state": worst.value, "checks": listed}
