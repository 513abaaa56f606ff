"""Advice about policies and people, from the trail to the command line."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from service.core.advice.model import LINKS, Advice, AdviceKind
from service.core.beside import Beside
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.events import Event, Identity
from service.core.iam.policy import Effect, Policy, Statement
from service.core.principals import parse_principal
from service.core.witnesses import Witnesses
from service.usecases.advising import Material
from service.usecases.gather import gather
from service.usecases.keep_texts import keep_list_of
from service.wiring import adviser, keep, parts
from tests.cli.test_commands import SAMPLE, failure, whittle
from tests.usecases.trails import ACCOUNT, APP, Events, event

USER = f"arn:aws:iam::{ACCOUNT}:user/people/dana"


def advised(*events: Event, current: Current | None = None, arn: str = APP) -> list[Advice]:
    reading = gather(Events((events,)), keep)
    made = adviser(parts().proposer)
    return list(made.advised(reading, parse_principal(arn), WindowAsked(), Beside(current), Material()).advice)


def kinds(found: list[Advice]) -> list[AdviceKind]:
    return [each.kind for each in found]


def by(identity: Identity, name: str, day: int) -> Event:
    return event(name, time=f"2026-08-{day:02d}T10:00:00Z", id=f"{name}{day}", identity=identity)


PERSON = Identity("IAMUser", account_id=ACCOUNT, arn=USER, user_name="dana")


def test_ways_to_more_permissions_that_stay() -> None:
    found = advised(event("iam AttachRolePolicy", {"roleName": "app", "policyArn": "arn:aws:iam::aws:policy/ReadOnly"}))
    (way,) = [each for each in found if each.kind is AdviceKind.ESCALATION]
    assert "attaches any policy to its own role" in way.summary
    assert way.link.endswith("API_AttachRolePolicy.html")
    assert way.evidence[0].startswith("iam:AttachRolePolicy on arn:aws:iam::111122223333:role/")


def test_a_way_that_nobody_was_seen_going_is_told_as_kept() -> None:
    """A permission that no log can show stays, and is not said to have been used."""
    statement = Statement(Effect.ALLOW, ("iam:AttachRolePolicy",), ("*",))
    current = Current((GrantedPolicy("policy.json", Policy((statement,))),))
    reading = gather(Events(((event(),),)), keep)
    rows = keep_list_of("keep.tsv", b"action\treason\niam:AttachRolePolicy\tbreak-glass\n")
    made = adviser(parts().proposer).advised(
        reading, parse_principal(APP), WindowAsked(), Beside(current, witnesses=Witnesses(keep=rows)), Material()
    )
    (way,) = [each for each in made.advice if each.kind is AdviceKind.ESCALATION]
    assert way.evidence == ("iam:AttachRolePolicy on *: not seen in use, but keep list",)


def test_roles_passed_by_a_pattern() -> None:
    """The record names the role without its path, so it may be anywhere."""
    request = {"imageId": "ami-1", "iamInstanceProfile": {"name": "workers"}}
    found = advised(event("ec2 RunInstances", {"instancesSet": {"items": [request]}, **request}))
    passing = [each for each in found if each.kind is AdviceKind.PASS_ROLE]
    assert any("roles by a pattern" in each.summary and "ec2.amazonaws.com" in each.summary for each in passing)
    assert all(each.summary.endswith(": name the roles") for each in passing)


def test_inline_and_direct_policies() -> None:
    policy = Policy((Statement(Effect.ALLOW, ("s3:*",), ("*",)),))
    own = Current((GrantedPolicy("inline policy mine", policy), GrantedPolicy("arn:aws:iam::aws:policy/X", policy)))
    call = by(PERSON, "s3 ListBuckets", 1)
    found = advised(call, current=own, arn=USER)
    assert kinds(found)[-2:] == [AdviceKind.DIRECT_POLICIES, AdviceKind.INLINE_POLICY]
    grouped = Current((GrantedPolicy("group people, inline policy theirs", policy), *own.policies))
    (direct,) = [each for each in advised(call, current=grouped, arn=USER) if each.kind is AdviceKind.DIRECT_POLICIES]
    assert direct.summary.startswith("2 policies are the user's own")
    documents = Current((GrantedPolicy("policy.json", policy),))
    assert not {AdviceKind.DIRECT_POLICIES, AdviceKind.INLINE_POLICY} & set(
        kinds(advised(call, current=documents, arn=USER))
    )


def test_the_root_user() -> None:
    root = Identity("Root", account_id=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root")
    found = advised(event(), by(root, "iam ListUsers", 3), by(root, "iam ListUsers", 4))
    (told,) = [each for each in found if each.kind is AdviceKind.ROOT_USE]
    assert told.summary.startswith("the root user made 2 calls, the last on 2026-08-04")
    assert told.evidence == ("iam.amazonaws.com ListUsers (2)",)


def test_users_that_are_workloads_and_people() -> None:
    daily = [by(PERSON, "s3 ListBuckets", day) for day in range(1, 22)]
    assert AdviceKind.USER_AS_ROLE in kinds(advised(event(), *daily))
    assert AdviceKind.USER_AS_ROLE not in kinds(advised(event(), *daily[:10]))
    sign_in = Identity("IAMUser", account_id=ACCOUNT, user_name="dana")
    failed = msgspec.structs.replace(by(sign_in, "signin ConsoleLogin", 3), error_message="Failed authentication")
    assert AdviceKind.USER_AS_PERSON not in kinds(advised(event(), *daily, failed))
    found = advised(event(), *daily, by(sign_in, "signin ConsoleLogin", 3))
    (told,) = [each for each in found if each.kind in (AdviceKind.USER_AS_ROLE, AdviceKind.USER_AS_PERSON)]
    assert (told.kind, told.subject) == (AdviceKind.USER_AS_PERSON, USER)


def test_every_kind_has_a_page() -> None:
    assert set(LINKS) == set(AdviceKind)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    managed, report = tmp_path / "AmazonS3FullAccess.json", tmp_path / "report.csv"
    managed.write_text(json.dumps(document))
    keys = "access_key_1_active,access_key_2_active"
    header = f"user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,{keys}"
    report.write_text(
        f"{header}\nkim,arn:aws:iam::111122223333:user/kim,2026-01-01T00:00:00Z,true,N/A,false,false,false\n"
    )
    return managed, report


def test_the_command(files: tuple[Path, Path]) -> None:
    managed, report = files
    role = "arn:aws:iam::111122223333:role/orders-api"
    flags = ("--trail", SAMPLE, "--managed-policies", managed, "--credential-report", report)
    text = whittle("advise", role, *flags).stdout.decode()
    assert "AmazonS3FullAccess covers" in text
    assert "arn:aws:iam::111122223333:user/kim: it may sign in to the console with a password alone" in text
    assert "the root user made" in text
    found = json.loads(whittle("advise", role, *flags, "--format", "json").stdout)
    assert found["format"] == "whittle-advice/1"
    assert {each["kind"] for each in found["advice"]} >= {"root use", "closest AWS managed policy"}
    assert found["notes"]
    behind = ("--trail", SAMPLE, "--credential-report", report, "--format", "json", "--managed-policies", managed, role)
    assert whittle("advise", *behind).stdout == whittle("advise", role, *flags, "--format", "json").stdout
    managed.write_text("[]")
    assert "there is no managed policy" in failure("advise", role, *flags)
