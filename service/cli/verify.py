"""`whittle verify`: a proposal and its certificate, checked again."""

from __future__ import annotations

from argparse import Namespace

from service.cli.catalog_choice import refreshed_catalog
from service.cli.files import emit
from service.core.current import Current
from service.core.json_bytes import Json, to_bytes
from service.core.principals import PrincipalQuery, parse_principal
from service.core.shown import shown
from service.usecases.checked import Checked, State
from service.usecases.said import proposal_in
from service.usecases.verify import Evidence, Verifier
from service.wiring import current_in, file_in, parts

_EXIT = {State.RIGHT: 0, State.UNKNOWN: 3, State.WRONG: 1}
_WORST_LAST = (State.RIGHT, State.UNKNOWN, State.WRONG)


def verify(arguments: Namespace) -> int:
    """Check, and print a line for each thing that was checked."""
    name, content = shown(str(arguments.proposal)), file_in(arguments.proposal, "the proposal")
    proposal = proposal_in(name, content)
    requests = arguments.requests
    evidence = Evidence(
        _current(arguments, proposal["principal"]),
        (shown(str(requests)), file_in(requests, "the requests")) if requests is not None else None,
    )
    checks = _verifier(proposal["catalog"]["digest"]).verified(name, content, evidence)
    worst = max((each.state for each in checks), key=_WORST_LAST.index)
    emit(to_bytes(_json(checks, worst)) if arguments.format == "json" else "".join(map(_line, checks)))
    return _EXIT[worst]


def _verifier(digest: str) -> Verifier:
    """With the catalog that the proposal names, if that is the bundled copy or the refreshed one."""
    made = parts()
    if digest != made.catalog.version.digest and (generation := refreshed_catalog(_ANY_CATALOG, whole=True)):
        made = parts(refreshed=generation.place)
    return Verifier(made.catalog, made.proposer.diffs)


_ANY_CATALOG = Namespace(bundled_catalog=False)


def _current(arguments: Namespace, principal: Json) -> Current | None:
    return current_in(arguments.current, _query(principal)) if arguments.current else None


def _query(principal: Json) -> PrincipalQuery:
    """Whom the proposal is for, to find it in the details of an account."""
    session = f"arn:aws:sts::{principal['account']}:assumed-role/{principal['name']}/session"
    return parse_principal(principal["arn"] or session)


def _line(each: Checked) -> str:
    return f"{each.state.value}: {shown(each.what)}: {shown(each.detail, 1000)}\n"


def _json(checks: tuple[Checked, ...], worst: State) -> dict[str, object]:
    listed = [{"what": each.what, "state": each.state.value, "detail": each.detail} for each in checks]
    return {"state": worst.value, "checks": listed}
