"""The IAM user `kiosk`: a long-term key in a shop, and a federated user that it lets in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from samples.account import ACCOUNT, KIOSK, access_key
from samples.callers import Caller, user
from samples.chance import Dice
from samples.clock import days, moments, on, prose, stamp
from samples.records import Call, Json, record, script
from samples.services import dynamodb, messaging, s3

_SHOP = "198.51.100.190"
_AGENT = "aws-sdk-php/3.288.1 OS/Linux/5.15 lang/php/8.1.2"
_KEY = Caller(user(KIOSK), _SHOP, _AGENT)


def records(dice: Dice) -> Iterator[Json]:
    for day in days():
        mine = dice.child(day)
        if day.weekday() != 6:
            for when in moments(mine, day, mine.between(5, 9), 8, 17):
                yield record(mine.weighted(_USUAL)(mine), _KEY, when, mine)
    yield from _federated(on("2026-08-22 10:00:00"), dice.child("federated"))


# Old endpoints write old versions of the record format.
_USUAL: tuple[tuple[int, Callable[[Dice], Call]], ...] = (
    (5, lambda dice: dynamodb.get_item("catalogue", sku=f"FW-{dice.between(1000, 1400)}").at_version("1.05")),
    (3, lambda dice: s3.get_object("fernwell-storefront-assets", f"img/FW-{dice.between(1000, 1400)}.webp")),
    (2, lambda dice: messaging.send_message("kiosk-orders", dice.uuid()).at_version("1.08")),
    (1, lambda _: messaging.get_queue_url("kiosk-orders").at_version("1.02")),
)


def _federated(when: datetime, dice: Dice) -> Iterator[Json]:
    """GetFederationToken: the session acts within the policies of the IAM user that asked for it."""
    yield record(_get_federation_token(when), _KEY, when, dice)
    calls = [
        s3.get_object("fernwell-storefront-assets", "img/FW-1041.webp"),
        dynamodb.get_item("catalogue", sku="FW-1041"),
    ]
    yield from script(calls, Caller(_tablet(when), _SHOP, _AGENT), when + timedelta(seconds=5), dice)


def _tablet(when: datetime) -> Json:
    return {
        "type": "FederatedUser",
        "principalId": f"{ACCOUNT}:tablet",
        "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/tablet",
        "accountId": ACCOUNT,
        "accessKeyId": access_key("ASIA", "tablet"),
        "sessionContext": {
            "sessionIssuer": {
                "type": "IAMUser",
                "principalId": KIOSK.id,
                "arn": KIOSK.arn,
                "accountId": ACCOUNT,
                "userName": KIOSK.name,
            },
            "attributes": {"creationDate": stamp(when), "mfaAuthenticated": "false"},
        },
    }


def _get_federation_token(when: datetime) -> Call:
    credentials = {"accessKeyId": access_key("ASIA", "tablet"), "expiration": prose(when + timedelta(hours=12))}
    federated = {"federatedUserId": f"{ACCOUNT}:tablet", "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/tablet"}
    asked = {"name": "tablet", "durationSeconds": 43200}
    answer = {"credentials": credentials, "federatedUser": federated}
    return Call("sts", "GetFederationToken", asked, answer, write=True)
