"""Who made a call, and whom the user asks for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.core.errors import MalformedArn
from service.core.events import Event
from service.core.principals import (
    Directory,
    Principal,
    PrincipalQuery,
    PrincipalType,
    asks_for,
    attribute,
    parse_principal,
)
from service.core.trail.records import parse_record
from tests.tables import Row, rows

PrincipalCells = tuple[PrincipalType, str, str, str]


class CallerRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A userIdentity, and the principal whose permissions the call used."""

    identity: dict[str, Any] | None = None
    principal: PrincipalCells


class AskedRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the user wrote: whom it means, or what the error says."""

    arn: str
    account: str = ""
    called: str = ""
    user: bool = False
    session: str = ""
    says: str = ""


class MatchRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the user wrote, a caller, and whether it is the one."""

    arn: str
    principal: PrincipalCells
    matches: bool


@pytest.mark.parametrize("row", rows("attribution", CallerRow))
def test_attribution(row: CallerRow) -> None:
    members = {"eventSource": "s", "eventName": "n", "recipientAccountId": "999988887777", "userIdentity": row.identity}
    if row.identity is not None and "accountId" not in row.identity:
        del members["recipientAccountId"]
    event = parse_record(json.dumps(members).encode())
    assert isinstance(event, Event)
    assert attribute(event) == Principal(*row.principal)


@pytest.mark.parametrize("row", rows("principal_arn", AskedRow))
def test_what_can_be_asked_for(row: AskedRow) -> None:
    if row.says:
        with pytest.raises(MalformedArn) as raised:
            parse_principal(row.arn)
        assert row.says in str(raised.value)
        assert "\n" not in str(raised.value)
        return
    whole = "" if ":sts:" in row.arn else row.arn
    partition = row.arn.split(":")[1]
    expected = PrincipalQuery(row.arn, row.user, row.account, row.called, whole, partition, row.session)
    assert parse_principal(row.arn) == expected


@pytest.mark.parametrize("row", rows("principal_match", MatchRow))
def test_who_is_meant(row: MatchRow) -> None:
    assert asks_for(parse_principal(row.arn), Principal(*row.principal)) is row.matches


def test_a_directory_finds_whoever_is_asked_for() -> None:
    """Also one whose name is not that of its ARN, as where a record hides it."""
    table: list[MatchRow] = [each.values[0] for each in rows("principal_match", MatchRow)]  # type: ignore[misc]
    queries = [parse_principal(row.arn) for row in table]
    hidden = [Principal(PrincipalType.ROLE, "", "HIDDEN", query.arn) for query in queries if query.arn]
    everybody = [*(Principal(*row.principal) for row in table), *hidden]
    directory = Directory(everybody)
    for query in queries:
        assert directory.asked(query) == sorted({each for each in everybody if asks_for(query, each)})


@pytest.mark.parametrize("row", rows("attribution", CallerRow))
def test_every_caller_with_an_arn_can_be_asked_for_by_it(row: CallerRow) -> None:
    """Roles and users; not those that no policy can be cut for."""
    principal = Principal(*row.principal)
    if principal.type in (PrincipalType.ROLE, PrincipalType.USER) and principal.arn:
        assert asks_for(parse_principal(principal.arn), principal)
