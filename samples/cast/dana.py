"""The IAM user `dana`: a key that asks for a session with MFA, commands with that session, and the console."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from samples.account import ACCOUNT, DANA, DEPLOYER, VIRGINIA
from samples.callers import BROWSER, CLI, OFFICE, Caller, user, user_session
from samples.chance import Dice
from samples.clock import moments, on, working_days
from samples.records import Call, Json, record, script
from samples.services import console, ec2, iam, s3, security

SERIAL = f"arn:aws:iam::{ACCOUNT}:mfa/dana"
RUNNER = "i-0d62f8a1c4b97e350"

_KEY = Caller(user(DANA), OFFICE, CLI)


def records(dice: Dice) -> Iterator[Json]:
    for day in working_days():
        mine = dice.child(day)
        if mine.chance(0.5):
            when = moments(mine, day, 1, 8, 14)[0]
            yield record(security.get_session_token("dana", SERIAL, when), _KEY, when, mine)
            calls = [mine.weighted(_USUAL)(mine) for _ in range(mine.between(4, 9))]
            yield from script(calls, session(when), when + timedelta(seconds=3), mine)
    yield from _console(dice.child("console"))
    yield from _failures(dice.child("failures"))


def session(when: datetime) -> Caller:
    """The credentials that GetSessionToken gave: an `ASIA` key, with MFA."""
    return Caller(user_session(DANA, when, mfa=True), OFFICE, CLI)


def _stop_start(dice: Dice) -> Call:
    if dice.chance(0.5):
        return ec2.change_state("StopInstances", 64, "stopping", RUNNER)
    return ec2.change_state("StartInstances", 0, "pending", RUNNER)


_USUAL: tuple[tuple[int, Callable[[Dice], Call]], ...] = (
    (6, lambda _: ec2.describe_instances(RUNNER)),
    (2, _stop_start),
    (4, lambda _: s3.list_objects("fernwell-artifacts", "stacks/")),
    (3, lambda _: s3.put_object("fernwell-artifacts", "stacks/shop.yaml")),
    (2, lambda _: iam.read("ListRoles", maxItems=100)),
    (2, lambda _: iam.read("GetRole", roleName="orders-api")),
    (1, lambda _: iam.read("ListAccessKeys", userName="dana")),
    (1, lambda _: security.get_caller_identity()),
)


def _console(dice: Dice) -> Iterator[Json]:
    for text in ("2026-08-12 09:00:00", "2026-09-02 08:40:00", "2026-09-21 13:15:00"):
        when = on(text)
        signed_in = Caller(user_session(DANA, when, mfa=True), OFFICE, BROWSER, from_console=True)
        yield record(console.check_mfa(), Caller(_before_sign_in(), OFFICE, BROWSER), when, dice)
        yield record(
            console.console_login(mfa=True),
            Caller(_before_sign_in(), OFFICE, BROWSER),
            when + timedelta(seconds=2),
            dice,
        )
        yield from script(_pages(), signed_in, when + timedelta(seconds=30), dice)
    when = on("2026-09-02 09:05:00")
    yield record(s3.list_buckets(VIRGINIA), _by_signin(when), when, dice)


def _before_sign_in() -> Json:
    """A sign-in record has no credentials yet."""
    return {"type": "IAMUser", "principalId": DANA.id, "accountId": ACCOUNT, "accessKeyId": "", "userName": "dana"}


def _by_signin(when: datetime) -> Caller:
    """Older console pages: `invokedBy` the sign-in service, `sessionIssuer` there and empty. Still a human."""
    identity = user_session(DANA, when, mfa=True)
    context = {**identity["sessionContext"], "sessionIssuer": {}, "webIdFederationData": {}}
    service = "signin.amazonaws.com"
    return Caller({**identity, "sessionContext": context, "invokedBy": service}, OFFICE, service)


def _pages() -> list[Call]:
    return [
        iam.read("GetAccountSummary"),
        iam.read("ListUsers"),
        iam.enable_mfa_device("dana"),
        ec2.describe_instances(),
        s3.bucket_call("GetBucketPolicy", "fernwell-artifacts", policy=""),
    ]


def _failures(dice: Dice) -> Iterator[Json]:
    for text, call in _AUTHENTICATION:
        yield record(call, _KEY, on(text), dice)
    for text, call in _AFTER:
        yield record(call, session(on(text)), on(text), dice)
    when = on("2026-08-20 08:00:00")
    yield record(console.failed_login(), Caller(_before_sign_in(), "192.0.2.250", BROWSER), when, dice)
    when = on("2026-08-21 09:00:00")
    yield record(security.assume_role(DEPLOYER, "dana", when, serialNumber=SERIAL), session(when), when, dice)


# The signature or the credentials were no good: says nothing of permissions.
_AUTHENTICATION: tuple[tuple[str, Call], ...] = (
    (
        "2026-08-24 08:00:00",
        s3.list_buckets().failing(
            "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
        ),
    ),
    (
        "2026-08-24 08:01:00",
        iam.read("GetUser").failing("InvalidClientTokenId", "The security token included in the request is invalid."),
    ),
    (
        "2026-08-24 08:02:00",
        ec2.describe_instances(RUNNER).failing(
            "Client.AuthFailure", "AWS was not able to validate the provided access credentials"
        ),
    ),
    (
        "2026-08-24 08:03:00",
        s3.put_object("fernwell-artifacts", "stacks/shop.yaml").failing(
            "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."
        ),
    ),
)
# Allowed, and then the world was not as expected.
_AFTER: tuple[tuple[str, Call], ...] = (
    (
        "2026-08-25 08:00:00",
        ec2.describe_instances("i-0ffffffffffffffff").failing(
            "Client.InvalidInstanceID.NotFound", "The instance ID 'i-0ffffffffffffffff' does not exist"
        ),
    ),
    (
        "2026-08-25 08:01:00",
        iam.read("GetRole", roleName="orders-ap").failing(
            "NoSuchEntityException", "The role with name orders-ap cannot be found."
        ),
    ),
    (
        "2026-08-25 08:02:00",
        s3.list_objects("fernwell-artefacts", "").failing("NoSuchBucket", "The specified bucket does not exist"),
    ),
    ("2026-08-25 08:03:00", ec2.describe_instances().failing("Client.RequestLimitExceeded", "Request limit exceeded.")),
    ("2026-08-25 08:04:00", ec2.describe_instances().failing("Server.InternalError", "An internal error has occurred")),
)
