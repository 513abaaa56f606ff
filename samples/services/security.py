"""KMS, Secrets Manager, Systems Manager parameters and STS.

https://docs.aws.amazon.com/kms/latest/developerguide/logging-using-cloudtrail.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html
"""

from __future__ import annotations

from datetime import datetime, timedelta

from samples.account import ACCOUNT, IRELAND, Role, access_key, regional
from samples.clock import prose
from samples.records import Call, Json


def decrypt(key: str, **context: str) -> Call:
    """The ciphertext names the key, so the request does not: it is in `resources` alone."""
    asked = {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context}
    return Call("kms", "Decrypt", asked, resources=(_key(key),))


def generate_data_key(key: str, context: Json) -> Call:
    asked = {"keyId": key, "encryptionContext": context, "keySpec": "AES_256"}
    return Call("kms", "GenerateDataKey", asked, resources=(_key(key),))


def get_secret_value(secret: str) -> Call:
    return Call("secretsmanager", "GetSecretValue", {"secretId": secret})


def secret_arn(name: str) -> str:
    return regional("secretsmanager", IRELAND, f"secret:{name}")


def get_parameters_by_path(path: str) -> Call:
    asked = {"path": path, "recursive": True, "withDecryption": True}
    return Call("ssm", "GetParametersByPath", asked)


def get_parameters(*names: str) -> Call:
    """Systems Manager writes `ARN` without a type."""
    found = ({"accountId": ACCOUNT, "ARN": regional("ssm", IRELAND, f"parameter{name}")} for name in names)
    return Call("ssm", "GetParameters", {"names": list(names), "withDecryption": True}, resources=tuple(found))


def update_instance_information(instance: str) -> Call:
    asked = {
        "instanceId": instance,
        "agentName": "amazon-ssm-agent",
        "agentVersion": "3.3.2299.0",
        "agentStatus": "Active",
        "platformType": "Linux",
    }
    return Call("ssm", "UpdateInstanceInformation", asked, write=True)


def assume_role(role: Role, session: str, when: datetime, **more: object) -> Call:
    asked = {"roleArn": role.arn, "roleSessionName": session, "durationSeconds": 3600, **more}
    return Call(
        "sts",
        "AssumeRole",
        asked,
        {"credentials": _credentials(role.arn + session, when), "assumedRoleUser": _assumed(role, session)},
        resources=({"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn},),
    )


def assume_role_with_web_identity(role: Role, session: str, subject: str, when: datetime) -> Call:
    answer = {
        "credentials": _credentials(role.arn + session, when),
        "subjectFromWebIdentityToken": subject,
        "assumedRoleUser": _assumed(role, session),
        "provider": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
        "audience": "sts.amazonaws.com",
    }
    asked = {"roleArn": role.arn, "roleSessionName": session, "durationSeconds": 3600}
    call = Call("sts", "AssumeRoleWithWebIdentity", asked, answer)
    resource = {"accountId": role.account, "type": "AWS::IAM::Role", "ARN": role.arn}
    return call.changed(
        resources=[resource],
        additionalEventData={"identityProviderConnectionVerificationMethod": "IAMTrustStore"},
    )


def get_caller_identity() -> Call:
    return Call("sts", "GetCallerIdentity")


def get_session_token(name: str, serial: str, when: datetime) -> Call:
    asked = {"serialNumber": serial, "durationSeconds": 43200}
    return Call("sts", "GetSessionToken", asked, {"credentials": _credentials(name, when)})


def _key(arn: str) -> Json:
    return {"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}


def _credentials(name: str, when: datetime) -> Json:
    return {
        "accessKeyId": access_key("ASIA", name),
        "sessionToken": "IQoJb3JpZ2luX2VjEXAMPLETOKEN",
        "expiration": prose(when + timedelta(hours=1)),
    }


def _assumed(role: Role, session: str) -> Json:
    return {"assumedRoleId": f"{role.id}:{session}", "arn": role.session_arn(session)}
