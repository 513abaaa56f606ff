"""ARNs and their patterns, by table."""

from __future__ import annotations

import pytest

from service.core.errors import MalformedArn
from service.core.iam.arn import Arn, matches, parse_arn
from tests.tables import Row, rows


class Matching(Row, frozen=True):
    pattern: str
    matched: list[str]
    others: list[str]


@pytest.mark.parametrize("row", rows("arn", Matching))
def test_matches(row: Matching) -> None:
    assert [resource for resource in row.matched + row.others if matches(row.pattern, resource)] == row.matched, row.why


def test_parse_arn() -> None:
    text = "arn:aws:logs:eu-west-1:111122223333:log-group:/a:*"
    assert parse_arn(text) == Arn("aws", "logs", "eu-west-1", "111122223333", "log-group:/a:*")
    assert str(parse_arn(text)) == text


@pytest.mark.parametrize("text", ["", "*", "arn:aws:s3", "arn:aws:s3::b", "urn:aws:s3:::b"])
def test_not_an_arn(text: str) -> None:
    with pytest.raises(MalformedArn, match="is not an ARN"):
        parse_arn(text)
