"""A comparison as text, JSON and Markdown: what a reader has to see, and text of policies that wants to be more."""

from __future__ import annotations

import json
import re

import pytest

from service.core.diff.as_json import diff_json
from service.core.diff.markdown import diff_markdown
from service.core.diff.text import diff_text
from service.core.diff.words import condition_words
from service.core.iam.condition import COMPARISONS
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.json_bytes import to_bytes
from tests.core.test_diff import COMPARER

EVERYTHING = Policy((Statement(Effect.ALLOW, ("*",), ("*",)),))
READER = Policy(
    (
        Statement(Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::orders/*", "arn:aws:s3:::more/*")),
        Statement(Effect.ALLOW, ("sqs:SendMessage",), ("arn:aws:sqs:eu-west-1:111122223333:jobs",)),
    )
)
OTHER = Policy(
    (
        Statement(
            Effect.ALLOW,
            ("s3:GetObject",),
            ("arn:aws:s3:::orders/*",),
            (Condition("Bool", "aws:SecureTransport", ("true",)),),
        ),
        Statement(Effect.ALLOW, ("iam:PassRole", "ec2:RunInstances"), ("*",)),
    )
)


def test_text_says_the_relation_first_then_what_goes_stays_and_is_new() -> None:
    text = diff_text(COMPARER.compare([READER], [OTHER]))
    places = [
        "INCOMPARABLE: the proposed policies take some access away and give NEW ACCESS.",
        "actions allowed on some resource: 2 before, 3 after (1 removed, 1 narrowed, 2 added)",
        "taken away: actions that will not be allowed at all (1)",
        "no longer: sqs:SendMessage on arn:aws:sqs:eu-west-1:111122223333:jobs, without condition keys",
        "narrowed: actions that will be allowed on less (1)",
        "on arn:aws:s3:::more/*: removed",
        "NEW ACCESS: actions that are not allowed today (2)",
        "NEW: iam:PassRole on arn:aws:iam::111122223333:role/example, without condition keys",
        "NEW: iam:PassRole + ec2:RunInstances: it starts an instance",
        "added: allowed only if aws:securetransport is true",
    ]
    assert sorted(places, key=text.index) == places


def test_text_never_lists_what_is_long() -> None:
    text = diff_text(COMPARER.compare([EVERYTHING], [READER]))
    assert len(text) < 8000
    assert "more services" in text


def test_json_has_every_action_and_is_the_same_each_time() -> None:
    found = diff_json(COMPARER.compare([EVERYTHING], [READER]))
    again = diff_json(COMPARER.compare([EVERYTHING, EVERYTHING], [Policy(READER.statements[::-1])]))
    assert to_bytes(found) == to_bytes(again)
    actions = [action for each in found["changes"] for action in each["actions"]]
    assert len(actions) == len(set(actions)) == len(COMPARER.universe.known.names)
    total = found["summary"]["actions"]
    assert (total["before"], total["after"]) == (len(actions), 2)
    for name in ("by_access_level", "by_service"):
        assert sum(each["before"] for each in found["summary"][name].values()) == len(actions)
    assert len(found["permissions_management"]["removed"]) > 200


def test_markdown_fits_into_a_comment() -> None:
    text = diff_markdown(COMPARER.compare([EVERYTHING], [READER]))
    assert len(text) < 65_536
    assert text.startswith("**NARROWER")
    assert text.count("<details>") == text.count("</details>") == 3


HOSTILE = (
    "arn:aws:s3:::a|b/*",
    "arn:aws:s3:::`</details><script>alert(1)</script>",
    "arn:aws:s3:::``|<img src=x onerror=x>",
    "arn:aws:s3:::@octocat [x](https://example.com) **b** <b>",
    "arn:aws:s3:::line\nbreak\u202e",
)


def test_markdown_shows_text_of_policies_as_code_only() -> None:
    proposed = Policy(
        (
            Statement(Effect.ALLOW, ("s3:GetObject",), HOSTILE),
            Statement(Effect.ALLOW, ("s3:Get<b>Object`|",), ("*",)),
            Statement(Effect.DENY, ("s3:GetObject",), ("*",), (Condition("StringEquals", "aws:`|<i>", HOSTILE),)),
        )
    )
    text = diff_markdown(COMPARER.compare([READER], [proposed]))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert "a&#124;b" in text
    assert len(rows) > 10
    for line in text.splitlines():
        outside = re.sub(r"`[^`]*`|<code>[^<]*</code>", "", line)
        tags = set(re.findall(r"<[^>]*>", outside))
        assert tags <= {"<br>", "<details>", "</details>", "<summary>", "</summary>", "<sub>", "</sub>"}, line
        assert not re.search(r"octocat|alert|onerror|\u202e", outside), line
        assert "|" not in "".join(re.findall(r"`([^`]*)`", line)), line
    widths = {line.count("|") for line in rows}
    assert widths <= {3, 4, 5, 6, 7, 8, 9, 10, 11}


@pytest.mark.parametrize("operator", [each.name for each in COMPARISONS])
def test_every_operator_has_words(operator: str) -> None:
    words = condition_words(Condition(operator, "aws:key", ("true", "")))
    assert words.startswith("aws:key is")
    assert operator not in words


@pytest.mark.parametrize(
    ("operator", "words"),
    [
        ("ForAllValues:StringNotLikeIfExists", "every value of aws:key is not like a or b (or is not there)"),
        ("ForAnyValue:StringEqualsIgnoreCase", "some value of aws:key is a or b, in upper or lower case"),
        ("stringequals", "aws:key is a or b"),
    ],
)
def test_operators_in_words(operator: str, words: str) -> None:
    assert condition_words(Condition(operator, "aws:key", ("a", "b"))) == words


def test_many_values_are_cut() -> None:
    values = tuple(str(number) for number in range(20))
    assert condition_words(Condition("StringEquals", "aws:key", values)).endswith("7 or 12 more")


def test_a_verdict_that_is_not_known_is_told() -> None:
    def limited(value: str) -> Policy:
        keys = Condition("NumericLessThan", "s3:max-keys", (value,))
        return Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("*",), (keys,)),))

    diff = COMPARER.compare([limited("ten")], [limited("twelve")])
    for text in (diff_text(diff), diff_markdown(diff)):
        assert "UNKNOWN: how the proposed policies compare to the current ones could not be decided" in text
        assert "new access: a value of NumericLessThan that cannot be compared" in text
    found = json.loads(to_bytes(diff_json(diff)))
    assert found["no_new_access"]["verdict"] == "unknown"
    assert found["changes"][0]["reason"].startswith("a value of NumericLessThan")
