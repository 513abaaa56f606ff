"""IAM, a global service whose calls are logged in us-east-1.

https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
"""

from __future__ import annotations

from typing import Any

from samples.account import ACCOUNT, VIRGINIA, Role
from samples.records import Call, Json


def read(name: str, **asked: Any) -> Call:
    return Call("iam", name, asked or None, region=VIRGINIA)


def create_role(role: Role) -> Call:
    trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}'
    asked = {"roleName": role.name, "path": role.path, "assumeRolePolicyDocument": trust}
    return _write("CreateRole", asked, {"role": {"roleName": role.name, "arn": role.arn, "path": role.path}})


def role_exists(role: Role) -> Call:
    message = f"Role with name {role.name} already exists."
    return create_role(role).failing("EntityAlreadyExistsException", message)


def put_role_policy(role: Role, policy: str, document: str) -> Call:
    return _write("PutRolePolicy", {"roleName": role.name, "policyName": policy, "policyDocument": document})


def attach_role_policy(role: Role, policy: str) -> Call:
    return _write("AttachRolePolicy", {"roleName": role.name, "policyArn": policy})


def create_service_linked_role(service: str, role: Role) -> Call:
    asked = {"aWSServiceName": service}
    return _write("CreateServiceLinkedRole", asked, {"role": {"roleName": role.name, "arn": role.arn}})


def enable_mfa_device(user: str) -> Call:
    asked = {"userName": user, "serialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/{user}"}
    return _write("EnableMFADevice", asked)


def update_access_key(user: str, key: str) -> Call:
    return _write("UpdateAccessKey", {"userName": user, "accessKeyId": key, "status": "Inactive"})


def _write(name: str, asked: Json, answer: Json | None = None) -> Call:
    return Call("iam", name, asked, answer, write=True, region=VIRGINIA)
