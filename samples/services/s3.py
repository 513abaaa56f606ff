"""Amazon S3: data events on objects, management events on buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from samples.account import ACCOUNT, IRELAND, PARTNER
from samples.records import Call, Json

_HOST_ID = "kT0vQm3hYw7cLr2NpXeB9dJfUa5sGzV1iOq8Rb6Mn4EyDHtCPlWxKgSuAZjI3F0o7vQm2hYw8cL="


def get_object(bucket: str, key: str, version_id: str = "", **more: Any) -> Call:
    asked = {"versionId": version_id} if version_id else {}
    return _object("GetObject", bucket, key, asked, out=48211, **more)


def head_object(bucket: str, key: str) -> Call:
    return _object("HeadObject", bucket, key, {})


def put_object(bucket: str, key: str, kms: str = "", region: str = IRELAND) -> Call:
    asked = {"x-amz-server-side-encryption": "aws:kms"} if kms else {}
    if kms:
        asked["x-amz-server-side-encryption-aws-kms-key-id"] = kms
    return _object("PutObject", bucket, key, asked, write=True, response=_encrypted(kms), region=region)


def delete_object(bucket: str, key: str) -> Call:
    return _object("DeleteObject", bucket, key, {}, write=True)


def copy_object(bucket: str, key: str, source: str) -> Call:
    return _object("CopyObject", bucket, key, {"x-amz-copy-source": source}, write=True, response=_encrypted(""))


def create_multipart_upload(bucket: str, key: str) -> Call:
    return _object("CreateMultipartUpload", bucket, key, {"uploads": ""}, write=True, response=_encrypted(""))


def upload_part(bucket: str, key: str, upload: str, number: int) -> Call:
    asked = {"partNumber": str(number), "uploadId": upload}
    return _object("UploadPart", bucket, key, asked, write=True, response=_encrypted(""))


def complete_multipart_upload(bucket: str, key: str, upload: str) -> Call:
    return _object("CompleteMultipartUpload", bucket, key, {"uploadId": upload}, write=True)


def abort_multipart_upload(bucket: str, key: str, upload: str) -> Call:
    return _object("AbortMultipartUpload", bucket, key, {"uploadId": upload}, write=True)


def list_objects(bucket: str, prefix: str, region: str = IRELAND) -> Call:
    """ListObjectsV2 is logged as ListObjects with `list-type` 2; the objects are an ARN prefix."""
    asked = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
    return _listed("ListObjects", bucket, asked, region)


def list_object_versions(bucket: str, prefix: str) -> Call:
    """The call lists versions; the action is s3:ListBucketVersions."""
    return _listed("ListObjectVersions", bucket, {"versions": "", "prefix": prefix}, IRELAND)


def head_bucket(bucket: str) -> Call:
    return _listed("HeadBucket", bucket, {}, IRELAND)


def delete_objects(bucket: str) -> Call:
    """Many at once: the record does not name the keys."""
    return replace(_listed("DeleteObjects", bucket, {"delete": "", "x-id": "DeleteObjects"}, IRELAND), write=True)


def bucket_call(name: str, bucket: str, write: bool = False, region: str = IRELAND, **request: Any) -> Call:
    """A management event on a bucket: GetBucketLocation, PutBucketPolicy and their kin."""
    asked = {"bucketName": bucket, "Host": _host(bucket, region), **request}
    return Call(
        "s3",
        name,
        asked,
        write=write,
        region=region,
        resources=(_bucket(bucket),),
        host=_host(bucket, region),
        more=_transfer(0, 240),
    )


def list_buckets(region: str = IRELAND) -> Call:
    host = f"s3.{region}.amazonaws.com"
    return Call("s3", "ListBuckets", {"Host": host}, region=region, host=host, more=_transfer(0, 1902))


def of_partner(call: Call, shared: str) -> Call:
    """A bucket of another account: its owner gets a record of its own, which shares an id with this one."""
    owned = [{**each, "accountId": PARTNER} if "accountId" in each else each for each in call.resources]
    return call.changed(resources=owned, sharedEventID=shared)


def no_such_key(call: Call) -> Call:
    return call.failing("NoSuchKey", "The specified key does not exist.")


def access_denied(call: Call) -> Call:
    """S3 names neither action nor resource for most callers."""
    return call.failing("AccessDenied", "Access Denied")


def _object(name: str, bucket: str, key: str, asked: Json, out: int = 0, region: str = IRELAND, **more: Any) -> Call:
    host = _host(bucket, region)
    return Call(
        "s3",
        name,
        {"bucketName": bucket, **asked, "Host": host, "key": key},
        data=True,
        region=region,
        resources=({"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}, _bucket(bucket)),
        host=host,
        more=_transfer(0, out),
        **more,
    )


def _listed(name: str, bucket: str, asked: Json, region: str) -> Call:
    host = _host(bucket, region)
    return Call(
        "s3",
        name,
        {"bucketName": bucket, **asked, "Host": host},
        data=True,
        region=region,
        resources=({"type": "AWS::S3::Object", "ARNPrefix": f"arn:aws:s3:::{bucket}/"}, _bucket(bucket)),
        host=host,
        more=_transfer(0, 5120),
    )


def _bucket(bucket: str) -> Json:
    return {"accountId": ACCOUNT, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}


def _host(bucket: str, region: str) -> str:
    return f"{bucket}.s3.{region}.amazonaws.com"


def _encrypted(kms: str) -> Json:
    if not kms:
        return {"x-amz-server-side-encryption": "AES256"}
    return {
        "x-amz-server-side-encryption": "aws:kms",
        "x-amz-server-side-encryption-aws-kms-key-id": kms,
        "x-amz-server-side-encryption-bucket-key-enabled": "true",
    }


def _transfer(received: int, sent: int) -> Json:
    return {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": received,
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": _HOST_ID,
        "bytesTransferredOut": sent,
    }
