"""Real policies compared with their neighbours: every request that is shown is as the plain evaluator has it."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from catalog.load import load_catalog
from service.core.diff.compare import Comparer
from service.core.diff.model import Finding, Kind
from service.core.errors import MalformedPolicy
from service.core.iam.document import parse_policy
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.policy import Policy

POLICIES = Path(__file__).parents[2].parent / "shared" / "policies"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not POLICIES.is_dir(), reason="the recorded policies are not beside the repository"),
]


def _policies(name: str) -> list[Policy]:
    found = []
    with gzip.open(POLICIES / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            try:
                found.append(parse_policy(json.dumps(json.loads(line)["policy"], ensure_ascii=False)))
            except MalformedPolicy:
                continue  # `test_proof_corpus` counts them
    return found


@pytest.mark.parametrize("name", ["awsdocs_examples", "aws_managed_mamip"])
def test_neighbours(name: str) -> None:
    policies, comparer = _policies(name)[::13], Comparer(load_catalog())
    kinds: Counter[Kind] = Counter()
    shown = 0
    for before, after in pairwise(policies):
        for change in comparer.compare([before], [after]).changes:
            kinds[change.kind] += 1
            for finding in (change.finding, *(each.finding for each in change.scopes)):
                shown += _check(before, after, finding)
    assert shown > 500
    assert kinds[Kind.UNKNOWN] < kinds.total() // 100


def _check(before: Policy, after: Policy, finding: Finding) -> int:
    expected = ((finding.lost, True, False), (finding.gained, False, True), (finding.kept, True, True))
    for request, allowed_before, allowed_after in expected:
        if request is not None:
            assert (_allows(before, request), _allows(after, request)) == (allowed_before, allowed_after), request
    return sum(request is not None for request, _, _ in expected)


def _allows(policy: Policy, request: Request) -> bool:
    return authorize([policy], request).access is Access.ALLOWED
