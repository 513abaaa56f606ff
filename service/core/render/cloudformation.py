"""CloudFormation and CDK: the documents as JSON, where nothing but `{{resolve:` means anything, and that is refused.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

from __future__ import annotations

import json

from service.core.iam.document import to_json
from service.core.iam.policy import Policy
from service.core.json_bytes import Json
from service.core.quotas import Target
from service.core.render.handover import Handover, NamedDocument, identifiers
from service.core.render.texts import check_for_cloudformation


def cloudformation(given: Handover) -> str:
    """A template, as JSON, which CloudFormation takes as well as YAML.

    Raises:
        InputError: a text would be replaced by CloudFormation, or the principal cannot be given such policies.
    """
    given.check_target()
    names = identifiers(given.documents, separator="")
    template: Json = {"AWSTemplateFormatVersion": "2010-09-09", "Description": given.title}
    if given.target is Target.MANAGED and not given.can_be_attached:
        template["Metadata"] = {"Note": given.not_attached}
    if given.target is Target.PERMISSION_SET:
        template["Parameters"] = {
            "InstanceArn": {"Type": "String", "Description": "The ARN of the IAM Identity Center instance."}
        }
    template["Resources"] = {
        name: _RESOURCES[given.target](given, document) for name, document in zip(names, given.documents, strict=True)
    }
    if given.target is Target.BOUNDARY:
        template["Outputs"] = {
            f"{name}Arn": {"Description": "To be set as PermissionsBoundary.", "Value": {"Ref": name}} for name in names
        }
    return _written(template)


def cdk(given: Handover) -> str:
    """The documents by their names, each as `iam.PolicyDocument.fromJson` takes it.

    Raises:
        InputError: a text would be replaced by CDK or CloudFormation.
    """
    return _written({each.name: _document(each.policy) for each in given.documents})


def documents(given: Handover) -> str:
    """The documents by their names, as JSON and nothing else."""
    return _written({each.name: to_json(each.policy) for each in given.documents})


def _document(policy: Policy) -> Json:
    document = to_json(policy)
    _check(document)
    return document


def _check(value: object) -> None:
    match value:
        case str():
            check_for_cloudformation(value)
        case dict():
            for key, member in value.items():
                _check(key)
                _check(member)
        case list():
            for member in value:
                _check(member)


def _managed(given: Handover, named: NamedDocument) -> Json:
    attached = {"Users" if given.is_user else "Roles": [given.principal.name]} if given.can_be_attached else {}
    return _managed_policy(given, named, attached)


def _boundary(given: Handover, named: NamedDocument) -> Json:
    return _managed_policy(given, named, {})


def _managed_policy(given: Handover, named: NamedDocument, attached: Json) -> Json:
    properties = {
        "ManagedPolicyName": named.name,
        "Description": given.description,
        "PolicyDocument": _document(named.policy),
        **attached,
    }
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}


def _inline(given: Handover, named: NamedDocument) -> Json:
    kind = "User" if given.is_user else "Role"
    properties = {
        "PolicyName": named.name,
        f"{kind}Name": given.principal.name,
        "PolicyDocument": _document(named.policy),
    }
    return {"Type": f"AWS::IAM::{kind}Policy", "Properties": properties}


def _permission_set(given: Handover, named: NamedDocument) -> Json:
    properties = {
        "InstanceArn": {"Ref": "InstanceArn"},
        "Name": given.permission_set,
        "InlinePolicy": _document(named.policy),
    }
    return {"Type": "AWS::SSO::PermissionSet", "Properties": properties}


_RESOURCES = {
    Target.MANAGED: _managed,
    Target.INLINE: _inline,
    Target.BOUNDARY: _boundary,
    Target.PERMISSION_SET: _permission_set,
}


def _written(value: Json) -> str:
    return json.dumps(value, indent=2) + "\n"
