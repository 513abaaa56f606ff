"""How sure an answer is: by its rule, and no surer than the least sure of several."""

from __future__ import annotations

import pytest

from catalog.load import load_catalog, load_resolver
from catalog.model import CONFIDENCE_BY_RULE, Confidence, Operation, Resolved, confidence_of, weakest
from catalog.resolve import RULES

CERTAIN, LIKELY, TENTATIVE = Confidence.CERTAIN, Confidence.LIKELY, Confidence.TENTATIVE


@pytest.mark.parametrize(
    ("source", "name", "rule", "confidence"),
    [
        ("s3", "HeadObject", "override", CERTAIN),
        ("sqs", "SendMessage", "operation-map", CERTAIN),
        ("s3", "GetObjectTorrent", "operation-map+name", LIKELY),
        ("apigateway", "GetResources", "api-gateway-method", CERTAIN),
        ("appstream2", "CreateFleet", "identity", LIKELY),
        ("s3", "GetLifecycleConfiguration", "event-name", LIKELY),
        ("lambda", "CreateFunction20150331", "spelling:strip-date", LIKELY),
        ("verifiedpermissions", "BatchIsAuthorized", "spelling:strip-batch-prefix", TENTATIVE),
    ],
)
def test_an_answer_is_as_sure_as_its_rule(source: str, name: str, rule: str, confidence: Confidence) -> None:
    answer = load_resolver(load_catalog()).resolve(Operation(f"{source}.amazonaws.com", name))
    assert isinstance(answer, Resolved)
    assert (answer.rule, answer.confidence) == (rule, confidence)


def test_every_rule_has_a_confidence() -> None:
    names = {rule.__name__.replace("_", "-") for rule in RULES} - {"event-type"}
    assert names <= set(CONFIDENCE_BY_RULE), "what the event's type decides is `no-permission`"
    assert len(names) > 8


def test_several_rules_are_as_sure_as_the_least_sure() -> None:
    assert weakest(["override", "identity"]) is LIKELY
    assert weakest(["identity", "spelling:strip-v2", "override"]) is TENTATIVE
    assert weakest([]) is CERTAIN


def test_a_rule_that_nobody_knows_is_not_trusted() -> None:
    assert confidence_of("made-up") is TENTATIVE
