"""Condition keys that requests show: the value as the request has it, or nothing where that cannot be told."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.model import Operation
from service.core.observed import observed_requests
from service.core.principals import Principal, PrincipalType
from service.core.request_keys import RequestKey
from service.core.usage import COLLAPSED, Call, Contexts, Evidence, call_of
from service.wiring import keep, parts
from tests.usecases.trails import APP, event

ROLE = Principal(PrincipalType.ROLE, "111122223333", "app", APP)
ALIAS = "arn:aws:s3:::data"


def called(name: str, request: Any) -> Call:
    return call_of(event(name, request), ROLE, keep)


def shown(action: str, name: str, request: Any, resource: str = "*") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in parts().mapper.shown(action, resource, called(name, request)):
        found.setdefault(key, []).append(value)
    return found


LISTED = {"bucketName": "data", "prefix": "in/", "delimiter": "/", "list-type": "2"}
CASES: list[tuple[str, str, Any, dict[str, list[str]]]] = [
    ("s3:ListBucket", "s3 ListObjects", LISTED, {"s3:prefix": ["in/"], "s3:delimiter": ["/"]}),
    ("s3:ListBucket", "s3 ListObjects", {"bucketName": "data", "prefix": ""}, {}),
    ("s3:ListBucket", "s3 HeadBucket", LISTED, {}),
    ("s3:GetObject", "s3 ListObjects", LISTED, {}),
    (
        "s3:PutObject", "s3 PutObject", {"bucketName": "d", "key": "k", "x-amz-acl": "private"},
        {"s3:x-amz-acl": ["private"]},
    ),
    (
        "kms:Decrypt", "kms Decrypt", {"encryptionContext": {"aws:s3:arn": ALIAS, "purpose": "x"}},
        {
            "kms:EncryptionContext:aws:s3:arn": [ALIAS], "kms:EncryptionContext:purpose": ["x"],
            "kms:EncryptionContextKeys": ["aws:s3:arn", "purpose"],
        },
    ),
    ("kms:Decrypt", "kms Decrypt", {"encryptionContext": {"a=b": "x", "c": "d"}}, {}),
    ("kms:Decrypt", "kms Decrypt", {"encryptionContext": "HIDDEN_DUE_TO_SECURITY_REASONS"}, {}),
    ("kms:Decrypt", "kms Decrypt", {"encryptionContext": {"a.keyId": "x"}}, {
        "kms:EncryptionContext:a.keyId": ["x"], "kms:EncryptionContextKeys": ["a.keyId"],
    }),
    ("sqs:TagQueue", "sqs TagQueue", {"queueUrl": "q", "tags": {"team": "shop", "env": ""}}, {
        "aws:RequestTag/team": ["shop"], "aws:RequestTag/env": [""], "aws:TagKeys": ["env", "team"],
    }),
    ("sqs:UntagQueue", "sqs UntagQueue", {"queueUrl": "q", "tagKeys": ["team", "env"]}, {
        "aws:TagKeys": ["env", "team"],
    }),
    ("ecr:CreateRepository", "ecr CreateRepository", {"tags": [{"Key": "team", "Value": "shop"}]}, {
        "aws:RequestTag/team": ["shop"], "aws:TagKeys": ["team"],
    }),
    ("sqs:TagQueue", "sqs TagQueue", {"tags": {"items": [{"tagKey": "a", "tagValue": "b"}]}}, {
        "aws:RequestTag/a": ["b"], "aws:TagKeys": ["a"],
    }),
    ("sqs:TagQueue", "sqs TagQueue", {"tags": {"Team": "a", "team": "b"}}, {"aws:TagKeys": ["Team", "team"]}),
    ("ec2:CreateTags", "ec2 CreateTags", {"tagSet": {"items": [{"key": "a", "value": "b"}]}}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "name", "request_", "expected"), CASES)
def test_what_a_request_shows(action: str, name: str, request_: Any, expected: dict[str, list[str]]) -> None:
    assert shown(action, name, request_) == expected


EC2 = "arn:aws:ec2:eu-west-1:111122223333"
INSTANCE, VOLUME, IMAGE = f"{EC2}:instance/i-0", f"{EC2}:volume/*", f"{EC2[:-12]}:image/ami-0"
TEAM = [{"key": "team", "value": "shop"}]
TAGGED = {"aws:RequestTag/team": ["shop"], "aws:TagKeys": ["team"]}


def specified(*types: str) -> Any:
    """The request of something that EC2 makes, with the same tags for each type."""
    return {"tagSpecificationSet": {"items": [{"resourceType": each, "tags": TEAM} for each in types]}}


@pytest.mark.parametrize(
    ("action", "name", "request_", "resource", "expected"),
    [
        ("ec2:CreateTags", "ec2 CreateTags", {"tagSet": {"items": TEAM}}, INSTANCE, TAGGED),
        ("ec2:CreateTags", "ec2 CreateTags", {"tagSet": {"items": TEAM}}, "*", {}),
        ("ec2:CreateVolume", "ec2 CreateVolume", specified("volume"), VOLUME, TAGGED),
        ("ec2:CreateVolume", "ec2 CreateVolume", specified("volume"), f"{EC2}:snapshot/snap-0", {}),
        ("ec2:CreateTags", "ec2 CreateVolume", specified("volume"), VOLUME, TAGGED),
        ("ec2:RunInstances", "ec2 RunInstances", specified("instance"), INSTANCE, TAGGED),
        ("ec2:RunInstances", "ec2 RunInstances", specified("instance"), VOLUME, {}),
        ("ec2:RunInstances", "ec2 RunInstances", specified("instance"), IMAGE, {}),
        ("ec2:RunInstances", "ec2 RunInstances", specified("instance", "volume"), VOLUME, {}),
    ],
)  # fmt: skip
def test_tags_come_with_the_resources_that_get_them(
    action: str, name: str, request_: Any, resource: str, expected: dict[str, list[str]]
) -> None:
    """The catalog lists the keys of EC2's tags by type of resource, and a specification says of which its tags are."""
    assert shown(action, name, request_, resource) == expected


def test_what_was_too_much_to_be_kept_is_not_shown() -> None:
    operation = Operation("s3.amazonaws.com", "ListObjects")
    call = called("s3 ListObjects", LISTED)
    assert call.operation == operation
    cut = Call(
        call.principal, operation, call.event_type, call.account, call.region, call.outcome,
        parameters=(("bucketName", "data"), ("prefix", f"in/{COLLAPSED}")),
    )  # fmt: skip
    assert parts().mapper.shown("s3:ListBucket", "arn:aws:s3:::data", cut) == ()


def test_names_of_tags_and_contexts_name_no_resource() -> None:
    """A caller may call a tag as AWS calls a member."""
    request = {"queueUrl": "q", "tags": {"queueUrl": "payroll", "QueueName": "payroll", "a.queueName": "payroll"}}
    needs = list(parts().mapper.needs_of(called("sqs TagQueue", request)))
    assert {need.request for need in needs} == {"arn:aws:sqs:eu-west-1:111122223333:q"}
    context = {"keyId": "1234abcd-12ab-34cd-56ef-1234567890ab", "encryptionContext": {"keyId": "other", "x.keyId": "o"}}
    needs = list(parts().mapper.needs_of(called("kms Encrypt", context)))
    assert {need.request for need in needs} == {
        "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    }


def test_requests_are_replayed_with_what_they_carried() -> None:
    call = called("sqs TagQueue", {"queueUrl": "q", "tags": {"b": "1", "a": "2"}})
    calls: Contexts = {call: {(("aws:SourceIp", "192.0.2.1"),): 1}}
    findings = parts().mapper.findings({call: Evidence("", "", 1, ()) for call in calls})
    (request,) = observed_requests(ROLE, findings, calls, parts().mapper.shown)
    context = dict(request.context)
    assert context["aws:TagKeys"] == ("a", "b")
    assert (context["aws:RequestTag/a"], context["aws:SourceIp"]) == (("2",), ("192.0.2.1",))


def test_a_row_of_another_form_is_refused() -> None:
    row = {"source": "*", "operations": "", "member": "tags", "key": "aws:TagKeys", "form": "json"}
    with pytest.raises(ValueError, match="`json` is no form"):
        RequestKey.of_row(row)
