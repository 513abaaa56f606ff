"""5,000 real policies: each is read or refused with its reason, and written back equal."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.core.errors import MalformedPolicy
from service.core.iam.document import parse_policy, render, render_pretty

FOLDER = Path(__file__).parents[3].parent / "shared" / "policies"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="the recorded policies are not beside the repository"),
]

# The refusals of each collection, all of them of documents that IAM refuses too: templates, placeholders, slips.
REFUSED: dict[str, dict[str, int]] = {
    "aws_managed_mamip": {},
    "awsdocs_examples": {
        "Action is `_`": 7,
        "Resource is `_`": 60,
        "Resource is an object": 17,
        "Sid is `_`": 17,
        "Version `_` does not exist": 3,
        "neither Resource nor NotResource": 1,
    },
    "sam_templates": {"Resource is an object": 118},
    "workloads": {
        "Action is `_`": 3,
        "Action is an object": 1,
        "Condition, DateGreaterThan": 1,
        "Condition, bad": 1,
        "NotResource is `_`": 1,
        "NotResource is an object": 2,
        "Resource is `_`": 8,
        "Resource is an object": 8,
        "Sid `_` is that of statement 1": 1,
        "Sid is `_`": 1,
        "Version `_` does not exist": 1,
        "both Action and NotAction": 1,
        "neither Resource nor NotResource": 1,
    },
}


def _identity_policies(file: Path) -> Iterator[str]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["kind"] == "identity":
                yield json.dumps(row["policy"], ensure_ascii=False)


def _problem(text: str) -> str:
    """Why the policy is refused, without its place and the user's text; nothing when it was read and written back."""
    try:
        policy = parse_policy(text)
    except MalformedPolicy as error:
        kind, _, _ = re.sub(r"`[^`]*`", "`_`", str(error)).partition(": ")
        return re.sub(r"^statement \d+(,| has)? ?|\[\d+\]", "", kind)
    assert parse_policy(render(policy)) == policy
    assert parse_policy(render_pretty(policy)) == policy
    return ""


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_every_policy_is_read_or_refused(name: str) -> None:
    problems = Counter(map(_problem, _identity_policies(FOLDER / f"{name}.jsonl.gz")))
    assert problems.pop("") > 0
    assert dict(problems) == REFUSED[name]


@pytest.mark.parametrize("name", ["awsdocs_examples", "workloads"])
def test_resource_based_and_trust_policies_are_refused(name: str) -> None:
    with gzip.open(FOLDER / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        others = [row for line in lines if (row := json.loads(line))["kind"] != "identity"]
    assert others
    for row in others:
        with pytest.raises(MalformedPolicy):
            parse_policy(json.dumps(row["policy"]))
