"""Laws of renderings: whatever stands in a policy, each form is read back as the same policy, or refuses it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from service.core.errors import InputError
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.principals import Principal, PrincipalType
from service.core.quotas import Target
from service.core.render.cloudformation import cdk, cloudformation, documents
from service.core.render.command_line import command_line
from service.core.render.handover import Handover, NamedDocument, handover
from service.core.render.markdown import markdown
from service.core.render.terraform import terraform
from tests.render.reading import from_calls, from_cloudformation, from_json, from_terraform, run_script

HOSTILE = (
    "${aws:username}", "$${x}", "$$${x}", "%{if true}", "%%{x}", "%${x}", "$%{x}", "&{aws:username}", '"', "\\", "'",
    "`id`", "$(id)", "$HOME", "\n", "\r", "\t", "<script>alert(1)</script>", "</details>", "|", "```", "*", "?", "${*}",
    "EOF", "]]>", "{{resolve:ssm:x}}", "${Token[T.1]}", "${", "%{", "}", "é", "\u00ff", "\x7f", "!", "#", ";",
    "&&", "@someone", "-->", "\b", "\f", "\U0001f600",
)  # fmt: skip
texts = st.lists(
    st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=8)),
    min_size=1,
    max_size=5,
).map("".join)
listed = st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)
resources = st.lists(texts.map("arn:aws:s3:::{}".format), min_size=1, max_size=3, unique=True).map(tuple)
conditions = st.lists(
    st.builds(
        Condition, st.sampled_from(["StringEquals", "StringLike"]), texts.map("aws:RequestTag/{}".format), listed
    ),
    max_size=2,
    unique_by=lambda each: each.key.lower(),
).map(tuple)
statements = st.builds(
    Statement,
    st.just(Effect.ALLOW),
    st.sampled_from([("s3:GetObject",), ("s3:GetObject", "s3:PutObject")]),
    resources,
    conditions,
    sid=st.sampled_from(["", "S3Read"]),
)
names = st.text("abzAZ09+=,.@_-", min_size=1, max_size=12)
PRINCIPAL_TYPES = (PrincipalType.ROLE, PrincipalType.USER)


@st.composite
def handovers(draw: st.DrawFn, targets: tuple[Target, ...] = tuple(Target)) -> Handover:
    target = draw(st.sampled_from(targets))
    count = 2 if target is Target.MANAGED else 1
    listed = draw(st.lists(names, min_size=1, max_size=count, unique=True))
    policies = [Policy((draw(statements),)) for _ in listed]
    principal = Principal(draw(st.sampled_from(PRINCIPAL_TYPES)), "111122223333", draw(names))
    named = [NamedDocument(*each) for each in zip(listed, policies, strict=True)]
    return handover("proposal-0123456789abcdef0123", principal, target, named)


def wanted(given: Handover) -> list[Policy]:
    return [each.policy for each in given.documents]


@given(handovers())
@settings(deadline=None, max_examples=300)
def test_terraform(given: Handover) -> None:
    assert list(from_terraform(terraform(given)).values()) == wanted(given)


@given(handovers())
@settings(deadline=None, max_examples=300)
def test_json(given: Handover) -> None:
    assert list(from_json(documents(given)).values()) == wanted(given)


@given(handovers())
@settings(deadline=None, max_examples=300)
def test_cloudformation_and_cdk(given: Handover) -> None:
    """What they would replace is refused, and nothing else."""
    written = documents(given)
    replaced = any(mark in written for mark in ("{{resolve:", "${Token["))
    for form, read in ((cloudformation, from_cloudformation), (cdk, from_json)):
        if replaced:
            with pytest.raises(InputError, match="no escape prevents"):
                form(given)
        else:
            assert list(read(form(given)).values()) == wanted(given)


@given(handovers())
@settings(deadline=None, max_examples=25)
def test_script(given: Handover) -> None:
    with TemporaryDirectory() as folder:
        code, calls, told = run_script(command_line(given), Path(folder), instance_arn="i", permission_set_arn="p")
    assert (code, told) == (0, "")
    assert list(from_calls(calls).values()) == wanted(given)
    given_to = [word.partition("=")[2] for each in calls for word in each if word.startswith(("--role-n", "--user-n"))]
    assert set(given_to) <= {given.principal.name}


def _said(given: Handover, note: str) -> dict[str, Any]:
    statement = given.documents[0].policy.statements[0]
    conditions = [
        {"operator": each.operator, "key": each.key, "values": list(each.values)} for each in statement.conditions
    ]
    permission = {
        "action": statement.actions[0],
        "access_level": note,
        "resources": list(statement.resources),
        "conditions": conditions,
        "reason": {"kind": note},
        "count": 3,
        "last_seen": note,
    }
    call = {"event_source": note, "event_name": note, "count": 1}
    return {
        "window": {"covered": {"from": note, "to": note}},
        "summary": {"actions": 1, "actions_by_access_level": {note: 1}},
        "self_check": {"requests": 1, "allowed": 1},
        "certificate": {
            "no_new_access": {"verdict": note, "in_words": note, "reason": note},
            "excess": {"granted": 1, "beyond_observed": 0},
        },
        "backtest": None,
        "fit": {"fits": False, "documents": 1},
        "policies": [{"characters": 100} for _ in given.documents],
        "diff": {"sentence": note},
        "permissions": [permission],
        "blind_spots": {"unobservable": [{"service": note, "actions": [note], "why": note, "kept": True}]},
        "denied": [call],
        "unresolved": [],
        "undetermined": [call],
        "notes": [{"note": note, "events": 1}],
        "catalog": {"version": note},
    }


OURS = ("<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>", "<br>", "<sub>", "</sub>")


def _html(tokens: list[Token]) -> list[str]:
    found = []
    for each in tokens:
        if each.type in ("html_block", "html_inline"):
            found.append(each.content)
        found += _html(each.children or [])
    return found


@given(handovers(), texts)
@settings(deadline=None, max_examples=200)
def test_markdown(given: Handover, note: str) -> None:
    """No HTML but ours, no link, no image, no heading but ours, and every fold is closed."""
    tokens = (
        MarkdownIt("commonmark").enable("table").parse(markdown(given, orjson.loads(orjson.dumps(_said(given, note)))))
    )
    for html in _html(tokens):
        rest = html
        for each in OURS:
            rest = rest.replace(each, "")
        assert "<" not in rest, html
    kinds = {each.type for token in tokens for each in (token, *(token.children or ()))}
    assert not kinds & {"link_open", "image"}
    assert next(each.tag for each in tokens if each.type == "heading_open") == "h2"
    headings = [tokens[place + 1].content for place, each in enumerate(tokens) if each.type == "heading_open"]
    assert set(headings[1:]) <= {"Permissions", "What the trail could not show", "Notes"}


@pytest.mark.parametrize(
    "name",
    ["", "a b", "x" * 129, "a\n", "$(id)", "file://x", "a;b", "`a`", "<b>", "é", '"', "a/b", "${x}", "--help me"],
)
def test_names_that_iam_does_not_have_are_refused(name: str) -> None:
    policy = Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("*",)),))
    principal = Principal(PrincipalType.ROLE, "111122223333", "app")
    with pytest.raises(InputError, match="none that IAM takes"):
        handover("proposal-1", principal, Target.MANAGED, [NamedDocument(name, policy)])
    with pytest.raises(InputError, match="none that IAM takes"):
        handover("proposal-1", Principal(PrincipalType.ROLE, "1", name), Target.MANAGED, [NamedDocument("p", policy)])


NO_ONE = [each for each in PrincipalType if each not in PRINCIPAL_TYPES]


@pytest.mark.parametrize("kind", NO_ONE)
def test_what_nobody_can_attach_to(kind: PrincipalType) -> None:
    """Managed policies are made and attached to nobody, which is told; others are refused, but for permission sets."""
    policy = Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("*",)),))
    principal, named = Principal(kind, "111122223333", "x"), [NamedDocument("p", policy)]
    given = handover("proposal-1", principal, Target.MANAGED, named)
    assert "attachment" not in terraform(given)
    assert "Nobody can attach" in terraform(given)
    assert "Roles" not in cloudformation(given)
    assert "Nobody can attach" in cloudformation(given)
    with pytest.raises(InputError, match="nobody can attach"):
        command_line(given)
    for target in (Target.INLINE, Target.BOUNDARY, Target.PERMISSION_SET):
        other = handover("proposal-1", principal, target, named)
        is_taken = target is Target.PERMISSION_SET and kind is PrincipalType.IDENTITY_CENTER_ROLE
        for form in (terraform, cloudformation, command_line):
            if is_taken:
                assert form(other)
            else:
                with pytest.raises(InputError, match="nobody can give this"):
                    form(other)


def test_identifiers_are_unique() -> None:
    policy = Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("*",)),))
    named = [NamedDocument(each, policy) for each in ("a-b", "a_b", "a.b", "1a")]
    given = handover("proposal-1", Principal(PrincipalType.ROLE, "111122223333", "x"), Target.MANAGED, named)
    assert list(from_terraform(terraform(given))) == ["a-b", "a_b", "a.b", "1a"]
    assert len(from_cloudformation(cloudformation(given))) == 4
