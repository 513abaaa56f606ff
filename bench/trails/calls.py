"""The calls that make up most of a trail, as their services log them: a row each.

Written after the entries that AWS documents, for example
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html and
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from bench.trails.names import Place

Json = dict[str, Any]

# What differs from event to event; `bench.trails.records` puts it in.
KEY: Final = "<key>"
HOST_ID: Final = "<host id>"
SIZE: Final = "<size>"
UUID: Final = "<uuid>"

NOTHING: Final[Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a record shows of a call."""

    request: Json | None
    response: Json | None = None
    resources: tuple[Json, ...] = ()
    more: Json | None = None
    target: str = "*"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation of a service, and how a request of it is made up in a place."""

    source: str
    name: str
    action: str
    show: Callable[[Place, Random], Shown] = field(repr=False)
    write: bool = False
    data: bool = False


def _s3(name: str, action: str = "", write: bool = False, asked: Mapping[str, str] = NOTHING) -> Call:
    def show(place: Place, dice: Random) -> Shown:
        bucket = dice.choice(place.buckets)
        arn = f"arn:aws:s3:::{bucket}"
        request = {"bucketName": bucket, "Host": f"{bucket}.s3.{place.region}.amazonaws.com", **asked}
        owner = {"accountId": place.account, "type": "AWS::S3::Bucket", "ARN": arn}
        key = f"{dice.choice(_FOLDERS)}/{KEY}"
        if "prefix" in asked:
            request["prefix"] = key.partition("/")[0] + "/"
        elif name in _ON_OBJECTS:
            request["key"] = key
            return Shown(
                request, None, ({"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"}, owner), _S3_MORE, f"{arn}/{key}"
            )
        return Shown(request, None, (owner,), _S3_MORE, arn)

    return Call("s3", name, action or f"s3:{name}", show, write, name in _ON_OBJECTS or name == "ListObjects")


def _dynamodb(name: str, write: bool = False) -> Call:
    def show(place: Place, dice: Random) -> Shown:
        table = dice.choice(place.tables)
        arn = place.arn("dynamodb", f"table/{table}")
        request: Json = {"tableName": table, "key": {"pk": "HIDDEN_DUE_TO_SECURITY_REASONS"}}
        if name in {"Query", "Scan"}:
            request = {"tableName": table, "limit": 100, "scanIndexForward": False, "indexName": f"by-{table[:5]}"}
        resource = {"accountId": place.account, "type": "AWS::DynamoDB::Table", "ARN": arn}
        return Shown(request, None, (resource,), None, arn)

    return Call("dynamodb", name, f"dynamodb:{name}", show, write, data=True)


def _kms(name: str, **asked: Any) -> Call:
    def show(place: Place, dice: Random) -> Shown:
        arn = place.arn("kms", f"key/{dice.choice(place.keys)}")
        context = {"aws:s3:arn": f"arn:aws:s3:::{dice.choice(place.buckets)}"}
        resource = {"accountId": place.account, "type": "AWS::KMS::Key", "ARN": arn}
        return Shown({"keyId": arn, "encryptionContext": context, **asked}, None, (resource,), None, arn)

    return Call("kms", name, f"kms:{name}", show)


def _invoke(place: Place, dice: Random) -> Shown:
    arn = place.arn("lambda", f"function:{dice.choice(place.functions)}")
    request = {"functionName": arn, "invocationType": "Event", "sourceArn": dice.choice(place.roles)}
    resource = {"accountId": place.account, "type": "AWS::Lambda::Function", "ARN": arn}
    return Shown(request, None, (resource,), {"functionVersion": f"{arn}:$LATEST"}, arn)


def _function(place: Place, dice: Random) -> Shown:
    name = dice.choice(place.functions)
    arn = place.arn("lambda", f"function:{name}")
    response = {
        "functionName": name,
        "functionArn": arn,
        "runtime": "python3.13",
        "memorySize": 512,
        "revisionId": UUID,
    }
    return Shown({"functionName": name, "publish": True, "dryRun": False}, response, (), None, arn)


def _function_read(place: Place, dice: Random) -> Shown:
    name = dice.choice(place.functions)
    return Shown({"functionName": name}, target=place.arn("lambda", f"function:{name}"))


def assume_role(place: Place, dice: Random) -> Shown:
    """sts:AssumeRole with the credentials that it answers, their secrets left out."""
    arn = dice.choice(place.roles)
    session = f"{arn.rpartition('/')[2]}-{dice.randrange(6)}"
    user = {
        "assumedRoleId": f"AROA{arn[-12:].upper()}:{session}",
        "arn": f"{arn.replace(':role', ':assumed-role')}/{session}",
    }
    given = {
        "accessKeyId": "ASIA4ZPEXAMPLE7QKUDJ",
        "sessionToken": f"IQoJb3JpZ2luX2VjE{HOST_ID}",
        "expiration": "Jun 30, 2026, 11:59:59 PM",
    }
    resource = {"accountId": place.account, "type": "AWS::IAM::Role", "ARN": arn}
    return Shown(
        {"roleArn": arn, "roleSessionName": session, "durationSeconds": 3600},
        {"credentials": given, "assumedRoleUser": user},
        (resource,),
        None,
        arn,
    )


def _instances(place: Place, dice: Random) -> Shown:
    items = [{"instanceId": dice.choice(place.instances)} for _ in range(dice.randint(1, 3))]
    return Shown({"instancesSet": {"items": items}, "filterSet": {}})


def _instance_states(place: Place, dice: Random) -> Shown:
    instance = dice.choice(place.instances)
    states = {"currentState": {"code": 0, "name": "pending"}, "previousState": {"code": 80, "name": "stopped"}}
    response = {"requestId": UUID, "instancesSet": {"items": [{"instanceId": instance, **states}]}}
    return Shown(
        {"instancesSet": {"items": [{"instanceId": instance}]}},
        response,
        (),
        None,
        place.arn("ec2", f"instance/{instance}"),
    )


def _filtered(name: str) -> Call:
    def show(place: Place, dice: Random) -> Shown:
        values = {"items": [{"value": dice.choice(place.names)}]}
        return Shown(
            {
                f"{name[8].lower()}{name[9:-1]}Set": {},
                "filterSet": {"items": [{"name": "tag:Name", "valueSet": values}]},
            }
        )

    return Call("ec2", name, f"ec2:{name}", show)


def _nothing(place: Place, dice: Random) -> Shown:
    del place, dice
    return Shown(None)


_FOLDERS = ("incoming", "curated", "exports/daily", "thumbnails", "invoices", "logs/app", "models", "backup")
_ON_OBJECTS = frozenset(
    {
        "GetObject",
        "PutObject",
        "HeadObject",
        "DeleteObject",
        "CopyObject",
        "GetObjectTagging",
        "UploadPart",
        "GetObjectAcl",
    }
)
_S3_MORE = {
    "SignatureVersion": "SigV4",
    "CipherSuite": "TLS_AES_128_GCM_SHA256",
    "bytesTransferredIn": 0,
    "AuthenticationMethod": "AuthHeader",
    "x-amz-id-2": HOST_ID,
    "bytesTransferredOut": SIZE,
}

OBJECTS: tuple[Call, ...] = (
    _s3("GetObject"),
    _s3("PutObject", write=True),
    _s3("HeadObject", "s3:GetObject"),
    _s3("DeleteObject", write=True),
    _s3("CopyObject", "s3:PutObject", write=True),
    _s3("UploadPart", "s3:PutObject", write=True),
    _s3("GetObjectTagging"),
    _s3("GetObjectAcl"),
)

DATA: tuple[Call, ...] = (
    *OBJECTS[:4],
    _s3("ListObjects", "s3:ListBucket", asked={"prefix": "", "list-type": "2", "encoding-type": "url"}),
    *OBJECTS[4:],
    *(_dynamodb(name) for name in ("GetItem", "Query", "Scan", "BatchGetItem")),
    *(_dynamodb(name, write=True) for name in ("PutItem", "UpdateItem", "DeleteItem")),
    Call("lambda", "Invoke", "lambda:InvokeFunction", _invoke, data=True),
    _kms("Decrypt", encryptionAlgorithm="SYMMETRIC_DEFAULT"),
    _kms("GenerateDataKey", keySpec="AES_256"),
    Call("sts", "AssumeRole", "sts:AssumeRole", assume_role),
)

MANAGEMENT: tuple[Call, ...] = (
    Call("sts", "GetCallerIdentity", "sts:GetCallerIdentity", _nothing),
    Call("ec2", "DescribeInstances", "ec2:DescribeInstances", _instances),
    Call("ec2", "StartInstances", "ec2:StartInstances", _instance_states, write=True),
    Call("ec2", "StopInstances", "ec2:StopInstances", _instance_states, write=True),
    *(
        _filtered(f"Describe{kind}")
        for kind in ("Volumes", "Vpcs", "Subnets", "Images", "Snapshots", "Tags", "RouteTables")
    ),
    Call("lambda", "GetFunction20150331v2", "lambda:GetFunction", _function_read),
    Call("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode", _function, write=True),
    *(_s3(name) for name in ("GetBucketAcl", "GetBucketTagging", "GetBucketLocation", "GetBucketVersioning")),
    _s3("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    _s3("HeadBucket", "s3:ListBucket"),
    Call("s3", "ListBuckets", "s3:ListAllMyBuckets", _nothing),
    _kms("DescribeKey"),
)
