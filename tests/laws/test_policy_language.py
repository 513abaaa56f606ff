"""Laws of the policy language: patterns against brute force, documents there and back, evaluation's monotony."""

from __future__ import annotations

import json
import re
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import MalformedPolicy
from service.core.iam.arn import matches
from service.core.iam.condition import COMPARISONS
from service.core.iam.document import characters, parse_policy, render, render_pretty
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.pattern import escape, parse_pattern
from service.core.iam.policy import VERSIONS, Condition, Effect, Policy, Statement
from service.core.iam.strict_json import parse_json

UNHURRIED = settings(deadline=None)
"""The machine may be busy; how fast things are is tested elsewhere."""

ALPHABET = "ab:"
WORDS = ["".join(letters) for length in range(6) for letters in product(ALPHABET, repeat=length)]

patterns = st.text(alphabet="ab:*?", max_size=8)


def _regex(pattern: str, anything: str = ".") -> str:
    """A pattern as a regular expression: the other implementation."""
    return "".join({"*": f"{anything}*", "?": anything}.get(letter, re.escape(letter)) for letter in pattern)


@UNHURRIED
@given(patterns)
def test_patterns_match_as_brute_force_does(text: str) -> None:
    pattern, expected = parse_pattern(text), re.compile(_regex(text), re.DOTALL)
    assert [word for word in WORDS if pattern.matches(word) != (expected.fullmatch(word) is not None)] == []


@UNHURRIED
@given(
    st.lists(st.text(alphabet="ab*?", max_size=3), min_size=1, max_size=8),
    st.lists(st.sampled_from(["", "a", "ab", "b"]), min_size=1, max_size=8),
)
def test_resources_match_as_brute_force_does(pattern: list[str], resource: list[str]) -> None:
    """Colons of the pattern are colons of the resource, but for the sixth segment, or a last `*` before it.

    As everywhere, `*?` at the end is `?*`.
    """
    text, word = ":".join(pattern), ":".join(resource)
    segments = [_regex(each, "[^:]") for each in pattern[:5]]
    if len(pattern) > 5:
        segments.append(_regex(":".join(pattern[5:])))
    elif "*" in (run := pattern[-1][len(pattern[-1].rstrip("*?")) :]):
        segments[-1] = _regex(pattern[-1].rstrip("*?") + "?" * run.count("?"), "[^:]") + ".*"
    assert matches(text, word) == (re.fullmatch(":".join(segments), word, re.DOTALL) is not None)


@UNHURRIED
@given(st.text(alphabet="ab*?${}", max_size=8), st.text(alphabet="ab*?${}", max_size=8))
def test_escaped_text_means_itself(text: str, other: str) -> None:
    pattern = parse_pattern(escape(text))
    assert pattern.matches(text)
    assert pattern.matches(other) == (text == other)


@UNHURRIED
@given(st.text(alphabet="ab*?${},' ", max_size=12))
def test_any_text_is_a_pattern(text: str) -> None:
    """And without variables every pattern matches itself: a wildcard stands for its own character."""
    assert parse_pattern(text, variables=False).matches(text)
    parse_pattern(text).matches(text)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
conditions = st.builds(
    Condition,
    st.sampled_from([each.name for each in COMPARISONS]),
    texts.map("aws:{}".format),
    st.lists(texts, max_size=3).map(tuple),
)
condition_blocks = st.lists(conditions, max_size=3, unique_by=lambda each: (each.operator, each.key)).map(tuple)
actions = st.sampled_from(["*", "s3:*", "s3:Get*", "S3:getobject", "s3:PutObject", "iam:?assRole"])
resources = st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::${aws:username}", "arn:aws:s3:::b/k?"]) | texts.map(
    "arn:{}".format
)
some_actions = st.lists(actions, min_size=1, max_size=3).map(tuple)
some_resources = st.lists(resources, min_size=1, max_size=3).map(tuple)
statements = st.builds(Statement, st.sampled_from(Effect), some_actions, some_resources, condition_blocks) | st.builds(
    lambda effect, actions, resources, conditions: Statement(effect, (), (), conditions, "", actions, resources),
    st.sampled_from(Effect),
    some_actions,
    some_resources,
    condition_blocks,
)
policies = st.builds(Policy, st.lists(statements, max_size=3).map(tuple), st.sampled_from(VERSIONS), texts)


@UNHURRIED
@given(policies)
def test_parse_is_the_inverse_of_render(policy: Policy) -> None:
    assert parse_policy(render(policy)) == policy
    assert parse_policy(render_pretty(policy).encode()) == policy
    assert render(parse_policy(render_pretty(policy))) == render(policy)


@UNHURRIED
@given(policies, policies)
def test_size_grows_with_statements(first: Policy, second: Policy) -> None:
    both = Policy(first.statements + second.statements, first.version, first.id)
    assert characters(both) >= characters(first)


@UNHURRIED
@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_text_is_a_policy_or_an_error(text: str | bytes) -> None:
    assert _problem(text).isprintable()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Statement", "Effect", "Action", "Resource", "Condition", "Sid", "Bool"]), inner
        )
    ),
    max_leaves=12,
)


@UNHURRIED
@given(json_values)
def test_any_json_is_a_policy_or_an_error(value: object) -> None:
    assert _problem(json.dumps({"Statement": value})).isprintable()


def _problem(text: str | bytes) -> str:
    try:
        parse_policy(text)
    except MalformedPolicy as error:
        return str(error)
    return ""


requests = st.builds(
    Request,
    st.sampled_from(["s3:GetObject", "s3:PutObject", "iam:PassRole"]),
    st.sampled_from(["*", "arn:aws:s3:::b/k", "arn:aws:s3:::b/k1", "arn:aws:s3:::alice"]),
    st.dictionaries(st.sampled_from(["aws:username", "aws:", "aws:a"]), st.lists(texts, max_size=2).map(tuple)),
    st.frozensets(st.sampled_from(["aws:username", "aws:", "*"]), max_size=1),
)
MAY = {Access.ALLOWED: 2, Access.UNKNOWN: 1, Access.IMPLICITLY_DENIED: 0, Access.EXPLICITLY_DENIED: 0}


@UNHURRIED
@given(policies, statements, requests)
def test_an_allow_never_narrows_and_a_deny_never_widens(policy: Policy, more: Statement, request: Request) -> None:
    before = MAY[authorize([policy], request).access]
    after = MAY[authorize([policy, Policy((more,))], request).access]
    assert after >= before if more.effect is Effect.ALLOW else after <= before


@UNHURRIED
@given(policies, requests)
def test_what_is_known_with_less_stays_known_with_more(policy: Policy, request: Request) -> None:
    """An answer that holds whatever the unknown keys are holds when they turn out to be absent."""
    known = authorize([policy], Request(request.action, request.resource, request.context))
    found = authorize([policy], request)
    if found.access is not Access.UNKNOWN:
        assert MAY[found.access] == MAY[known.access] or known.access is Access.UNKNOWN


def test_numbers_keep_their_spelling() -> None:
    assert parse_json("[1.50]") == [parse_json("1.50")] != [parse_json("1.5")]
