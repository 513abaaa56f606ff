"""Proposals from a small trail beside witnesses, for tests of what the trail does not show."""

from __future__ import annotations

from typing import Any

import orjson

from service.core.actions import ReasonKind
from service.core.beside import Beside
from service.core.choices import Choices
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.events import Event
from service.core.iam.document import parse_policy
from service.core.iam.proving.verdict import Holds
from service.core.json_bytes import to_bytes
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.witnesses import Witnesses
from service.usecases.gather import gather
from service.usecases.keep_texts import keep_list_of
from service.usecases.last_accessed_texts import last_accessed_of
from service.usecases.selector_texts import trails_of
from service.wiring import keep, parts
from tests.usecases.trails import APP, Events, event

USED = "2026-08-10T12:00:00Z"


DAYS = [event(id=f"day {day}", time=f"2026-08-{day:02}T12:00:00Z", request={"bucketName": "data", "key": "a"})
        for day in range(1, 15)]  # fmt: skip


def granted(*actions: str, resource: str | list[str] = "*", **more: Any) -> Current:
    statements = [{"Effect": "Allow", "Action": list(actions), "Resource": resource}, *more.get("also", [])]
    return Current((GrantedPolicy("now", parse_policy(to_bytes({"Version": "2012-10-17", "Statement": statements}))),))


def proposed(
    *events: Event,
    current: Current | None = None,
    last: Any = None,
    selectors: Any = None,
    keeping: str = "",
    choices: Choices = Choices(),  # noqa: B008  # frozen
    asked: WindowAsked = WindowAsked(),  # noqa: B008  # frozen
    files: tuple[str, ...] = (),
) -> Proposal:
    witnesses = Witnesses(
        last_accessed_of([("last.json", orjson.dumps(last))], APP) if last else None,
        trails_of([("selectors.json", orjson.dumps(selectors))]) if selectors else None,
        keep_list_of("keep.tsv", keeping.encode()) if keeping else (),
    )
    parts_of = (events or tuple(DAYS), *(() for _ in files[1:]))
    reading = gather(Events(parts_of, files), keep, parse_principal(APP))
    proposal = parts().proposer.propose(reading, parse_principal(APP), asked, Beside(current, choices, witnesses))
    against = proposal.certificate.against
    assert against is None or against.beyond or isinstance(against.no_new_access, Holds)
    assert proposal.certificate.replay.allowed == proposal.certificate.replay.requests
    return proposal


def extra(proposal: Proposal, kind: ReasonKind) -> dict[str, tuple[str, ...]]:
    return {each.action: each.resources for each in proposal.permissions if each.reason is kind}


def hidden(proposal: Proposal) -> dict[str, str]:
    return {action: each.why for each in proposal.blind_spots.unobservable for action in each.actions}


def unused(proposal: Proposal) -> set[str]:
    return {action for each in proposal.blind_spots.unused for action in each.actions}
