"""Callers of other accounts and of none: `audit-reader` of the partner, strangers, people who never signed in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from samples.account import ACCOUNT, AUDIT_READER, PARTNER, Role
from samples.callers import BROWSER, CLI, Caller, other_account, role_session
from samples.chance import Dice
from samples.clock import at, days, on
from samples.records import ABSENT, Call, Json, record, script
from samples.services import console, s3, security

AUDITED = Role("audited", "/partner/")

_AUDITOR = "192.0.2.180"


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        mine = dice.child(day)
        if day.weekday() == 2:
            start = at(day, 11, 0, mine.below(60))
            yield from _assumed_from_outside(start, mine)
            calls = [_shared(call, mine) for call in _audit(mine)]
            yield from script(calls, _auditor(), start, mine)
            seen = Caller(role_session(AUDITED, "audit", start), _AUDITOR, CLI)
            yield from script([s3.list_buckets(), security.get_caller_identity()], seen, start, mine)
    yield from _strangers(dice.child("strangers"))


def _auditor() -> Caller:
    """This account is told the id and the account of a caller from outside, not the role's name."""
    return other_account(PARTNER, f"{AUDIT_READER.id}:audit", _AUDITOR)


def _audit(dice: Dice) -> list[Call]:
    reads = [s3.get_object("fernwell-audit", f"2026/{dice.hex(4)}-{number}.csv") for number in range(4)]
    return [s3.list_objects("fernwell-audit", "2026/"), *reads]


def _shared(call: Call, dice: Dice) -> Call:
    """Both accounts get a record, with two event ids and one `sharedEventID`."""
    return call.changed(sharedEventID=dice.uuid())


def _assumed_from_outside(when: datetime, dice: Dice) -> Iterator[Json]:
    """This account's record, and the partner's, which an organization trail delivers into the same bucket."""
    call = _shared(security.assume_role(AUDITED, "audit", when, externalId="fernwell-audit"), dice)
    yield record(call, _auditor(), when, dice)
    theirs = Caller(role_session(AUDIT_READER, "audit", when), _AUDITOR, CLI)
    yield record(call.changed(recipientAccountId=PARTNER), theirs, when, dice)


def _strangers(dice: Dice) -> Iterator[Json]:
    for text, call, caller in _OTHERS:
        yield record(call, caller, on(text), dice)


_ANONYMOUS = other_account("ANONYMOUS_PRINCIPAL", "", "192.0.2.211")
_NOBODY = {
    "type": "Unknown",
    "principalId": ACCOUNT,
    "arn": "",
    "accountId": ACCOUNT,
    "accessKeyId": "",
    "userName": "HIDDEN_DUE_TO_SECURITY_REASONS",
}
_OWNER = {
    "type": "IdentityCenterUser",
    "accountId": ACCOUNT,
    "onBehalfOf": {"userId": "92a5b4c6-0071-70d1-9f3e-5b1c7d2e8f60"},
}
_OTHERS: tuple[tuple[str, Call, Caller], ...] = (
    ("2026-08-13 20:00:00", _shared(s3.get_object("fernwell-www", "index.html"), Dice("anonymous")), _ANONYMOUS),
    ("2026-08-13 20:00:05", s3.access_denied(s3.get_object("fernwell-www", ".env")), _ANONYMOUS),
    (
        "2026-08-20 07:59:00",
        console.failed_login().changed(errorMessage="No username found in supplied account"),
        Caller(_NOBODY, "192.0.2.250", BROWSER),
    ),
    (
        "2026-08-25 07:30:00",
        Call("sso", "Authenticate", write=True).changed(
            eventType="AwsServiceEvent", requestID=ABSENT, serviceEventDetails={"status": "Success"}
        ),
        Caller(_OWNER, "198.51.100.24", BROWSER),
    ),
)
