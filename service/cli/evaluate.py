"""`whittle evaluate`: whether policies allow requests, and which statements decide."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from service.cli.files import emit
from service.core.current import GrantedPolicy
from service.core.decided import Decided, decided, decided_json
from service.core.iam.evaluate import Access
from service.core.iam.proving.verdict import words
from service.core.json_bytes import to_bytes
from service.core.shown import shown
from service.usecases.request_texts import requests_in
from service.wiring import file_in, policies_in

_EXIT = {Access.ALLOWED: 0, Access.UNKNOWN: 3, Access.IMPLICITLY_DENIED: 1, Access.EXPLICITLY_DENIED: 1}
_WORST_LAST = (Access.ALLOWED, Access.UNKNOWN, Access.IMPLICITLY_DENIED, Access.EXPLICITLY_DENIED)


def evaluate(arguments: Namespace) -> int:
    """Ask, and print an answer for each request; the exit code is of the worst."""
    policies: Sequence[GrantedPolicy] = policies_in(arguments.policy)
    requests = requests_in(shown(str(arguments.request)), file_in(arguments.request, "the request"))
    answers = decided(policies, requests)
    worst = max((each.access for each in answers), key=_WORST_LAST.index)
    if arguments.format == "json":
        emit(to_bytes({"decision": worst.value, "requests": [decided_json(each) for each in answers]}))
    else:
        emit("".join(map(_lines, answers)))
    return _EXIT[worst]


def _lines(each: Decided) -> str:
    said = f"{each.access.value}: {shown(words(each.request), 1000)}\n"
    places = "".join(f"  by {shown(place, 300)}\n" for place in each.statements)
    return said + places + (f"  {each.why}\n" if each.why else "")
