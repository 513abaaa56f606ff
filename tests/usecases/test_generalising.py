"""Resources generalised in a proposal: never beyond what is granted, never over what is another's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cachetools import LRUCache

from service.core.activity.collapse import MOST_CHILDREN
from service.core.beside import Beside
from service.core.choices import Choices, ResourceChoice, SharedNames
from service.core.current import Current, GrantedPolicy
from service.core.days import Window, WindowAsked
from service.core.events import Event
from service.core.iam.document import parse_policy
from service.core.iam.proving.verdict import Holds
from service.core.json_bytes import to_bytes
from service.core.patterns import neighbours
from service.core.patterns.generalising import Report
from service.core.patterns.neighbours import Sharing
from service.core.principals import Principal, parse_principal
from service.core.proof import no_new_access
from service.core.proposal import Proposal
from service.usecases.gather import TrailReading, gather
from service.usecases.making import Maker, Wanted
from service.wiring import _words, file_trail, keep, parts
from tests.usecases.trails import ACCOUNT, APP, Events, event

OTHER = f"arn:aws:iam::{ACCOUNT}:role/other"
SAMPLE = Path(__file__).parents[2] / "samples" / "trail"


def read(key: str, role: str = APP, name: str = "s3 GetObject") -> Event:
    return event(name, {"bucketName": "data", "key": key}, role)


DAYS = [read(f"in/2026-08-0{day}.csv") for day in range(1, 5)]
PATTERN = "arn:aws:s3:::data/in/????-??-??.csv"


def proposed(
    *events: Event,
    resources: ResourceChoice = ResourceChoice.PATTERNS,
    current: Current | None = None,
    shared_names: SharedNames = SharedNames.COVER,
) -> Proposal:
    reading = gather(Events((events,)), keep, parse_principal(APP))
    choices = Choices(resources=resources, shared_names=shared_names)
    return parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), Beside(current, choices))


def resources(proposal: Proposal) -> list[str]:
    return [each for permission in proposal.permissions for each in permission.resources]


def granted(*patterns: str, actions: str = "s3:*") -> Current:
    statement = {"Effect": "Allow", "Action": actions, "Resource": list(patterns)}
    policy = parse_policy(to_bytes({"Version": "2012-10-17", "Statement": [statement]}))
    return Current((GrantedPolicy("now", policy),))


def test_a_pattern_in_the_place_of_names_with_its_evidence() -> None:
    proposal = proposed(*DAYS)
    assert resources(proposal) == [PATTERN]
    (each,) = proposal.generalised.generalised
    assert (each.action, each.resources, each.kinds) == ("s3:GetObject", 4, ("date",))
    assert each.examples == tuple(f"arn:aws:s3:::data/in/2026-08-0{day}.csv" for day in (1, 2, 3))
    (entry,) = proposal.certificate.excess.entries
    assert (entry.cause.value, entry.pattern, entry.names) == ("pattern learned of names", PATTERN, 4)
    assert proposal.certificate.replay.allowed == proposal.certificate.replay.requests == 4


def test_exact_is_as_seen() -> None:
    proposal = proposed(*DAYS, resources=ResourceChoice.EXACT)
    assert len(resources(proposal)) == 4
    assert proposal.certificate.excess.entries == ()


def test_service_is_all_of_the_type_in_the_account() -> None:
    queue = event("sqs GetQueueUrl", {"queueName": "q"})
    found = resources(proposed(queue, resources=ResourceChoice.SERVICE))
    assert found == [f"arn:aws:sqs:eu-west-1:{ACCOUNT}:*"]


def test_service_stays_in_the_bucket_whose_arn_names_no_account() -> None:
    listed = event("s3 ListObjects", {"bucketName": "data"})
    found = resources(proposed(*DAYS, listed, resources=ResourceChoice.SERVICE))
    assert found == ["arn:aws:s3:::data/*", "arn:aws:s3:::data"]


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param(read("in/2026-07-31.csv", OTHER), id="the same action"),
        pytest.param(read("in/2026-07-31.csv", OTHER, "s3 PutObject"), id="another action"),
    ],
)
def test_what_only_another_used_is_not_covered(theirs: Event) -> None:
    proposal = proposed(*DAYS, theirs)
    assert len(resources(proposal)) == 4
    (refused,) = proposal.generalised.refused
    assert refused.why == "it covers arn:aws:s3:::data/in/2026-07-31.csv, which only another principal was seen using"


_POINTS = f"arn:aws:s3:eu-west-1:{ACCOUNT}:accesspoint"
_SECRETS = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        (f"{_POINTS}/jobs-*/object/*", f"{_POINTS}/jobs-07*/object/a"),
        (f"{_POINTS}/jobs-08/object/*", ""),
        (f"{_SECRETS}:prod/*", f"{_SECRETS}:prod/db-??????"),
        (f"{_SECRETS}:prod/d*-abcdef", f"{_SECRETS}:prod/db-??????"),
        (f"{_SECRETS}:test/*", ""),
        (f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-*", ""),
    ],
)
def test_what_only_another_used_is_known_where_a_part_of_it_is_shown(pattern: str, found: str) -> None:
    theirs = [
        event("s3 GetObject", {"bucketName": f"jobs-07-{'a1' * 17}-s3alias", "key": "a"}, OTHER),
        event("secretsmanager GetSecretValue", {"secretId": "prod/db"}, OTHER),
        event("ec2 StopInstances", {}, OTHER),
    ]
    reading = gather(Events((tuple(theirs),)), keep, None)
    made = parts()
    known = neighbours.Neighbours(made.mapper, lambda: reading.known, reading.everybody, _words(made.catalog))
    assert known.covered(pattern, ()).foreign == found


def test_what_another_used_too_is_covered() -> None:
    assert resources(proposed(*DAYS, read("in/2026-08-01.csv", OTHER))) == [PATTERN]


def test_what_another_used_elsewhere_does_not_matter() -> None:
    assert resources(proposed(*DAYS, read("out/2026-07-31.csv", OTHER))) == [PATTERN]


def test_names_of_accounts_and_buckets_stay() -> None:
    logs = [read(f"AWSLogs/{account}/report.csv") for account in ("111122223333", "444455556666")]
    assert len(resources(proposed(*logs))) == 2
    buckets = [event("s3 ListObjects", {"bucketName": f"stage{n}"}, id=f"{n}") for n in range(1, 5)]
    assert len(resources(proposed(*buckets))) == 4


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a1", "a2", "a3"], ["a?"]),
        (["a1", "a2", "a30"], ["a1", "a2", "a30"]),
        (["run1", "run2", "run30"], ["run*"]),
    ],
)
def test_no_wildcard_stands_behind_a_letter_or_two(names: list[str], expected: list[str]) -> None:
    found = resources(proposed(*(read(f"k/{each}") for each in names)))
    assert found == [f"arn:aws:s3:::data/k/{each}" for each in expected]


def test_the_same_instance_by_the_actions_of_another_service() -> None:
    def updated(instance: str, role: str = APP) -> Event:
        return event("ssm UpdateInstanceInformation", {"instanceId": instance}, role)

    own = [updated("i-0a1f4c7d92e6b3085"), updated("i-0b7e2d9c5f1a38640")]
    assert resources(proposed(*own)) == [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-?????????????????"]
    stopped = event("ec2 StopInstances", {"instancesSet": {"items": [{"instanceId": "i-0c83e5b1d7f920a64"}]}}, OTHER)
    assert len(resources(proposed(*own, stopped))) == 2


def test_a_pattern_within_what_is_granted_is_taken() -> None:
    assert resources(proposed(*DAYS, current=granted("arn:aws:s3:::data/in/*"))) == [PATTERN]


def test_the_next_narrower_is_taken_where_the_widest_is_not_granted() -> None:
    months = [read(f"2026/08/r-{number}") for number in (1, 2, 3)]
    assert resources(proposed(*months)) == ["arn:aws:s3:::data/????/??/r-*"]
    assert resources(proposed(*months, current=granted("arn:aws:s3:::data/2026/*"))) == [
        "arn:aws:s3:::data/2026/08/r-*"
    ]


def test_beyond_what_is_granted_nothing_is_generalised() -> None:
    names = [f"arn:aws:s3:::data/in/2026-08-0{day}.csv" for day in range(1, 5)]
    proposal = proposed(*DAYS, current=granted(*names))
    assert resources(proposal) == names
    assert [each.why for each in proposal.generalised.refused] == ["it is not within the current policies"]
    against = proposal.certificate.against
    assert against is not None
    assert isinstance(against.no_new_access, Holds)


@pytest.mark.parametrize("choice", [ResourceChoice.PATTERNS, ResourceChoice.SERVICE])
def test_permissions_management_keys_secrets_and_roles_stay_exact(choice: ResourceChoice) -> None:
    events = [
        *(event("s3 PutBucketPolicy", {"bucketName": f"data-{number}"}) for number in range(1, 9)),
        *(event("kms Decrypt", {"keyId": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0000000{n}-1f2e-4d3c-9b4a-5c6d7e8f9a0b"})
          for n in range(1, 9)),
        *(event("sts AssumeRole", {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/job-{number}"}) for number in range(1, 9)),
    ]  # fmt: skip
    proposal = proposed(*events, resources=choice)
    assert len(resources(proposal)) == 24
    assert proposal.generalised.generalised == ()


def test_names_that_share_nothing_stay_exact() -> None:
    words = ("ant", "bee", "cat", "dog", "elk", "fox", "gnu", "hen", "ibis", "jay")
    names = [first + second + third for first in words for second in words for third in words]
    assert len(resources(proposed(*map(read, names)))) == 1_000


@pytest.mark.parametrize("name", ["orders-api", "data/lake-pipeline", "ec2/workers", "ci/ci-deploy"])
def test_exact_within_patterns_within_service(name: str) -> None:
    query = parse_principal(f"arn:aws:iam::{ACCOUNT}:role/{name}")
    reading = gather(file_trail([SAMPLE], 1), keep, query)
    made = [
        [named.policy for named in parts().proposer.propose(
            reading, query, WindowAsked(), Beside(None, Choices(resources=choice))
        ).policies]
        for choice in ResourceChoice
    ]  # fmt: skip
    assert isinstance(no_new_access(made[1], made[0]), Holds)
    assert isinstance(no_new_access(made[2], made[0]), Holds)


def test_what_is_drawn_from_the_same_names_is_covered() -> None:
    """Five names in common, under the pattern: then the next may come to either."""
    mine = [read(f"img/{number}.webp") for number in range(20)]
    few = [read(f"img/{number}.webp", OTHER) for number in range(16, 30)]
    many = [read(f"img/{number}.webp", OTHER) for number in range(15, 30)]
    assert len(resources(proposed(*mine, *few))) == 20
    assert resources(proposed(*mine, *many)) == ["arn:aws:s3:::data/img/*.webp"]
    assert len(resources(proposed(*mine, *many, read("img/99.webp", f"{OTHER}-third")))) == 20


def test_who_draws_from_the_same_names_is_told_and_may_be_refused() -> None:
    mine = [read(f"img/{number:02}.webp") for number in range(20)]
    theirs = [read(f"img/{number:02}.webp", OTHER) for number in range(15, 30)]
    (pattern,) = proposed(*mine, *theirs).generalised.generalised
    assert pattern.sharing == (Sharing(OTHER, 5, 10, "arn:aws:s3:::data/img/20.webp"),)
    (within,) = proposed(*mine, *theirs[:5]).generalised.generalised
    assert within.sharing == ()
    refusing = proposed(*mine, *theirs, shared_names=SharedNames.REFUSE)
    assert len(resources(refusing)) == 20
    (refused,) = refusing.generalised.refused
    assert "only another principal was seen using" in refused.why


@pytest.mark.parametrize(("count", "taken"), [(100, True), (101, False)])
def test_some_names_are_common_to_all(count: int, taken: bool) -> None:
    """Five of a hundred are one in twenty, and no more than that are read by everybody."""
    mine = [read(f"img/{number}.webp") for number in range(count)]
    theirs = [read(f"img/{number}.webp", OTHER) for number in range(count - 5, 2 * count)]
    assert (resources(proposed(*mine, *theirs)) == ["arn:aws:s3:::data/img/*.webp"]) is taken


@pytest.mark.parametrize("opted", [False, True])
def test_permissions_management_only_if_asked_for(opted: bool) -> None:
    """s3:PutObjectAcl changes permissions; roles stay exact whatever is asked for."""
    acls = [read(f"in/2026-08-0{day}.csv", name="s3 PutObjectAcl") for day in range(1, 5)]
    roles = [
        event("iam AttachRolePolicy", {"roleName": f"r-{n}000", "policyArn": "arn:x"}, id=f"{n}") for n in range(5)
    ]
    reading = gather(Events(((*acls, *roles),)), keep, parse_principal(APP))
    beside = Beside(choices=Choices(permissions_patterns=opted))
    proposal = parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), beside)
    found = {each.action: each.resources for each in proposal.permissions}
    assert (found["s3:PutObjectAcl"] == (PATTERN,)) is opted
    assert len(found["iam:AttachRolePolicy"]) >= len(roles)
    assert (
        "Permissions management" in str(proposal.certificate.excess.counts().get("pattern learned of names"))
    ) is opted


def test_aiming_finds_what_looking_at_all_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """For each principal of the sample, with what it is refused: the same, whether calls are passed over or not."""
    reading = gather(file_trail([SAMPLE], 1), keep)
    maker = parts().proposer.maker
    aimed = {principal: _generalised(maker, reading, principal) for principal in _editable(reading)}
    assert any(report.refused for report in aimed.values())
    thorough = replace(maker, words=lambda _: "", _neighbours=LRUCache(2))
    for principal, report in aimed.items():
        assert _generalised(thorough, reading, principal) == report, principal
    monkeypatch.setattr(neighbours, "AIMED", 0)
    at_once = replace(maker, _neighbours=LRUCache(2))
    assert {each: _generalised(at_once, reading, each) for each in aimed} == aimed


def _editable(reading: TrailReading) -> list[Principal]:
    return sorted(each for each in reading.principals() if ":role/" in each.arn or ":user/" in each.arn)


def _generalised(maker: Maker, reading: TrailReading, principal: Principal) -> Report:
    fresh = replace(maker, _neighbours=LRUCache(2))
    return fresh.made(reading, reading.activity([principal]), Wanted(principal, Window())).generalised


WORDS = [
    ("arn:aws:s3:::data-lake/in/????-??-??.csv", "data-lake"),
    ("arn:aws:s3:::b/models/*/part-*.parquet", "models"),
    ("arn:aws:s3:::data*", ""),
    ("arn:aws:s3:::${*}/x y/*", ""),
    ("arn:aws:dynamodb:eu-west-1:111122223333:table/orders-????", ""),
    ("arn:aws:dynamodb:eu-west-1:111122223333:table/orders/index/*", "orders"),
    ("arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/shop:log-stream:web/????", "shop"),
    ("arn:aws:events:eu-west-1:111122223333:rule/default/r-*", ""),
    ("arn:aws:backup:eu-west-1:111122223333:recovery-point:long-name-here-*", ""),
    ("*", ""),
]


@pytest.mark.parametrize(("pattern", "word"), WORDS)
def test_words_that_only_a_request_brings(pattern: str, word: str) -> None:
    assert parts().proposer.maker.words(pattern) == word


def test_what_must_be_told_apart_is_not_granted_by_a_wildcard() -> None:
    """Too many secrets to be kept: none is granted, or what is granted now; of objects, the folder."""
    count = MOST_CHILDREN + 50
    secrets = [event("secretsmanager GetSecretValue", {"secretId": f"s{n}x"}, id=f"s{n}") for n in range(count)]
    objects = [read(f"rnd/o{n}x") for n in range(count)]
    proposal = proposed(*secrets, *objects)
    assert {each.action for each in proposal.permissions} == {"s3:GetObject"}
    left = [each for each in proposal.leftovers if each.actions == ("secretsmanager:GetSecretValue",)]
    assert left
    assert all("no wildcard may stand for them" in each.detail for each in left)
    pattern = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:*"
    current = granted(pattern, "arn:aws:s3:::data/*", actions="*")
    assert f"{pattern}-??????" in resources(proposed(*secrets, *objects, current=current))


def test_a_wildcard_for_names_that_were_too_many_says_that_it_covers_anothers() -> None:
    """It cannot be left out: what was seen would be denied."""
    objects = [read(f"rnd/o{number}x") for number in range(MOST_CHILDREN + 50)]

    def told(*others: Event, resources: ResourceChoice = ResourceChoice.PATTERNS) -> list[str]:
        notes = [note for note, _ in proposed(*objects, *others, resources=resources).notes]
        return [note for note in notes if "another principal uses" in note]

    pattern, key = "arn:aws:s3:::data/rnd/*", "arn:aws:s3:::data/rnd/theirs"
    assert told(read("rnd/theirs", OTHER)) == [
        f"s3:GetObject on {pattern} covers {key}, which another principal uses: whether this one does was not kept"
    ]
    assert told(read("other/theirs", OTHER)) == []
    assert told(read("rnd/theirs", OTHER), resources=ResourceChoice.EXACT) == []
