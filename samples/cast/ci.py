"""The role `ci-deploy`: a pipeline that comes in by OpenID Connect, pushes an image and releases it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from samples.account import ACCOUNT, CI_DEPLOY, IRELAND, regional
from samples.callers import CLI, Caller, Json, role_session
from samples.chance import Dice
from samples.clock import moments, working_days
from samples.records import Call, record, script
from samples.services import containers, functions, security

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
SUBJECT = "repo:fernwell/storefront:ref:refs/heads/main"
CLUSTER, SERVICE = "shop", "storefront"
DISTRIBUTION = "E2QWRUHEXAMPLE"

_RUNNERS = ("192.0.2.14", "192.0.2.87", "192.0.2.133", "192.0.2.201")


def records(dice: Dice) -> Iterator[Json]:
    release = 310
    for day in working_days():
        mine = dice.child(day)
        for when in moments(mine, day, mine.weighted(((2, 0), (5, 1), (2, 2))), 8, 16):
            release += 1
            yield from _release(release, when, mine)


def _release(number: int, when: datetime, dice: Dice) -> Iterator[Json]:
    address, session = dice.pick(_RUNNERS), f"storefront-{number}"
    yield record(
        security.assume_role_with_web_identity(CI_DEPLOY, session, SUBJECT, when), _web_identity(address), when, dice
    )
    caller = Caller(_identity(session, when), address, CLI)
    yield from script(_push(number, dice), caller, when + timedelta(seconds=2), dice)
    yield from script(_roll_out(number, dice), caller, when + timedelta(seconds=60), dice)
    if number % 9 == 0:
        yield from script(_functions(), caller, when + timedelta(seconds=150), dice)


def _web_identity(address: str) -> Caller:
    identity = {
        "type": "WebIdentityUser",
        "principalId": f"{PROVIDER}:sts.amazonaws.com:{SUBJECT}",
        "userName": SUBJECT,
        "identityProvider": PROVIDER,
    }
    return Caller(identity, address, CLI)


def _identity(session: str, when: datetime) -> Json:
    federation = {"federatedProvider": PROVIDER, "attributes": {}}
    return role_session(CI_DEPLOY, session, when, webIdFederationData=federation)


def _push(number: int, dice: Dice) -> list[Call]:
    digest, tag = f"sha256:{dice.hex(24)}{'0' * 40}", f"r{number}"
    layer: Json = {"layerDigests": [digest]}
    return [
        containers.get_authorization_token(),
        containers.repository_call("BatchCheckLayerAvailability", SERVICE, **layer),
        containers.repository_call("InitiateLayerUpload", SERVICE, {"partSize": 20971520}),
        containers.repository_call("UploadLayerPart", SERVICE, partFirstByte=0, partLastByte=18874367),
        containers.repository_call("CompleteLayerUpload", SERVICE, **layer),
        containers.put_image(SERVICE, tag, digest),
    ]


def _roll_out(number: int, dice: Dice) -> list[Call]:
    return [
        containers.describe_task_definition(SERVICE),
        containers.register_task_definition(SERVICE, number, f"r{number}"),
        containers.run_task(CLUSTER, SERVICE, number, dice.hex(32)),
        containers.update_service(CLUSTER, SERVICE, number),
        containers.describe_services(CLUSTER, SERVICE),
        containers.describe_services(CLUSTER, SERVICE),
        containers.create_invalidation(DISTRIBUTION, dice.hex(16)),
    ]


def _functions() -> list[Call]:
    """Lambda by name, by ARN, and a Step Functions run by the ARN of its state machine."""
    machine = regional("states", IRELAND, "stateMachine:smoke-test")
    run = regional("states", IRELAND, "execution:smoke-test:r1")
    return [
        functions.get_function("invoice-renderer"),
        functions.update_function_code("invoice-renderer"),
        functions.update_function_configuration("invoice-renderer"),
        Call(
            "states", "StartExecution", {"stateMachineArn": machine, "input": "***"}, {"executionArn": run}, write=True
        ),
    ]
