"""A shared role taken apart: by whom its sessions are, and that nothing of it is lost."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.cli.sessions import sessions_text
from service.core.choices import ResourceChoice
from service.core.days import WindowAsked
from service.core.errors import InputError
from service.core.events import Event, Identity, SessionContext, SessionIssuer
from service.core.principals import parse_principal
from service.core.sessions import OTHERS, SessionKind, TakenApart, agent_of, session_name, shape_of
from service.usecases import taking_apart
from service.usecases.taking_apart import TakerApart
from service.wiring import keep, parts
from tests.cli.test_commands import SAMPLE, failure, whittle
from tests.usecases.trails import ACCOUNT, APP, Events, event

SHAPES = [
    ("i-0b7e2d9c5f1a38640", "i-*"),
    ("deploy-12345", "deploy-*"),
    ("mira.okafor@fernwell.example", "mira.okafor@fernwell.example"),
    ("4b0f3c60-6e1a-11f0-9d2e-0a5c7e91b3d4", "*"),
    ("nightly-2026-08-01", "nightly-*"),
    ("", ""),
]


@pytest.mark.parametrize(("name", "shape"), SHAPES)
def test_shapes(name: str, shape: str) -> None:
    assert shape_of(name) == shape


AGENTS = [
    ("aws-cli/2.15.0 Python/3.11 Linux/6.1 exe/x86_64", "aws-cli"),
    ("Boto3/1.34.0 md/Botocore#1.34 ua/2.0", "Boto3"),
    ("APN/1.0 HashiCorp/1.0 Terraform/1.7.0 (+https://www.terraform.io) aws-sdk-go-v2/1.2", "Terraform"),
    ("[aws-sdk-java/2.20 Linux]", "aws-sdk-java"),
    ("cloudformation.amazonaws.com", "cloudformation.amazonaws.com"),
    ("AWS Internal", "AWS Internal"),
    ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla"),
    ("", ""),
    ("\n<script>", ""),
]


@pytest.mark.parametrize(("text", "agent"), AGENTS)
def test_agents(text: str, agent: str) -> None:
    assert agent_of(text) == agent


def test_names_of_sessions() -> None:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/mira@example.com"
    assert session_name(Identity("AssumedRole", arn=arn)) == "mira@example.com"
    assert (
        session_name(Identity("AssumedRole", principal_id="AROAEXAMPLE:i-0b7e2d9c5f1a38640")) == "i-0b7e2d9c5f1a38640"
    )
    assert session_name(Identity("AssumedRole", principal_id="AROAEXAMPLE")) == ""
    assert session_name(Identity("AssumedRole")) == ""


def by(session: str, key: str, agent: str = "Boto3/1.34", identity: str = "") -> Event:
    issuer = SessionIssuer("Role", APP, ACCOUNT, "app")
    context = SessionContext(issuer, source_identity=identity or None)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{session}"
    caller = Identity("AssumedRole", arn=arn, account_id=ACCOUNT, session_context=context)
    request = {"bucketName": "data", "key": key}
    return event("s3 GetObject", request, identity=caller, user_agent=agent, id=f"{session}{key}{agent}")


def apart(*files: tuple[Event, ...], arn: str = APP) -> TakenApart:
    taker = TakerApart(parts().proposer, keep)
    return taker.apart(Events(files), parse_principal(arn), WindowAsked(), ResourceChoice.PATTERNS)


def test_kinds_and_what_they_need() -> None:
    other = event("s3 GetObject", {"bucketName": "x", "key": "y"}, role=f"{APP}-other")
    found = apart(
        (by("i-0b7e2d9c5f1a38640", "a"), by("i-0b7e2d9c5f1a38641", "b"), other),
        (by("i-0b7e2d9c5f1a38642", "a"), by("mira", "a", "aws-cli/2"), by("mira", "c", "aws-cli/2", "mira@x")),
    )
    assert found.pairs == 3
    assert [(each.kind.shape, each.kind.source_identity, each.events) for each in found.clusters] == [
        ("i-*", "", 3),
        ("mira", "", 1),
        ("mira", "mira@x", 1),
    ]
    assert [(each.needs, each.own, each.spare_by_level) for each in found.clusters] == [
        (2, 1, {"Read": 1}),
        (1, 0, {"Read": 2}),
        (1, 1, {"Read": 2}),
    ]
    assert found.spared == pytest.approx((3 * 1 + 2 + 2) / (5 * 3))


def test_too_many_kinds_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_apart, "MOST_KINDS", 2)
    events = [by(name, "a") for name in "abcd"] + [by("a", "b"), by("b", "b")]
    found = apart(tuple(events))
    assert [each.kind.shape for each in found.clusters] == ["a", "b", OTHERS.shape]
    assert sum(each.events for each in found.clusters) == len(events)
    assert any("2 events are of 2 kinds that are not told apart" in each for each in found.notes)


def test_more_kinds_than_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_apart, "MOST_COUNTED", 3)
    events = [by(name, "a") for name in "abcdef"]
    found = apart(tuple(events))
    assert sum(each.events for each in found.clusters) == len(events)
    assert OTHERS in {each.kind for each in found.clusters}


def test_a_user_has_no_sessions() -> None:
    with pytest.raises(InputError, match="only a role"):
        apart((by("a", "a"),), arn=f"arn:aws:iam::{ACCOUNT}:user/dana")


_TRAIL = st.lists(
    st.tuples(st.sampled_from(["i-0b7e2d9c5f1a38640", "mira", "ci-1"]), st.sampled_from("abc"), st.sampled_from("xy")),
    min_size=1,
    max_size=20,
    unique=True,
)


@given(_TRAIL, st.integers(0, 20))
@settings(deadline=None, max_examples=40)
def test_nothing_is_lost_however_the_trail_is_cut(calls: list[tuple[str, str, str]], cut: int) -> None:
    events = [by(session, key, f"{agent}/1") for session, key, agent in calls]
    whole, halves = apart(tuple(events)), apart(tuple(events[:cut]), tuple(events[cut:]))
    assert whole == halves
    counted = Counter(SessionKind(shape_of(session), "", agent) for session, _, agent in calls)
    assert {each.kind: each.events for each in whole.clusters} == counted
    assert whole.pairs == len({key for _, key, _ in calls})
    assert all(each.needs + each.spare == whole.pairs for each in whole.clusters)


def test_the_command() -> None:
    folder = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1"
    role = f"{folder}/AWSReservedSSO_PowerUser_4f1c9d2a7b3e8c60"
    text = whittle("sessions", role, "--trail", SAMPLE).stdout.decode()
    assert "mira.okafor@fernwell.example" in text
    assert "with a role for each kind" in text
    found = json.loads(whittle("sessions", "--trail", SAMPLE, role, "--format", "json", "--workers", "2").stdout)
    assert found["format"] == "whittle-sessions/1"
    assert sum(each["events"] for each in found["sessions"]) == 513
    assert "required: --trail" in failure("sessions", role, "--index", "/nowhere")
    assert "the principal is missing: `whittle sessions ARN --trail PATH...`" in failure("sessions", "--trail", SAMPLE)
    assert "--fit" in failure("sessions", role, "--trail", SAMPLE, "--fit", "merged")


def test_one_kind_is_not_split() -> None:
    found = apart((by("mira", "a"), by("mira", "b")))
    assert (len(found.clusters), found.notes) == (1, ())
    text = sessions_text(found)
    assert ": 1 kind of sessions, 2 pairs of action and resource" in text
    assert "with a role for each kind" not in text
