"""Laws of evidence: taking it together is associative and commutative. Those of usage are in `test_activity`."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.usage import EXAMPLES, NO_EVIDENCE, Evidence, total

UNHURRIED = settings(deadline=None)

times = st.sampled_from(["", "2026-08-01T00:00:00Z", "2026-08-01T23:59:59Z", "2026-08-02T00:00:00Z"])
ids = st.sampled_from(["", "a", "b", "c", "d", "e"])
evidences = st.builds(
    Evidence, times, times, st.integers(1, 9), st.frozensets(ids, max_size=EXAMPLES).map(sorted).map(tuple)
)


@UNHURRIED
@given(evidences, evidences, evidences)
def test_evidence_is_an_algebra(a: Evidence, b: Evidence, c: Evidence) -> None:
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c))
    assert NO_EVIDENCE.merge(a) == a
    assert total([a, b, c]) == total([c, a, b])
    assert a.merge(b).count == a.count + b.count
    assert len(a.merge(b).event_ids) <= EXAMPLES
