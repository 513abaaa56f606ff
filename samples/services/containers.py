"""Amazon ECR pushes, Amazon ECS releases and the CloudFront invalidation after them.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/logging-using-cloudtrail.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/logging-using-cloudtrail.html
"""

from __future__ import annotations

import json
from typing import Any

from samples.account import ACCOUNT, IRELAND, STOREFRONT_EXECUTION, STOREFRONT_TASK, VIRGINIA, regional
from samples.records import Call, Json


def get_authorization_token() -> Call:
    return Call("ecr", "GetAuthorizationToken", {}, host=f"api.ecr.{IRELAND}.amazonaws.com")


def repository_call(name: str, repository: str, answer: Json | None = None, **asked: Any) -> Call:
    """ECR lists the repository without a type."""
    resource = {"ARN": regional("ecr", IRELAND, f"repository/{repository}"), "accountId": ACCOUNT}
    return Call(
        "ecr",
        name,
        {"registryId": ACCOUNT, "repositoryName": repository, **asked},
        answer,
        write=name not in _READS,
        resources=(resource,),
        host=f"api.ecr.{IRELAND}.amazonaws.com",
    )


_READS = {"BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer", "DescribeImages"}


def put_image(repository: str, tag: str, digest: str) -> Call:
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}
    image = {"imageId": {"imageDigest": digest, "imageTag": tag}, "repositoryName": repository}
    return repository_call("PutImage", repository, {"image": image}, imageTag=tag, imageManifest=json.dumps(manifest))


def register_task_definition(family: str, revision: int, tag: str) -> Call:
    container = {
        "name": family,
        "image": f"{ACCOUNT}.dkr.ecr.{IRELAND}.amazonaws.com/{family}:{tag}",
        "essential": True,
        "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
    }
    asked = {
        "family": family,
        "taskRoleArn": STOREFRONT_TASK.arn,
        "executionRoleArn": STOREFRONT_EXECUTION.arn,
        "networkMode": "awsvpc",
        "containerDefinitions": [container],
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
    }
    answer = {"taskDefinition": {"taskDefinitionArn": task_definition(family, revision), "status": "ACTIVE"}}
    return Call("ecs", "RegisterTaskDefinition", asked, answer, write=True)


def describe_task_definition(family: str) -> Call:
    return Call("ecs", "DescribeTaskDefinition", {"taskDefinition": family, "include": ["TAGS"]})


def update_service(cluster: str, service: str, revision: int) -> Call:
    asked = {"cluster": cluster, "service": service, "taskDefinition": task_definition(service, revision)}
    arn = regional("ecs", IRELAND, f"service/{cluster}/{service}")
    return Call("ecs", "UpdateService", asked, {"service": {"serviceArn": arn, "status": "ACTIVE"}}, write=True)


def describe_services(cluster: str, service: str) -> Call:
    return Call("ecs", "DescribeServices", {"cluster": cluster, "services": [service], "include": []})


def run_task(cluster: str, family: str, revision: int, task: str) -> Call:
    asked = {
        "cluster": cluster,
        "taskDefinition": task_definition(family, revision),
        "launchType": "FARGATE",
        "count": 1,
        "overrides": {"containerOverrides": [{"name": family, "command": ["migrate"]}]},
    }
    answer = {"tasks": [{"taskArn": regional("ecs", IRELAND, f"task/{cluster}/{task}")}], "failures": []}
    return Call("ecs", "RunTask", asked, answer, write=True)


def create_invalidation(distribution: str, reference: str) -> Call:
    """CloudFront's event names carry the date of its API."""
    batch = {"paths": {"quantity": 1, "items": ["/*"]}, "callerReference": reference}
    return Call(
        "cloudfront",
        "CreateInvalidation2020_05_31",
        {"distributionId": distribution, "invalidationBatch": batch},
        {"invalidation": {"id": f"I{reference[:12].upper()}", "status": "InProgress"}},
        write=True,
        region=VIRGINIA,
        api_version="2020_05_31",
    )


def task_definition(family: str, revision: int) -> str:
    return regional("ecs", IRELAND, f"task-definition/{family}:{revision}")
