"""A job function: one policy for several, and what it is to each of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.cli.group import group_text
from service.core.choices import DEFAULT_CHOICES, Choices, ResourceChoice, Rung
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.errors import InputError, WhittleError
from service.core.events import Event
from service.core.group import Asked, Group, needed_together
from service.core.iam.policy import Condition, Effect, Policy, Statement
from service.core.iam.proving.verdict import Holds, Refuted
from service.core.principals import PrincipalQuery, parse_principal
from service.core.proof import equivalent, no_new_access
from service.core.quotas import Target
from service.core.synthesis import Grant, grants_of
from service.usecases.gather import gather
from service.usecases.grouping import Grouper, NoGroup, matching
from service.wiring import keep, parts
from tests.cli.test_commands import SAMPLE, failure, whittle
from tests.usecases.trails import ACCOUNT, Events, event

ROLES = [f"arn:aws:iam::{ACCOUNT}:role/team/{name}" for name in ("one", "two", "three")]


def get(role: int, key: str) -> Event:
    return event("s3 GetObject", {"bucketName": "data", "key": key}, role=ROLES[role], id=f"{role}{key}")


def allow(*actions: str, effect: Effect = Effect.ALLOW, resource: str = "*") -> Statement:
    return Statement(effect, actions, (resource,))


def grouped(
    *events: Event, members: int = 2, current: dict[int, Policy] | None = None, choices: Choices = DEFAULT_CHOICES
) -> Group:
    reading = gather(Events((events,)), keep)
    queries = [parse_principal(each) for each in ROLES[:members]]

    def current_of(query: PrincipalQuery) -> Current | None:
        policy = (current or {}).get(ROLES.index(query.text))
        return Current((GrantedPolicy("now", policy),)) if policy else None

    return Grouper(parts().proposer).grouped(reading, "team", queries, WindowAsked(), choices, current_of)


def test_who_needs_what() -> None:
    made = grouped(get(0, "shared"), get(1, "shared"), get(0, "own"))
    found = {each.grant.resource: [label.rsplit("/", 1)[-1] for label in each.members] for each in made.permissions}
    assert found == {"arn:aws:s3:::data/shared": ["one", "two"], "arn:aws:s3:::data/own": ["one"]}
    one, two = made.shares
    assert (one.principal.name, one.needs, one.own, one.gains) == ("one", 2, 1, {})
    assert (two.principal.name, two.needs, two.own, two.gains) == ("two", 1, 0, {"Read": 1})
    assert all(each.replay.allowed == each.replay.requests > 0 for each in made.shares)
    assert made.policies[0].name == "team-least-privilege"
    assert any("1 of 2 pairs of action and resource are needed by all 2 members" in each for each in made.notes)


def test_what_one_gains_is_new_access_to_it() -> None:
    narrow = Policy((allow("s3:GetObject", resource="arn:aws:s3:::data/b"),))
    made = grouped(get(0, "a"), get(1, "b"), current={0: Policy((allow("s3:*"),)), 1: narrow})
    verdicts = {each.principal.name: each.no_new_access for each in made.shares}
    assert isinstance(verdicts["one"], Holds)
    assert isinstance(verdicts["two"], Refuted)


def test_members_that_contradict_each_other() -> None:
    denying = Policy((allow("s3:*"), allow("s3:GetObject", effect=Effect.DENY, resource="arn:aws:s3:::data/a")))
    made = grouped(get(0, "a"), get(1, "b"), current={0: Policy((allow("s3:*"),)), 1: denying})
    one, two = made.shares
    assert not one.contradictions
    (told,) = two.contradictions
    assert told.startswith("its policies deny s3:GetObject on arn:aws:s3:::data/a, which arn:aws:iam::")
    assert told.endswith("role/team/one needs")


def test_a_boundary_contradicts_too() -> None:
    limit = Policy((allow("s3:*"), allow("s3:GetObject", effect=Effect.DENY, resource="arn:aws:s3:::data/b")))
    reading = gather(Events(((get(0, "a"), get(1, "b")),)), keep)
    current = Current((GrantedPolicy("now", Policy((allow("s3:*"),))),), GrantedPolicy("limit", limit))
    made = Grouper(parts().proposer).grouped(
        reading,
        "team",
        [parse_principal(each) for each in ROLES[:2]],
        WindowAsked(),
        DEFAULT_CHOICES,
        lambda _: current,
    )
    told = {each.principal.name: each.contradictions for each in made.shares}
    assert told["one"][0].startswith("its boundary denies s3:GetObject on arn:aws:s3:::data/b, which arn:aws:iam::")
    assert told["two"] == ("its boundary denies s3:GetObject on arn:aws:s3:::data/b, though it was seen using it",)


def test_what_is_merged_to_fit_is_a_gain_that_nobody_needs() -> None:
    listed = event("s3 ListObjects", {"bucketName": "data"}, role=ROLES[0])
    for more in range(0, 200, 10):
        keys = [f"{number:02d}{'k' * 82}" for number in range(55)] + ["z" * (84 + more)]
        choices = Choices(ResourceChoice.EXACT, target=Target.BOUNDARY)
        made = grouped(listed, *(get(1, each) for each in keys), choices=choices)
        if made.fit.rung is Rung.MERGED:
            break
    assert made.fit.rung is Rung.MERGED
    held = set(grants_of(named.policy for named in made.policies))
    assert held == {each.grant for each in made.permissions}
    nobody = [each.grant for each in made.permissions if not each.members]
    assert Grant("s3:GetObject", "arn:aws:s3:::data") in nobody
    for share in made.shares:
        assert share.needs + sum(share.gains.values()) == len(made.permissions)
    assert "nobody: no request can meet it" in group_text(made)


def test_a_role_and_its_session_are_one_member() -> None:
    reading = gather(Events(((get(0, "a"), get(1, "b")),)), keep)
    session = parse_principal(f"arn:aws:sts::{ACCOUNT}:assumed-role/one/s")
    queries = [session, parse_principal(ROLES[0])]
    with pytest.raises(NoGroup, match="at least two members"):
        Grouper(parts().proposer).grouped(reading, "team", queries, WindowAsked(), DEFAULT_CHOICES, lambda _: None)
    queries.append(parse_principal(ROLES[1]))
    made = Grouper(parts().proposer).grouped(reading, "team", queries, WindowAsked(), DEFAULT_CHOICES, lambda _: None)
    assert [each.principal.arn for each in made.shares] == ROLES[:2]


def test_members_of_the_same_name_are_told_apart() -> None:
    roles = [f"arn:aws:iam::{ACCOUNT}:role/{path}/app" for path in ("blue", "green")]
    reading = gather(Events((tuple(event(role=each, id=each) for each in roles),)), keep)
    queries = [parse_principal(each) for each in roles]
    made = Grouper(parts().proposer).grouped(reading, "team", queries, WindowAsked(), DEFAULT_CHOICES, lambda _: None)
    text = group_text(made)
    assert all(each in text for each in roles)


def test_rungs_that_a_group_does_not_climb_are_told() -> None:
    keys = [f"{number:02d}{'k' * 100}" for number in range(70)]
    choices = Choices(ResourceChoice.EXACT, target=Target.BOUNDARY, fit=Rung.RESOURCES)
    made = grouped(get(0, "a"), *(get(1, each) for each in keys), choices=choices)
    assert any(each.startswith("resources was not tried") for each in made.notes)


def test_a_target_of_its_own() -> None:
    made = grouped(get(0, "a"), get(1, "b"), choices=Choices(target=Target.BOUNDARY))
    assert made.policies[0].name == "team-boundary"


@pytest.mark.parametrize(("members", "name"), [(1, "team"), (2, "a b"), (2, ""), (2, "x" * 65)])
def test_what_is_no_group(members: int, name: str) -> None:
    reading = gather(Events(((get(0, "a"), get(1, "b")),)), keep)
    queries = [parse_principal(each) for each in ROLES[:members]]
    with pytest.raises(InputError):
        Grouper(parts().proposer).grouped(reading, name, queries * 2, WindowAsked(), DEFAULT_CHOICES, lambda _: None)


def test_members_by_a_pattern() -> None:
    reading = gather(Events(((get(0, "a"), get(1, "b"), get(2, "c")),)), keep)
    assert [each.text for each in matching(reading, "*:role/team/t*")] == sorted(ROLES[1:])
    with pytest.raises(InputError, match="no role or user of the trail matches"):
        matching(reading, "*:role/other/*")


_CALLS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["a", "b", "logs/1", "logs/2", "logs/3"])), min_size=3, max_size=30
)


@given(_CALLS)
@settings(deadline=None, max_examples=40)
def test_everybody_can_go_on(calls: list[tuple[int, str]]) -> None:
    """Every member's requests are allowed, what is granted is what some member needs, and shares add up."""
    events = [get(role, key) for role, key in [*calls, (0, "a"), (1, "a"), (2, "a")]]
    made = grouped(*events, members=3)
    assert all(each.replay.allowed == each.replay.requests for each in made.shares)
    held = set(grants_of(named.policy for named in made.policies))
    assert held == {each.grant for each in made.permissions}
    for share in made.shares:
        assert share.needs + sum(share.gains.values()) == len(made.permissions)
    assert all(each.members for each in made.permissions)
    assert Grant("s3:GetObject", "arn:aws:s3:::data/a") in held


_GRANTS = st.frozensets(
    st.builds(
        Grant,
        st.sampled_from(["s3:GetObject", "s3:PutObject"]),
        st.sampled_from(["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/a*", "arn:aws:s3:::b/a", "arn:aws:s3:::b/x", "b?"]),
        st.sampled_from([(), (Condition("Bool", "aws:SecureTransport", ("true",)),)]),
    ),
    max_size=10,
)


def _policy(grants: Iterable[Grant]) -> Policy:
    statements = (Statement(Effect.ALLOW, (each.action,), (each.resource,), each.conditions) for each in grants)
    return Policy(tuple(statements))


@given(st.lists(_GRANTS, min_size=1, max_size=3))
@settings(deadline=None, max_examples=150)
def test_together_they_allow_the_same(members: list[frozenset[Grant]]) -> None:
    """What is put together allows just what the members need, and each of them no less than before."""
    asked = [Asked(f"{number}", grants) for number, grants in enumerate(members)]
    together = needed_together(asked)
    every = _policy(sorted(frozenset[Grant]().union(*members)))
    assert isinstance(equivalent([_policy(together)], [every]), Holds)
    for each in asked:
        own = [grant for grant, whom in together.items() if each.label in whom]
        assert isinstance(no_new_access([_policy(own)], [_policy(each.grants)]), Holds)
    assert needed_together(reversed(asked)) == together


def test_the_command(tmp_path: Path) -> None:
    flags = ("--matching", "arn:aws:iam::111122223333:role/ecs/*", "--trail", SAMPLE)
    role = "arn:aws:iam::111122223333:role/orders-api"
    text = whittle("group", "storefront", *flags, "--member", role).stdout.decode()
    assert "policy for storefront, a group of 3" in text
    done = whittle("group", "storefront", *flags, "--member", role, "--format", "json", "--output", tmp_path)
    found = json.loads(done.stdout)
    assert found["format"] == "whittle-group/1"
    assert [each["name"] for each in found["members"]] == ["storefront-execution", "storefront-task", "orders-api"]
    assert (tmp_path / "group.json").read_bytes() == done.stdout
    assert json.loads((tmp_path / "storefront-least-privilege.json").read_text()) == found["policies"][0]["document"]
    assert "at least two members" in failure("group", "x", "--member", role, "--trail", SAMPLE)
    assert "--tag KEY=VALUE needs --current" in failure("group", "x", "--tag", "a=b", "--trail", SAMPLE)


def test_members_by_a_tag(tmp_path: Path) -> None:
    def entity(name: str, tag: str) -> dict[str, object]:
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        return {
            "RoleName": name.rsplit("/", 1)[-1],
            "Arn": f"arn:aws:iam::111122223333:role/{name}",
            "Tags": [{"Key": "team", "Value": tag}],
            "RolePolicyList": [{"PolicyName": "all", "PolicyDocument": document}],
        }

    names = [("ecs/storefront-task", "shop"), ("orders-api", "shop"), ("data/lake-pipeline", "data")]
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [entity(*each) for each in names]}
    path = tmp_path / "account.json"
    path.write_text(json.dumps(details))
    flags = ("--current", path, "--trail", SAMPLE)
    found = json.loads(whittle("group", "shop", "--tag", "team=shop", *flags, "--format", "json").stdout)
    assert [each["name"] for each in found["members"]] == ["storefront-task", "orders-api"]
    assert {each["no_new_access"]["verdict"] for each in found["members"]} == {"holds"}
    assert "no role or user has the tag team=none" in failure("group", "shop", "--tag", "team=none", *flags)


def test_a_member_that_made_no_call() -> None:
    reading = gather(Events(((get(0, "a"),),)), keep)
    queries = [parse_principal(each) for each in ROLES]
    with pytest.raises(WhittleError, match="made no call"):
        Grouper(parts().proposer).grouped(reading, "team", queries, WindowAsked(), DEFAULT_CHOICES, lambda _: None)
