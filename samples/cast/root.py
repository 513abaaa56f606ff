"""The account root, used twice: for what only root can do, and once with a key that should not exist."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from samples.account import access_key
from samples.callers import BROWSER, CLI, OFFICE, Caller, root
from samples.chance import Dice
from samples.clock import on
from samples.records import Json, record, script
from samples.services import console, ec2, iam, s3


def records(dice: Dice) -> Iterator[Json]:
    when = on("2026-08-27 15:00:00")
    signed_in = Caller(root(when), OFFICE, BROWSER, from_console=True)
    login = Caller({**root(), "accessKeyId": ""}, OFFICE, BROWSER)
    yield record(console.console_login(mfa=True), login, when, dice)
    calls = [iam.read("GetAccountSummary"), console.set_contact_address(), s3.list_buckets()]
    yield from script(calls, signed_in, when + timedelta(seconds=30), dice)
    when = on("2026-09-18 16:00:00")
    calls = [ec2.describe_instances(), iam.update_access_key("dana", access_key("AKIA", "dana"))]
    yield from script(calls, Caller(root(), OFFICE, CLI), when, dice)
