"""What proposals for the sample trail have to be worth: most of what comes later is allowed, nothing dangerous new."""

from __future__ import annotations

from bench.quality import permissions_management_in_excess, recall_of, sample


def test_the_sample_trail() -> None:
    measured = sample()
    recall = recall_of(measured)
    assert len(measured) > 10
    assert recall.of > 1_000
    assert recall.value is not None
    assert recall.value >= 0.99
    assert permissions_management_in_excess(measured) == 0
