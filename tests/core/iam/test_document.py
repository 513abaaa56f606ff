"""Reading and writing policy documents: every error with its place, one canonical form, the size."""

from __future__ import annotations

import json

import pytest

from service.core.errors import MalformedPolicy
from service.core.iam.document import (
    MAX_TEXT,
    characters,
    parse_policy,
    parse_resource_control_policy,
    render,
    render_pretty,
    to_json,
)
from service.core.iam.policy import Condition, Effect, Policy, Statement, unexpressible
from service.core.iam.strict_json import MAX_CHARACTERS
from tests.tables import Row, rows


class Malformed(Row, frozen=True):
    error: str
    text: str | None = None
    statement: str | None = None


@pytest.mark.parametrize("row", rows("document", Malformed))
def test_malformed(row: Malformed) -> None:
    text = f'{{"Statement": [{{{row.statement}}}]}}' if row.text is None else row.text
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text)
    assert str(caught.value) == row.error, row.why


FULL = Policy(
    (
        Statement(
            Effect.ALLOW,
            ("s3:GetObject",),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::c/*"),
            (Condition("StringEquals", "aws:b", ("1", "2")), Condition("Bool", "aws:a", ("true",))),
            "S3Read",
        ),
        Statement(Effect.DENY, (), (), not_actions=("iam:*",), not_resources=("*",)),
    ),
    version="2008-10-17",
    id="example",
)

FULL_TEXT = (
    '{"Version":"2008-10-17","Id":"example","Statement":['
    '{"Sid":"S3Read","Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"],'
    '"Condition":{"Bool":{"aws:a":"true"},"StringEquals":{"aws:b":["1","2"]}}},'
    '{"Effect":"Deny","NotAction":"iam:*","NotResource":"*"}]}'
)


def test_render_is_canonical() -> None:
    assert render(FULL) == FULL_TEXT


def test_parse_is_the_inverse_of_render() -> None:
    assert parse_policy(render(FULL)) == FULL
    assert parse_policy(render_pretty(FULL).encode()) == FULL


def test_pretty_is_the_same_document() -> None:
    assert json.loads(render_pretty(FULL)) == to_json(FULL) == json.loads(FULL_TEXT)
    assert render_pretty(FULL).startswith('{\n  "Version": "2008-10-17",\n')


def test_single_values_and_lists_are_the_same() -> None:
    listed = '{"Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}'
    single = '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    assert parse_policy(listed) == parse_policy(single)


def test_no_version_is_kept() -> None:
    policy = parse_policy('{"Statement": []}')
    assert policy.version == ""
    assert not policy.has_variables
    assert render(policy) == '{"Statement":[]}'


def test_condition_values_become_text() -> None:
    """ "Quotation marks are optional for numeric and Boolean values"; a number keeps its spelling."""
    condition = '{"Bool": {"aws:a": true}, "NumericEquals": {"aws:b": [1.50, 2]}, "StringEquals": {"aws:c": []}}'
    policy = parse_policy(
        f'{{"Statement": {{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}}}'
    )
    assert policy.statements[0].conditions == (
        Condition("Bool", "aws:a", ("true",)),
        Condition("NumericEquals", "aws:b", ("1.50", "2")),
        Condition("StringEquals", "aws:c", ()),
    )


def test_empty_sids_are_none() -> None:
    statement = '{"Sid": "", "Effect": "Allow", "Action": "*", "Resource": "*"}'
    policy = parse_policy(f'{{"Statement": [{statement}, {statement}]}}')
    assert [each.sid for each in policy.statements] == ["", ""]


def test_characters_do_not_count_white_space_between_tokens() -> None:
    assert characters(parse_policy(render_pretty(FULL))) == len(FULL_TEXT)


def test_characters_count_white_space_inside_text() -> None:
    without = Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::b/ab",)),))
    within = Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::b/a b",)),))
    assert characters(within) == characters(without) + 1


def test_characters_beyond_latin_are_escaped() -> None:
    policy = Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::b/é\u4e2d\U0001f600\x01",)),))
    assert "b/é\\u4e2d\\ud83d\\ude00\\u0001" in render(policy)
    assert unexpressible(render_pretty(policy)) is None
    assert parse_policy(render(policy)) == policy


@pytest.mark.parametrize(
    ("text", "answer"),
    [("aé\t\n\r ÿ", None), ("a\u0100", "U+0100"), ("\x00", "U+0000"), ("\x1f", "U+001F"), ("\U0001f600", "U+1F600")],
)
def test_unexpressible(text: str, answer: str | None) -> None:
    found = unexpressible(text)
    assert found == (answer and f"{answer} is no character of policy documents")


def test_bytes_that_are_not_utf8() -> None:
    with pytest.raises(MalformedPolicy, match=r"^byte 2 is not UTF-8"):
        parse_policy(b'{"\xff')


def test_the_longest_text() -> None:
    def written(length: int) -> str:
        return json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:".ljust(length, "a")}]})

    assert len(parse_policy(written(MAX_TEXT)).statements[0].resources[0]) == MAX_TEXT
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(written(MAX_TEXT + 1))
    assert str(caught.value) == "statement 1, Resource has 10241 characters: no policy has room for more than 10240"


def test_too_long() -> None:
    with pytest.raises(MalformedPolicy, match="no policy has more than"):
        parse_policy(" " * (MAX_CHARACTERS + 1))


@pytest.mark.parametrize("bracket", ["[", '{"Statement":'])
def test_too_deep(bracket: str) -> None:
    with pytest.raises(MalformedPolicy, match="nests far deeper"):
        parse_policy(bracket * 50_000)


@pytest.mark.parametrize(
    ("actions", "not_actions", "resources", "not_resources"),
    [((), (), ("*",), ()), (("*",), ("*",), ("*",), ()), (("*",), (), (), ()), (("*",), (), ("*",), ("*",))],
)
def test_an_invalid_statement_cannot_exist(
    actions: tuple[str, ...], not_actions: tuple[str, ...], resources: tuple[str, ...], not_resources: tuple[str, ...]
) -> None:
    with pytest.raises(MalformedPolicy, match="with at least one value"):
        Statement(Effect.ALLOW, actions, resources, not_actions=not_actions, not_resources=not_resources)


def test_conditions_cannot_contradict_the_form() -> None:
    twice = (Condition("Bool", "aws:a", ("true",)), Condition("Bool", "aws:a", ("false",)))
    with pytest.raises(MalformedPolicy, match="tests `aws:a` twice"):
        Statement(Effect.ALLOW, ("*",), ("*",), twice)


def test_a_version_exists() -> None:
    with pytest.raises(MalformedPolicy, match="does not exist"):
        Policy((), version="2012")


_DENY = '{"Effect": "Deny", %s"Action": "s3:*", "Resource": "*"}'


def test_a_resource_control_policy_is_about_every_principal() -> None:
    read = parse_resource_control_policy('{"Version": "2012-10-17", "Statement": ' + _DENY % '"Principal": "*", ' + "}")
    assert read == parse_policy('{"Version": "2012-10-17", "Statement": ' + _DENY % "" + "}")


@pytest.mark.parametrize(
    "principal", ["", '"Principal": {"AWS": "*"}, ', '"NotPrincipal": "*", ', '"Principal": ["*"], ']
)
def test_any_other_principal_of_a_resource_control_policy_is_an_error(principal: str) -> None:
    with pytest.raises(MalformedPolicy, match="statement 1"):
        parse_resource_control_policy('{"Statement": [' + _DENY % principal + "]}")
