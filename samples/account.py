"""The fictional company Fernwell: its accounts, Regions, roles and the names of what it owns."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

ACCOUNT = "111122223333"
PARTNER = "444455556666"

IRELAND = "eu-west-1"
FRANKFURT = "eu-central-1"
VIRGINIA = "us-east-1"

ORDERS_KEY = f"arn:aws:kms:{IRELAND}:{ACCOUNT}:key/8c1f4a2e-6b0d-4d39-9f57-2a7be04c1d63"
INVOICES_KEY = f"arn:aws:kms:{IRELAND}:{ACCOUNT}:key/0d94b7f1-3a52-4c8e-b6d0-97f1e3a85c24"
LAKE_KEY = f"arn:aws:kms:{IRELAND}:{ACCOUNT}:key/5e2a90c7-81f4-4b6a-a3d9-c04f7b16e852"

ENDPOINT_S3 = "vpce-0f1e2d3c4b5a69788"
ENDPOINT_DYNAMODB = "vpce-0a9b8c7d6e5f40312"


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its path, which session ARNs lose."""

    name: str
    path: str = "/"
    account: str = ACCOUNT

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:role{self.path}{self.name}"

    @property
    def id(self) -> str:
        return unique_id("AROA", self.arn)

    def session_arn(self, session: str) -> str:
        return f"arn:aws:sts::{self.account}:assumed-role/{self.name}/{session}"


@dataclass(frozen=True, slots=True)
class User:
    """An IAM user with its path."""

    name: str
    path: str = "/"
    account: str = ACCOUNT

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account}:user{self.path}{self.name}"

    @property
    def id(self) -> str:
        return unique_id("AIDA", self.arn)


ORDERS_API = Role("orders-api")
INVOICE_RENDERER = Role("invoice-renderer", "/service-role/billing/")
CI_DEPLOY = Role("ci-deploy", "/ci/")
LAKE_PIPELINE = Role("lake-pipeline", "/data/")
POWER_USER = Role("AWSReservedSSO_PowerUser_4f1c9d2a7b3e8c60", "/aws-reserved/sso.amazonaws.com/eu-west-1/")
DEPLOYER = Role("deployer", "/platform/")
CFN_EXEC = Role("cfn-exec", "/platform/")
LEGACY_REPORTER = Role("legacy-reporter")
ON_CALL = Role("on-call", "/people/")
AUDIT_READER = Role("audit-reader", "/", PARTNER)
STOREFRONT_TASK = Role("storefront-task", "/ecs/")
STOREFRONT_EXECUTION = Role("storefront-execution", "/ecs/")
WORKERS = Role("workers", "/ec2/")
CONFIG = Role("AWSServiceRoleForConfig", "/aws-service-role/config.amazonaws.com/")
DANA = User("dana", "/people/")
KIOSK = User("kiosk", "/apps/")


def unique_id(prefix: str, name: str) -> str:
    """The 21 characters of an IAM unique id, or the 20 of an access key id with a 4-letter prefix."""
    return prefix + _base32(name, 17)


def access_key(prefix: str, name: str) -> str:
    """An access key id that nobody can mistake for a real one."""
    return f"{prefix}WHITTLE{_base32(name, 9)}"


def regional(service: str, region: str, resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def _base32(name: str, length: int) -> str:
    return base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()[:length]
