"""AWS CloudFormation: stacks and change sets, by name or by ARN.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-api-logging-cloudtrail.html
"""

from __future__ import annotations

from samples.account import IRELAND, Role, regional
from samples.records import Call, Json


def stack_arn(name: str, unique: str) -> str:
    return regional("cloudformation", IRELAND, f"stack/{name}/{unique}")


def create_stack(name: str, unique: str, role: Role, tags: Json) -> Call:
    """Passes the role that CloudFormation works with, and tags the stack."""
    asked = {
        "stackName": name,
        "templateURL": f"https://fernwell-artifacts.s3.{IRELAND}.amazonaws.com/stacks/{name}.yaml",
        "roleARN": role.arn,
        "capabilities": ["CAPABILITY_NAMED_IAM"],
        "tags": [{"key": key, "value": value} for key, value in sorted(tags.items())],
        "parameters": [{"parameterKey": "Stage", "parameterValue": "****"}],
    }
    return _stack("CreateStack", asked, {"stackId": stack_arn(name, unique)}, write=True)


def create_change_set(name: str, unique: str, change: str, role: Role) -> Call:
    asked = {
        "stackName": name,
        "changeSetName": change,
        "changeSetType": "UPDATE",
        "templateURL": f"https://fernwell-artifacts.s3.{IRELAND}.amazonaws.com/stacks/{name}.yaml",
        "roleARN": role.arn,
        "capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    answer = {"id": _change_arn(change, unique), "stackId": stack_arn(name, unique)}
    return _stack("CreateChangeSet", asked, answer, write=True)


def execute_change_set(name: str, change: str) -> Call:
    return _stack("ExecuteChangeSet", {"stackName": name, "changeSetName": change}, None, write=True)


def describe_change_set(name: str, change: str) -> Call:
    return _stack("DescribeChangeSet", {"stackName": name, "changeSetName": change})


def describe_stacks(stack: str) -> Call:
    return _stack("DescribeStacks", {"stackName": stack})


def describe_stack_events(stack: str) -> Call:
    return _stack("DescribeStackEvents", {"stackName": stack})


def _stack(name: str, asked: Json, answer: Json | None = None, write: bool = False) -> Call:
    return Call("cloudformation", name, asked, answer, write=write)


def _change_arn(change: str, unique: str) -> str:
    return regional("cloudformation", IRELAND, f"changeSet/{change}/{unique}")
