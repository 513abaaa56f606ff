"""`whittle advise`: what a reviewer wants to know beside the policy."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from itertools import groupby

from service.cli.files import emit
from service.cli.question import Question, answered
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.shown import shown
from service.usecases.advising import Advised, advised_json
from service.usecases.reading import Reading
from service.wiring import adviser, material_in


def advise(arguments: Namespace) -> int:
    """Read, advise, print."""
    query = parse_principal(arguments.principal)
    material = material_in(arguments.managed_policies or (), arguments.credential_report, query)

    def make(question: Question, reading: Reading) -> Advised:
        made = adviser(question.proposer)
        return made.advised(reading, question.query, question.asked, question.beside, material)

    found = answered(arguments, make)
    emit(to_bytes(advised_json(found)) if arguments.format == "json" else advice_text(found))
    return 0


def advice_text(found: Advised) -> str:
    """The advice, as lines."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Advised) -> Iterator[str]:
    yield f"advice for {shown(found.subject, 300)}: {len(found.advice)} things to know"
    for kind, group in groupby(found.advice, key=lambda each: each.kind):
        yield ""
        yield f"{kind.value}:"
        for each in group:
            whom = "" if each.subject == found.subject else f"{shown(each.subject, 300)}: "
            yield f"  {whom}{shown(each.summary, 600)}"
            yield from (f"    {shown(line, 600)}" for line in each.evidence)
            yield f"    {each.link}"
    if found.notes:
        yield ""
        yield "notes:"
        yield from (f"  {shown(each, 400)}" for each in found.notes)
