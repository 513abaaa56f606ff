"""Names that a pattern covers: the same as by asking all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.core.covering import SortedNames
from service.core.iam.arn import matches

names = st.lists(st.text("ab/:*?", max_size=4).map("arn:aws:s3:::{}".format), max_size=12)
patterns = st.one_of(
    st.sampled_from(["*", "arn:*", "arn:aws:s3:::*", "arn:aws:s3:::${aws:username}", "arn:aws:s3:::${*}a"]),
    st.text("ab/:*?", max_size=4).map("arn:aws:s3:::{}".format),
)


@given(names, patterns)
def test_the_same_as_asking_all(known: list[str], pattern: str) -> None:
    wanted = [each for each in sorted(set(known)) if pattern == "*" or matches(pattern, each)]
    assert list(SortedNames(known).covered(pattern)) == wanted


def test_star_covers_star() -> None:
    assert list(SortedNames(["*", "arn:aws:s3:::b"]).covered("*")) == ["*", "arn:aws:s3:::b"]
