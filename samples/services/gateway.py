"""Amazon API Gateway, whose actions are HTTP methods: the call CreateDeployment needs `apigateway:POST`.

https://docs.aws.amazon.com/apigateway/latest/developerguide/cloudtrail.html
"""

from __future__ import annotations

from samples.account import IRELAND
from samples.records import Call, Json


def get_rest_apis() -> Call:
    return _gateway("GetRestApis", {"limit": 500})


def get_stage(api: str, stage: str) -> Call:
    return _gateway("GetStage", {"restApiId": api, "stageName": stage})


def create_deployment(api: str, stage: str, deployment: str) -> Call:
    asked = {"restApiId": api, "createDeploymentInput": {"stageName": stage, "description": ""}}
    return _gateway("CreateDeployment", asked, {"id": deployment, "deploymentUpdate": {"restApiId": api}})


def update_stage(api: str, stage: str, deployment: str) -> Call:
    change = {"op": "replace", "path": "/deploymentId", "value": deployment}
    asked = {"restApiId": api, "stageName": stage, "updateStageInput": {"patchOperations": [change]}}
    return _gateway("UpdateStage", asked, {"restApiId": api, "stageName": stage, "deploymentId": deployment})


def tag_resource(api: str, stage: str, **tags: str) -> Call:
    arn = f"arn:aws:apigateway:{IRELAND}::/restapis/{api}/stages/{stage}"
    return _gateway("TagResource", {"resourceArn": arn, "tagResourceInput": {"tags": tags}}, {})


def _gateway(name: str, asked: Json, answer: Json | None = None) -> Call:
    return Call("apigateway", name, {**asked, "template": False}, answer, write=answer is not None)
