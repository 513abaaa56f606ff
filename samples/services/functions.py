"""AWS Lambda: management event names carry the date of the API, `Invoke` is a data event.

https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
"""

from __future__ import annotations

from samples.account import ACCOUNT, IRELAND, Role, regional
from samples.records import Call, Json


def function_arn(name: str) -> str:
    return regional("lambda", IRELAND, f"function:{name}")


def invoke(name: str, qualifier: str = "") -> Call:
    """The request names the function by ARN, here with an alias where there is one."""
    asked = {"functionName": function_arn(name), "invocationType": "RequestResponse", "contentType": "application/json"}
    if qualifier:
        asked["qualifier"] = qualifier
    return Call(
        "lambda",
        "Invoke",
        asked,
        write=True,
        data=True,
        resources=({"accountId": ACCOUNT, "type": "AWS::Lambda::Function", "ARN": function_arn(name)},),
        more={"functionVersion": f"{function_arn(name)}:41"},
    )


def create_function(name: str, role: Role, tags: Json | None = None) -> Call:
    """The role is passed and the tags are set with the same call; environment values are not logged."""
    asked = {
        "functionName": name,
        "runtime": "python3.13",
        "role": role.arn,
        "handler": "app.handler",
        "code": {"s3Bucket": "fernwell-artifacts", "s3Key": f"functions/{name}.zip"},
        "timeout": 60,
        "memorySize": 512,
        "publish": False,
        "environment": {},
        "tags": tags or {},
    }
    answer = {"functionName": name, "functionArn": function_arn(name), "role": role.arn, "state": "Pending"}
    return Call("lambda", "CreateFunction20150331", asked, answer, write=True)


def update_function_code(name: str) -> Call:
    asked = {
        "functionName": name,
        "s3Bucket": "fernwell-artifacts",
        "s3Key": f"functions/{name}.zip",
        "publish": True,
        "dryRun": False,
    }
    answer = {"functionName": name, "functionArn": function_arn(name), "version": "41"}
    return Call("lambda", "UpdateFunctionCode20150331v2", asked, answer, write=True)


def update_function_configuration(name: str) -> Call:
    asked = {"functionName": function_arn(name), "timeout": 90, "environment": {}}
    answer = {"functionName": name, "functionArn": function_arn(name), "timeout": 90}
    return Call("lambda", "UpdateFunctionConfiguration20150331v2", asked, answer, write=True)


def get_function(name: str) -> Call:
    return Call("lambda", "GetFunction20150331v2", {"functionName": name})


def list_functions() -> Call:
    return Call("lambda", "ListFunctions20150331")
