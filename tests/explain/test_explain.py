"""A dozen events, explained: a folder each with the record, the text and the JSON, compared as bytes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from service.cli.explain import explanation_text
from service.cli.explain_json import explanation_json
from service.core.json_bytes import to_bytes
from service.usecases.explain import TOO_MANY, Explanation
from service.wiring import explained

HERE = Path(__file__).parent
CASES = sorted(file.parent for file in HERE.glob("*/event.json"))


def _case(name: str) -> Explanation:
    return explained(HERE / name / "event.json")


def test_there_are_cases() -> None:
    assert len(CASES) > 11


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_explanations(folder: Path, rewrite: bool) -> None:
    found = explained(folder / "event.json")
    answers = {"explained.txt": explanation_text(found).encode(), "explained.json": to_bytes(explanation_json(found))}
    for name, content in answers.items():
        if rewrite:
            (folder / name).write_bytes(content)
        assert (folder / name).read_bytes() == content, f"{name} differs: read the diff, then --rewrite-golden"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_what_wins_is_what_the_product_answers(folder: Path) -> None:
    """The trace is of the rules themselves: its first answer is the resolver's."""
    found = explained(folder / "event.json")
    if found.winner is None:
        assert found.resolution.rule == "unresolved"
    else:
        assert found.steps[found.winner].answer == found.resolution


def test_every_need_says_what_it_rests_on() -> None:
    checked = 0
    for folder in CASES:
        for each in explained(folder / "event.json").needs:
            assert each.origins or each.need.request == "*" or not each.need.exact, each
            checked += 1
    assert checked > 10


@pytest.mark.parametrize(
    ("case", "action", "origins"),
    [
        ("create-function", "lambda:CreateFunction", ("parameter functionName",)),
        ("create-role", "iam:CreateRole", ("parameter roleName", "response")),
        ("create-function", "iam:PassRole", ("parameter role",)),
        ("create-function", "lambda:TagResource", ("parameter functionName", "parameter tags")),
        ("get-object", "s3:GetObject", ("resources",)),
        ("decrypt-for-a-service", "kms:Decrypt", ("resources",)),
        ("get-missing-version", "s3:ListBucket", ("parameter bucketName", "error NoSuchKey")),
    ],
)
def test_where_a_resource_came_from(case: str, action: str, origins: tuple[str, ...]) -> None:
    found = [each.origins for each in _case(case).needs if each.need.action == action]
    assert found == [origins]


def test_a_record_with_very_many_members_is_explained_without_trying_each(tmp_path: Path) -> None:
    record = orjson.loads((HERE / "run-instances" / "event.json").read_bytes())
    record["requestParameters"]["groupSet"]["items"] = [{"groupId": f"sg-{number:08x}"} for number in range(3_000)]
    file = tmp_path / "event.json"
    file.write_bytes(orjson.dumps(record))
    found = explained(file)
    assert found.needs
    assert {each.origins for each in found.needs} == {(TOO_MANY,)}
    assert any("more than" in each.detail for each in found.leftovers)
