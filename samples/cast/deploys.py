"""The roles `deployer` and `cfn-exec`: CloudFormation, roles that are passed, and calls made on.

With a role in the request CloudFormation works as that role (`cfn-exec`); without one it calls on with the
deployer's own session. Both are logged as invoked by cloudformation.amazonaws.com.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from samples.account import ACCOUNT, CFN_EXEC, CONFIG, DEPLOYER, INVOICE_RENDERER, WORKERS, regional
from samples.callers import CLI, OFFICE, Caller, role_session, service
from samples.cast import dana
from samples.chance import Dice
from samples.clock import at, on, working_days
from samples.records import Call, Json, record, script
from samples.services import ec2, functions, iam, logs, s3, security, stacks

STACK = "shop"
UNIQUE = "4b0f3c60-6e1a-11f0-9d2e-0a5c7e91b3d4"


def records(dice: Dice) -> Iterator[Json]:
    for day in working_days():
        mine = dice.child(day)
        if day.weekday() in (1, 3):
            yield from _update(at(day, 9, mine.between(0, 40)), f"release-{day:%m%d}", mine)
    yield from _new_stack(on("2026-08-19 13:00:00"), dice.child("new"))
    yield from _without_role(on("2026-09-09 13:00:00"), dice.child("own"))
    yield from _by_hand(on("2026-09-14 10:00:00"), dice.child("hand"))


def _caller(when: datetime) -> Caller:
    identity = role_session(DEPLOYER, "dana", when, mfa=True, sourceIdentity="dana")
    return Caller(identity, OFFICE, CLI)


def _begin(when: datetime, dice: Dice) -> Json:
    started = security.assume_role(DEPLOYER, "dana", when, sourceIdentity="dana", serialNumber=dana.SERIAL)
    return record(started, dana.session(when), when, dice)


def _cloudformation(when: datetime) -> Caller:
    return Caller(role_session(CFN_EXEC, "AWSCloudFormation", when), "", "").forwarded("cloudformation")


def _update(when: datetime, change: str, dice: Dice) -> Iterator[Json]:
    yield _begin(when, dice)
    calls = [
        s3.put_object("fernwell-artifacts", f"stacks/{STACK}.yaml"),
        stacks.create_change_set(STACK, UNIQUE, change, CFN_EXEC),
        stacks.describe_change_set(STACK, change),
        stacks.execute_change_set(STACK, change),
        stacks.describe_stack_events(stacks.stack_arn(STACK, UNIQUE)),
        stacks.describe_stacks(STACK),
    ]
    yield from script(calls, _caller(when), when + timedelta(seconds=5), dice)
    start = when + timedelta(seconds=25)
    # The trust policy's matter: no permission of the role.
    yield record(security.assume_role(CFN_EXEC, "AWSCloudFormation", start), service("cloudformation"), start, dice)
    yield from script(_work(), _cloudformation(start), start + timedelta(seconds=1), dice)


def _work() -> list[Call]:
    return [
        s3.get_object("fernwell-artifacts", f"stacks/{STACK}.yaml"),
        functions.get_function("returns-handler"),
        functions.update_function_code("returns-handler"),
        iam.read("GetRole", roleName="workers"),
        iam.put_role_policy(WORKERS, "queue", '{"Version":"2012-10-17","Statement":[]}'),
        ec2.describe("DescribeSubnets", "subnetSet"),
        ec2.create_launch_template_version("lt-0f3a9c5d7e1b28640", "7"),
    ]


def _new_stack(when: datetime, dice: Dice) -> Iterator[Json]:
    """Creates with tags and with roles to pass; a role is there already."""
    yield _begin(when, dice)
    create = stacks.create_stack("returns", UNIQUE, CFN_EXEC, {"team": "shop", "cost-centre": "4711"})
    yield from script([create], _caller(when), when + timedelta(seconds=5), dice)
    start = when + timedelta(seconds=10)
    calls = [
        iam.role_exists(INVOICE_RENDERER),
        iam.create_role(WORKERS),
        iam.attach_role_policy(WORKERS, "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"),
        functions.create_function("returns-handler", INVOICE_RENDERER, {"team": "shop"}),
        logs.create_log_group("/aws/lambda/returns-handler"),
        ec2.create_security_group("returns", "sg-0a8d3e5f1c7b92640"),
        ec2.authorize_ingress("sg-0a8d3e5f1c7b92640"),
        _create_table(),
        _create_bucket(),
        iam.create_service_linked_role("config.amazonaws.com", CONFIG),
    ]
    yield from script(calls, _cloudformation(start), start, dice)


def _without_role(when: datetime, dice: Dice) -> Iterator[Json]:
    """No role in the request: the deployer's own session is forwarded, so the deployer needs these permissions."""
    yield _begin(when, dice)
    create = stacks.create_stack("alarms", UNIQUE, CFN_EXEC, {})
    asked = {"stackName": "alarms", "templateBody": "***", "tags": []}
    caller = _caller(when)
    yield from script([create.changed(requestParameters=asked)], caller, when + timedelta(seconds=5), dice)
    calls = [
        logs.put_metric_alarm("returns-errors", regional("sns", "eu-west-1", "alarms")),
        logs.create_log_group("/fernwell/returns"),
        logs.put_retention_policy("/fernwell/returns", 30),
    ]
    yield from script(calls, caller.forwarded("cloudformation"), when + timedelta(seconds=12), dice)


def _by_hand(when: datetime, dice: Dice) -> Iterator[Json]:
    """The deployer passes roles itself, by name of an instance profile and by its ARN."""
    yield _begin(when, dice)
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/ec2/workers"
    limit = "You have requested more vCPU capacity than your current vCPU limit of 32 allows."
    instance = ec2.run_instances("workers", "i-0b7e2d9c5f1a38640", {"Name": "worker", "team": "shop"})
    calls = [
        ec2.dry_run(instance),
        instance,
        ec2.run_instances_by_profile_arn(profile, "i-0c8f3e0d6a2b49751"),
        instance.failing("Client.VcpuLimitExceeded", limit),
        ec2.create_tags("i-0b7e2d9c5f1a38640", {"role": "worker"}),
        functions.create_function("one-off", INVOICE_RENDERER),
        stacks.describe_stacks("gone").failing("ValidationError", "Stack with id gone does not exist"),
    ]
    yield from script(calls, _caller(when), when + timedelta(seconds=5), dice)


def _create_table() -> Call:
    asked = {
        "tableName": "returns",
        "attributeDefinitions": [{"attributeName": "returnId", "attributeType": "S"}],
        "keySchema": [{"attributeName": "returnId", "keyType": "HASH"}],
        "billingMode": "PAY_PER_REQUEST",
        "tags": [{"key": "team", "value": "shop"}],
    }
    arn = regional("dynamodb", "eu-west-1", "table/returns")
    answer = {"tableDescription": {"tableName": "returns", "tableArn": arn, "tableStatus": "CREATING"}}
    resource = {"accountId": ACCOUNT, "type": "AWS::DynamoDB::Table", "ARN": arn}
    return Call("dynamodb", "CreateTable", asked, answer, write=True, resources=(resource,), api_version="2012-08-10")


def _create_bucket() -> Call:
    """The bucket is the caller's already: S3 says so, and would have made it."""
    call = s3.bucket_call("CreateBucket", "fernwell-reports", write=True)
    message = "Your previous request to create the named bucket succeeded and you already own it."
    return call.failing("BucketAlreadyOwnedByYou", message)
