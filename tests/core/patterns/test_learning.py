"""What is learned of names: tables, and the law that a pattern covers what it was learned of, in any order."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.iam.arn import matches
from service.core.iam.pattern import escape
from service.core.patterns.learning import Names, learned
from service.core.patterns.tokens import tokens_of
from tests.tables import Row, rows

HEAD = "arn:aws:s3:::bucket/"


class Learning(Row, frozen=True, kw_only=True):
    """Names behind a head, and the widest patterns that are learned of them with how many they stand for."""

    names: list[str]
    patterns: dict[str, int] = msgspec.field(default_factory=dict)
    folders: bool = False


def widest(names: frozenset[str], *, folders: bool) -> dict[str, int]:
    found = [each[0] for each in learned(Names(HEAD, frozenset(HEAD + name for name in names), folders))]
    return {each.pattern.removeprefix(HEAD): len(each.texts) for each in found}


@pytest.mark.parametrize("row", rows("patterns", Learning))
def test_learning(row: Learning) -> None:
    assert widest(frozenset(row.names), folders=row.folders) == row.patterns


PIECES = st.sampled_from(
    ["a", "b", "logs/", "/", "-", "=", "2026-08-01", "2026-08-02", "2026/08/01", "2026", "7", "12", "F260", "*", "?",
     "[$LATEST]", "${a}", "é", "0123456789abcdef", "0a53e4a3-1f2e-4d3c-9b4a-5c6d7e8f9a0b", "i-0a1f4c7d92e6b3085"]
)  # fmt: skip
NAMES = st.frozensets(st.lists(PIECES, min_size=1, max_size=6).map("".join), max_size=20)


@given(NAMES, st.booleans())
def test_a_pattern_covers_what_it_was_learned_of(names: frozenset[str], folders: bool) -> None:
    texts = {HEAD + escape(name): HEAD + name for name in names}
    taken: set[str] = set()
    for alternatives in learned(Names(HEAD, frozenset(texts), folders)):
        assert len({each.texts for each in alternatives}) == 1
        assert taken.isdisjoint(alternatives[0].texts)
        taken.update(alternatives[0].texts)
        for each in alternatives:
            assert each.pattern.startswith(HEAD)
            name = each.pattern.removeprefix(HEAD)
            assert "*" not in name or any(letter.isalnum() for letter in name), "all of a bucket"
            assert all(matches(each.pattern, texts[text]) for text in each.texts)


@given(st.text(max_size=60))
def test_tokens_are_the_text(text: str) -> None:
    assert "".join(each.text for each in tokens_of(text)) == text
