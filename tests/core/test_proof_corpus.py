"""AWS's labelled samples of CheckNoNewAccess, and five thousand real policies against themselves."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from catalog.load import load_catalog
from service.core.errors import MalformedPolicy
from service.core.iam.document import parse_policy
from service.core.iam.evaluate import Access, authorize
from service.core.iam.policy import Policy
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Verdict
from service.core.proof import no_new_access, universe_of

SHARED = Path(__file__).parents[2].parent / "shared"
SAMPLES = SHARED / "cases" / "check_no_new_access.jsonl"
POLICIES = SHARED / "policies"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not SAMPLES.is_file(), reason="the recorded samples and policies are not beside the repository"),
]


@cache
def _catalog() -> Universe:
    return universe_of(load_catalog())


def _samples(policy_type: str) -> list[dict[str, str]]:
    found = [json.loads(line) for line in SAMPLES.read_text("utf-8").splitlines()]
    return [each for each in found if each["policyType"] == policy_type]


def _verdict(sample: dict[str, str]) -> Verdict:
    existing, new = (parse_policy(json.dumps(sample[name])) for name in ("existing", "new"))
    return no_new_access([existing], [new], _catalog())


def test_identity_samples_are_labelled_so() -> None:
    """All 86, none argued away, and every Pass without leaning on what the catalog does not list."""
    found: Counter[tuple[str, str]] = Counter()
    for sample in _samples("IDENTITY_POLICY"):
        verdict = _verdict(sample)
        found[sample["expected"], type(verdict).__name__] += 1
        if isinstance(verdict, Holds):
            assert verdict.assumption is Assumption.SYNTACTIC, sample["title"]
        if isinstance(verdict, Refuted):
            assert verdict.request.resource.startswith("arn:aws:"), sample["title"]
    assert found == {("PASS", "Holds"): 38, ("FAIL", "Refuted"): 48}


def test_resource_policy_samples_are_refused() -> None:
    """They have a Principal, which the reader of identity policies refuses: no answer, so no wrong one."""
    samples = _samples("RESOURCE_POLICY")
    assert len(samples) == 16
    for sample in samples:
        with pytest.raises(MalformedPolicy, match="Principal"):
            _verdict(sample)


def _policies(name: str) -> Iterator[Policy]:
    with gzip.open(POLICIES / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            try:
                yield parse_policy(json.dumps(row["policy"], ensure_ascii=False))
            except MalformedPolicy:
                continue


COUNTS = {"aws_managed_mamip": 1496, "awsdocs_examples": 1927, "sam_templates": 20, "workloads": 201}


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_every_policy_is_within_itself(name: str) -> None:
    """In one document and statement by statement, so that every statement is looked at by itself too."""
    found = list(_policies(name))
    assert len(found) == COUNTS[name]
    for policy in found:
        parts = [Policy((each,), policy.version) for each in policy.statements]
        assert no_new_access([policy], parts[::-1], _catalog()) == Holds(Assumption.SYNTACTIC)


def test_managed_policies_against_their_neighbours() -> None:
    """What a search has to be made for: always an answer, and every witness confirmed."""
    found: Counter[str] = Counter()
    policies = list(_policies("aws_managed_mamip"))
    for policy, other in zip(policies, policies[1:] + policies[:1], strict=True):
        verdict = no_new_access([other], [policy], _catalog())
        found[type(verdict).__name__] += 1
        if isinstance(verdict, Refuted):
            assert authorize([policy], verdict.request).access is Access.ALLOWED
            assert authorize([other], verdict.request).access is not Access.ALLOWED
    assert found["Unknown"] == 0
    assert min(found["Holds"], found["Refuted"]) > 20
