"""The questions about policies, by table: traps of the language, and one row for each kind of answer."""

from __future__ import annotations

import json
from random import Random

import msgspec
import pytest

from service.core import proof
from service.core.iam.document import parse_policy
from service.core.iam.evaluate import Request
from service.core.iam.policy import CURRENT_VERSION, Condition, Effect, Policy, Statement
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.containment import contained
from service.core.iam.proving.verdict import Assumption, Holds, Refuted, Unknown, Verdict, words
from tests.tables import Row, rows

FORMATS = {
    "iam:getrole": ("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",),
    "s3:getobject": ("arn:${Partition}:s3:::${BucketName}/${ObjectName}",),
}
CATALOG = Universe(
    (
        "ec2:DescribeInstances",
        "ec2:RunInstances",
        "iam:GetRole",
        "iam:PassRole",
        "kms:Decrypt",
        "s3:GetObject",
        "s3:GetObjectAcl",
        "s3:ListAllMyBuckets",
        "s3:ListBucket",
        "s3:PutObject",
    ),
    lambda action: FORMATS.get(action, ()),
)

Statements = list[dict[str, object]]


class Answer(Row, frozen=True, kw_only=True):
    verdict: str
    assumption: str = "syntactic"
    beyond: str = ""
    witness: str = ""
    reason: str = ""


class Pair(Answer, frozen=True, kw_only=True):
    existing: Statements
    new: Statements
    version: str = CURRENT_VERSION


class Question(Answer, frozen=True, kw_only=True):
    question: str
    first: Statements
    second: Statements = msgspec.field(default_factory=list)
    actions: list[str] = msgspec.field(default_factory=list)
    resources: list[str] = msgspec.field(default_factory=list)


def _policies(statements: Statements, version: str = CURRENT_VERSION) -> list[Policy]:
    usual = {"Effect": "Allow"}
    filled = [usual | ({} if "NotResource" in each else {"Resource": "*"}) | each for each in statements]
    return [parse_policy(json.dumps({"Version": version, "Statement": filled}))]


def _check(row: Answer, verdict: Verdict) -> None:
    match verdict:
        case Holds(assumption, beyond):
            assert (row.verdict, row.assumption) == ("holds", assumption.name.lower()), row.why
            assert row.beyond in ("", beyond and words(beyond)), row.why
        case Refuted(request):
            assert row.verdict == "refuted", f"{row.why}: {words(request)}"
            assert row.witness in ("", words(request)), row.why
        case Unknown(reason):
            assert row.verdict == "unknown", f"{row.why}: {reason}"
            assert row.reason in ("", reason), row.why


@pytest.mark.parametrize("row", rows("proof/containment", Pair))
def test_no_new_access(row: Pair) -> None:
    existing, new = _policies(row.existing, row.version), _policies(row.new, row.version)
    _check(row, proof.no_new_access(existing, new, CATALOG))


@pytest.mark.parametrize("row", rows("proof/questions", Question))
def test_questions(row: Question) -> None:
    first, second = _policies(row.first), _policies(row.second)
    match row.question:
        case "access not granted":
            _check(row, proof.access_not_granted(first, row.actions, row.resources, CATALOG))
        case "equivalent":
            _check(row, proof.equivalent(first, second, CATALOG))
        case _:
            assert row.question == "disjoint"
            _check(row, proof.disjoint(first, second, CATALOG))


TEAM = Condition("StringEquals", "aws:PrincipalTag/team", ("red",))
GET = Policy((Statement(Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::b/*",)),))
GET_AS_RED = Policy((Statement(Effect.ALLOW, ("s3:PutObject",), ("*",), (TEAM,)),))
READ = Request("s3:GetObject", "arn:aws:s3:::b/k")
WRITE = Request("s3:PutObject", "arn:aws:s3:::b/k")
WRITE_AS_SOMEBODY = Request("s3:PutObject", "arn:aws:s3:::b/k", {}, frozenset({"aws:PrincipalTag/*"}))


def test_allows_all() -> None:
    assert proof.allows_all([GET], [READ, READ]) == Holds(Assumption.SYNTACTIC)
    assert proof.allows_all([GET], [READ, WRITE]) == Refuted(WRITE)
    assert proof.allows_all([GET, GET_AS_RED], [WRITE_AS_SOMEBODY, READ]) == Unknown(
        "1 of the requests hang on what they do not show, first s3:PutObject"
    )
    assert proof.allows_all([GET, GET_AS_RED], [WRITE_AS_SOMEBODY, WRITE]) == Refuted(WRITE)


def test_without_a_catalog_any_action_counts() -> None:
    listed = Policy((Statement(Effect.ALLOW, ("s3:GetObject", "s3:GetObjectAcl"), ("*",)),))
    wild = Policy((Statement(Effect.ALLOW, ("s3:Get*",), ("*",)),))
    assert contained([listed], [wild]) == Holds(Assumption.SYNTACTIC)
    assert contained([wild], [listed]) == Refuted(Request("s3:getexample", "*"))


def test_words_say_what_is_not_known() -> None:
    request = Request("s3:GetObject", "*", {"aws:b": ("x", ""), "aws:a": ("y",)}, frozenset({"aws:z"}))
    assert words(request) == "s3:GetObject on *, with aws:a = y; aws:b = x, (empty); aws:z unknown"


@pytest.mark.parametrize(
    ("actions", "found"),
    [
        (["s3:*", "sts:Assume*"], ()),
        (["STS:Get*"], ("sts:getcalleridentity", "sts:getsessiontoken")),
        (["sts:GetSessionToken"], ("sts:getsessiontoken",)),
        ([], ("sts:getcalleridentity", "sts:getsessiontoken")),
    ],
)
def test_actions_that_no_policy_withholds(actions: list[str], found: tuple[str, ...]) -> None:
    assert proof.needing_no_permission(actions) == found


def test_words_of_a_key_without_values() -> None:
    assert words(Request("s3:GetObject", "*", {"aws:a": ()})) == "s3:GetObject on *, with aws:a = (no value, so absent)"


def _clauses(random: Random, keys: int, count: int) -> list[Statement]:
    """Allows of three conditions each; to fail them all is the problem that solvers are for."""
    chosen = ([(key, random.choice(("true", "false"))) for key in random.sample(range(keys), 3)] for _ in range(count))
    return [
        Statement(
            Effect.ALLOW, ("s3:*",), ("*",), tuple(Condition("Bool", f"aws:k{key}", (value,)) for key, value in each)
        )
        for each in chosen
    ]


def _exceptions(count: int) -> list[Statement]:
    """Denies of all but a few resources: what is left is in one of each."""
    few = (tuple(f"arn:aws:s3:::*{letter}{number}*" for number, letter in enumerate("abcab")) for _ in range(count))
    return [Statement(Effect.DENY, ("s3:*",), (), not_resources=each[number % 3 :]) for number, each in enumerate(few)]


STARS = "*".join("ab" * 12)
HARD = {
    "many-stars": (
        [Statement(Effect.ALLOW, ("s3:GetObject",), (f"arn:aws:s3:::*{STARS}*{STARS}*",))],
        [
            Statement(
                Effect.ALLOW, ("s3:GetObject",), tuple(f"arn:aws:s3:::*{'a*' * n}b?{'*a?' * n}c*" for n in range(30))
            )
        ],
    ),
    "many-conditions": (
        [Statement(Effect.ALLOW, ("s3:*",), ("*",))],
        [
            Statement(
                Effect.ALLOW,
                ("s3:*",),
                ("*",),
                tuple(Condition("StringEquals", f"aws:k{key}", (f"v{key * number % 7}",)) for key in range(8)),
            )
            for number in range(400)
        ],
    ),
    "conditions-that-depend-on-each-other": (
        [Statement(Effect.ALLOW, ("s3:*",), ("*",))],
        [
            Statement(Effect.ALLOW, ("s3:*",), ("*",), (Condition("Bool", f"aws:k{key}", (value,)),))
            for key in range(40)
            for value in ("true", "false")
        ],
    ),
    "many-actions": (
        [Statement(Effect.ALLOW, tuple(f"s3:*{'a*' * n}b?*{'c' * n}*" for n in range(25)), ("*",))],
        [Statement(Effect.ALLOW, tuple(f"s3:?*{'a?*' * n}b*" for n in range(25)), ("*",))],
    ),
    "clauses": (
        [
            Statement(
                Effect.ALLOW,
                ("s3:*",),
                ("*",),
                tuple(Condition("Null", f"aws:k{key}", ("false",)) for key in range(40)),
            )
        ],
        _clauses(Random(3), 40, 190),
    ),
    "exceptions": (
        [Statement(Effect.ALLOW, ("s3:*",), ("*",)), *_exceptions(12)],
        [Statement(Effect.ALLOW, ("s3:*",), ("arn:aws:s3:::b",))],
    ),
    "many-values": (
        [
            Statement(
                Effect.ALLOW,
                ("s3:*",),
                ("*",),
                tuple(
                    Condition(f"StringLike{ending}", "aws:k", tuple(f"*{ending}{number}*" for number in range(300)))
                    for ending in ("", "IfExists")
                ),
            )
        ],
        [Statement(Effect.ALLOW, ("s3:*",), ("*",), (Condition("StringLike", "aws:k", ("*1*", "*2*", "*0*")),))],
    ),
    "wild-actions": (
        [
            Statement(Effect.ALLOW, tuple(f"*:{one}*{other}*" for one in "abcdefgh"), ("*",))
            for other in "abcdefghijklmnop"
        ],
        [Statement(Effect.ALLOW, (f"*:?{one}*?{other}*",), ("*",)) for one in "abcdefgh" for other in "aeiou"],
    ),
    "long-patterns": (
        [Statement(Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::" + "*a?b" * 1500,))],
        [Statement(Effect.ALLOW, ("s3:GetObject",), ("arn:aws:s3:::" + "*?a" * 2000, "arn:aws:s3:::" + "*b" * 3000))],
    ),
    "variables-in-every-statement": (
        [
            Statement(
                Effect.ALLOW,
                ("s3:GetObject",),
                (f"arn:aws:s3:::{number}/${{aws:username}}/${{aws:userid}}*",),
                tuple(Condition("StringEquals", f"aws:{key}", tuple("abcd")) for key in ("username", "userid")),
            )
            for number in range(300)
        ],
        [
            Statement(Effect.ALLOW, ("s3:GetObject",), (f"arn:aws:s3:::{number}/${{aws:username}}/*",))
            for number in range(300)
        ],
    ),
    "huge-union": (
        [Statement(Effect.ALLOW, ("s3:GetObject",), tuple(f"arn:aws:s3:::*{n}*/{n % 7}*" for n in range(400)))],
        [Statement(Effect.ALLOW, ("s3:GetObject",), tuple(f"arn:aws:s3:::*{n % 9}?*{n}*" for n in range(2000)))],
    ),
}


@pytest.mark.parametrize("name", sorted(HARD))
def test_a_budget_not_a_hang(name: str) -> None:
    """Whatever the answer is, it comes within the steps, and it is the same each time."""
    left, right = ([Policy(tuple(statements))] for statements in HARD[name])
    budget = Budget(100_000)
    verdict = contained(left, right, CATALOG, budget=budget)
    assert verdict == contained(left, right, CATALOG, budget=Budget(100_000))
    assert budget.left > -100_000


def test_some_of_them_are_too_hard() -> None:
    """Otherwise the budget is not tested."""
    left, right = ([Policy(tuple(statements))] for statements in HARD["clauses"])
    assert contained(left, right, CATALOG, steps=100_000) == Unknown("it takes too many steps")


def test_too_few_steps_is_unknown() -> None:
    left, right = ([Policy(tuple(statements))] for statements in HARD["huge-union"])
    assert contained(left, right, CATALOG, steps=10) == Unknown("it takes too many steps")
