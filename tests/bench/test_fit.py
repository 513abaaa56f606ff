"""The made-up principal is as large as it says, and every rung of its ladder is proved."""

from __future__ import annotations

from bench.fit import ACTIONS, ARNS, SERVICES, climbed_by_made_up, made_up
from service.core.choices import Rung
from service.core.iam.proving.verdict import Holds
from service.core.synthesis import service_of
from service.wiring import parts


def test_the_made_up_principal() -> None:
    grants = made_up(parts().catalog)
    assert len({service_of(each.action) for each in grants}) == SERVICES
    assert len({each.action for each in grants}) == ACTIONS
    assert 0.9 * ARNS <= len({each.resource for each in grants}) <= ARNS + 1
    assert grants == made_up(parts().catalog)


def test_its_ladder() -> None:
    exact, merged, wildcards = climbed_by_made_up().steps
    assert [each.rung for each in (exact, merged, wildcards)] == [Rung.EXACT, Rung.MERGED, Rung.WILDCARDS]
    assert exact.characters > max(merged.characters, wildcards.characters)
    assert (exact.policies, merged.policies) == (8, 7)
    assert merged.characters < 40_000
    for each in (merged, wildcards):
        assert isinstance(each.keeps, Holds)
        assert isinstance(each.within_current, Holds)
