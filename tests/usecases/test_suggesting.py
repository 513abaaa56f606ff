"""Suggested conditions: their evidence and advice, and that what is included is met by everything that was seen."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from service.core.activity.collapse import MOST_CHILDREN
from service.core.beside import Beside
from service.core.choices import Choices, ConditionChoice
from service.core.days import WindowAsked
from service.core.events import Event
from service.core.iam.evaluate import Access, Request, authorize
from service.core.iam.proving.verdict import Holds
from service.core.principals import parse_principal
from service.core.proof import no_new_access
from service.core.proposal import Proposal
from service.core.suggest.model import Advice, Suggestion
from service.usecases.gather import gather
from service.wiring import keep, parts
from tests.usecases.test_selectors import also
from tests.usecases.trails import APP, Events, event
from tests.usecases.unseen import granted
from tests.usecases.unseen import proposed as unseen


def calls(count: int, name: str = "s3 GetObject", days: int = 40, **members: Any) -> list[Event]:
    """As many calls, spread over days of July and August."""
    request = {"bucketName": "data", "key": "a"}
    return [
        event(name, request, id=f"{name} {number} {members}", time=time_of(number % days), **members)
        for number in range(count)
    ]


def time_of(day: int) -> str:
    return f"2026-{7 + day // 31:02}-{day % 31 + 1:02}T12:00:00Z"


def proposed(*events: Event, choice: ConditionChoice = ConditionChoice.SAFE) -> Proposal:
    reading = gather(Events((events,)), keep, parse_principal(APP))
    beside = Beside(None, Choices(conditions=choice))
    proposal = parts().proposer.propose(reading, parse_principal(APP), WindowAsked(), beside)
    assert proposal.certificate.replay.allowed == proposal.certificate.replay.requests
    return proposal


def of_key(proposal: Proposal, key: str) -> list[Suggestion]:
    return [each for each in proposal.suggestions if each.condition.key == key]


def keys(proposal: Proposal) -> set[str]:
    return {test.key for each in proposal.permissions for test in each.conditions}


REGION, ENDPOINT, ADDRESS, FACTOR = (
    "aws:RequestedRegion", "aws:SourceVpce", "aws:SourceIp", "aws:MultiFactorAuthPresent",
)  # fmt: skip


@pytest.mark.parametrize(
    ("events", "advice"),
    [
        pytest.param(calls(100), Advice.SAFE, id="enough"),
        pytest.param(calls(99), Advice.REVIEW, id="too few events"),
        pytest.param(calls(100, days=29), Advice.REVIEW, id="too few days"),
        pytest.param([*calls(100), *calls(9, region="us-east-1")], Advice.SAFE, id="two Regions"),
        pytest.param(
            [*calls(100), *(each for region in "abc" for each in calls(9, region=region))], Advice.REVIEW, id="four"
        ),
    ],
)
def test_a_region_is_safe_with_enough_support(events: list[Event], advice: Advice) -> None:
    proposal = proposed(*events)
    (each,) = of_key(proposal, REGION)
    assert (each.advice, each.is_included, each.met) == (advice, advice is Advice.SAFE, len(events))
    assert (REGION in keys(proposal)) is (advice is Advice.SAFE)


def test_resources_with_a_region_and_services_with_one_endpoint_get_none() -> None:
    queues = [
        msgspec.structs.replace(each, request=msgspec.Raw(b'{"queueName":"q"}'))
        for each in calls(100, "sqs GetQueueUrl")
    ]
    assert of_key(proposed(*queues), REGION) == []
    assert of_key(proposed(*calls(100, "iam ListRoles")), REGION) == []


def test_each_service_has_its_own_regions_and_its_own_support() -> None:
    listed = calls(100, "sns ListTopics", region="us-east-1")
    proposal = proposed(*calls(100), *listed, *calls(1, "ec2 DescribeVpcs"))
    found = {each.actions: (each.condition.values, each.advice) for each in of_key(proposal, REGION)}
    assert found[("s3:GetObject",)] == (("eu-west-1",), Advice.SAFE)
    assert found[("sns:ListTopics",)] == (("us-east-1",), Advice.SAFE)
    assert found[("ec2:DescribeVpcs",)] == (("eu-west-1",), Advice.REVIEW)


def test_the_key_of_ec2_for_its_region_is_offered_once_and_never_put_in() -> None:
    events = [*calls(100, "ec2 DescribeVpcs"), *calls(100, "ec2 DescribeSubnets", region="us-east-1"), *calls(100)]
    proposal = proposed(*events, choice=ConditionChoice.ALL)
    (each,) = of_key(proposal, "ec2:Region")
    assert (each.condition.values, each.actions) == (
        ("eu-west-1", "us-east-1"),
        ("ec2:DescribeSubnets", "ec2:DescribeVpcs"),
    )
    assert (each.advice, each.is_included, each.met, each.events) == (Advice.REVIEW, False, 200, 200)
    assert keys(proposal) == {REGION}
    assert of_key(proposed(*calls(100)), "ec2:Region") == []


def test_an_endpoint_is_safe_where_every_call_of_the_service_came_through_it() -> None:
    through = calls(100, vpc_endpoint="vpce-1")
    assert ENDPOINT in keys(proposed(*through))
    mixed = proposed(*through, *calls(1, "s3 PutObject"))
    (each,) = of_key(mixed, ENDPOINT)
    assert (each.advice, each.actions, each.met, each.events) == (Advice.REVIEW, ("s3:GetObject",), 100, 101)
    assert ENDPOINT not in keys(mixed)


def test_addresses_are_ranges_and_never_safe() -> None:
    events = [each for last in range(4) for each in calls(40, source_ip=f"52.1.2.{last}")]
    events += calls(40, source_ip="2600:1f18::1")
    proposal = proposed(*events)
    (each,) = of_key(proposal, ADDRESS)
    assert (each.condition.values, each.advice) == (("52.1.2.0/30", "2600:1f18::1/128"), Advice.REVIEW)
    assert ADDRESS not in keys(proposal)
    assert ADDRESS in keys(proposed(*events, choice=ConditionChoice.ALL))


def test_private_addresses_and_many_ranges_bind_nothing() -> None:
    assert of_key(proposed(*calls(40, source_ip="10.0.0.1")), ADDRESS) == []
    many = [each for last in range(0, 60, 2) for each in calls(2, source_ip=f"52.1.{last}.7")]
    (each,) = of_key(proposed(*many, choice=ConditionChoice.ALL), ADDRESS)
    assert (len(each.condition.values), each.actions, each.is_included) == (30, (), False)
    assert each.why.endswith("; too many for a condition")


def test_what_had_too_many_values_is_told() -> None:
    """More than are kept, of a key of the context and of one in requests; and more than a condition may have."""
    listed = [
        event(
            "s3 ListObjects", {"bucketName": "data", "prefix": f"{number}/"}, id=f"{number}",
            source_ip=f"52.1.{number // 250}.{number % 250}", time=time_of(number % 5),
        )
        for number in range(MOST_CHILDREN + 1)
    ]  # fmt: skip
    told = [note for note, _ in proposed(*listed).notes if "different values" in note]
    assert told == [
        "aws:SourceIp: more than 2,000 different values, too many for a condition",
        "s3:prefix: more than 2,000 different values, too many for a condition",
    ]
    few = listings(*(f"{number:02}/" for number in range(30)))
    told = [note for note, _ in proposed(*few).notes if "different values" in note]
    assert told == ["s3:prefix of s3:ListBucket: 30 different values, too many for a condition"]


def test_what_a_service_did_for_the_principal_is_not_bound() -> None:
    own = calls(100, source_ip="52.1.2.3")
    identity = msgspec.structs.replace(own[0].identity, invoked_by="athena.amazonaws.com")
    through = [msgspec.structs.replace(each, identity=identity, id=f"{each.id}!") for each in own[:3]]
    proposal = proposed(*own, *through)
    assert keys(proposal) == set()
    (chain,) = of_key(proposal, "aws:CalledVia")
    assert (chain.condition.values, chain.advice) == (("athena.amazonaws.com",), Advice.REVIEW)


VIA = "aws:ViaAWSService"


@pytest.mark.parametrize(
    ("context", "access"),
    [
        ({ADDRESS: "52.1.2.3", VIA: "false"}, Access.ALLOWED),
        ({ADDRESS: "52.1.2.4", VIA: "false"}, Access.IMPLICITLY_DENIED),
        ({ADDRESS: "52.1.2.4", VIA: "true"}, Access.ALLOWED),
        ({VIA: "true"}, Access.ALLOWED),
        ({VIA: "false"}, Access.IMPLICITLY_DENIED),
    ],
)
def test_an_address_binds_what_a_service_does_not_do(context: dict[str, str], access: Access) -> None:
    """The same was done by the principal and for it: by it from its address, for it by services only."""
    own = calls(100, source_ip="52.1.2.3")
    identity = msgspec.structs.replace(own[0].identity, invoked_by="athena.amazonaws.com")
    through = [
        msgspec.structs.replace(each, identity=identity, id=f"{each.id}!", source_ip="athena.amazonaws.com")
        for each in own[:3]
    ]
    proposal = proposed(*own, *through, choice=ConditionChoice.ALL)
    assert keys(proposal) == {ADDRESS, VIA}
    (each,) = of_key(proposal, ADDRESS)
    assert each.is_included
    assert each.why.endswith("what services do for it stays allowed to them alone, by aws:ViaAWSService")
    request = Request("s3:GetObject", "arn:aws:s3:::data/a", {key: (value,) for key, value in context.items()})
    assert authorize([named.policy for named in proposal.policies], request).access is access
    safe = proposed(*own, *through)
    assert not {ADDRESS, VIA} & keys(safe)


@pytest.mark.parametrize(("pattern", "is_bound"), [("data/*", False), ("d*", False), ("logs/*", True)])
def test_beside_a_wider_grant_without_it_a_condition_is_none(pattern: str, is_bound: bool) -> None:
    """What the trail logs of some objects only is kept on the others that the policies name."""
    seen = calls(100)
    resources = ["arn:aws:s3:::data/a", f"arn:aws:s3:::{pattern}"]
    current = granted("sqs:ListQueues", also=[{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": resources}])
    of_one = also({"Field": "resources.ARN", "Equals": ["arn:aws:s3:::data/a"]})
    proposal = unseen(*seen, current=current, selectors=of_one)
    assert {each.reason.value for each in proposal.permissions} == {"observed", "unobservable"}
    assert bool(of_key(proposal, REGION)) is (REGION in keys(proposal)) is is_bound


def test_the_choices_narrow() -> None:
    events = calls(100, source_ip="52.1.2.3", vpc_endpoint="")
    none, safe, everything = (
        [each.policy for each in proposed(*events, choice=choice).policies] for choice in ConditionChoice
    )
    assert isinstance(no_new_access(none, safe), Holds)
    assert isinstance(no_new_access(safe, everything), Holds)
    assert not isinstance(no_new_access(safe, none), Holds)


def on_days(name: str, request: Any, days: int = 3) -> list[Event]:
    return [event(name, request, id=f"{request} {day}", time=time_of(day)) for day in range(days)]


def listings(*prefixes: str, bucket: str = "data") -> list[Event]:
    return [each for prefix in prefixes for each in on_days("s3 ListObjects", {"bucketName": bucket, "prefix": prefix})]


def block(proposal: Proposal, key: str) -> tuple[str, tuple[str, ...]] | None:
    found = of_key(proposal, key)
    return (found[0].condition.operator, found[0].condition.values) if found else None


@pytest.mark.parametrize(
    ("prefixes", "expected"),
    [
        (["in/", "out/"], ("StringEquals", ("in/", "out/"))),
        ([f"in/{number:02}/" for number in range(30)], ("StringLike", ("in/*",))),
        ([f"{number:02}/" for number in range(30)], None),
        (["in/", ""], None),
        (["in/${aws:username}/"], None),
        (["in/\u2028"], None),
        (["in/\n"], None),
    ],
)
def test_prefixes_of_listings(prefixes: list[str], expected: tuple[str, tuple[str, ...]] | None) -> None:
    proposal = proposed(*listings(*prefixes), choice=ConditionChoice.ALL)
    assert block(proposal, "s3:prefix") == expected
    assert ("s3:prefix" in keys(proposal)) is (expected is not None)


def test_a_bucket_that_was_listed_as_a_whole_is_not_bound() -> None:
    proposal = proposed(*listings("in/"), *listings("", bucket="other"), choice=ConditionChoice.ALL)
    (suggestion,) = of_key(proposal, "s3:prefix")
    assert (suggestion.advice, suggestion.met, suggestion.events) == (Advice.REVIEW, 3, 6)
    bound = {each.resources for each in proposal.permissions if any(t.key == "s3:prefix" for t in each.conditions)}
    assert bound == {("arn:aws:s3:::data",)}
    assert "s3:prefix" not in keys(proposed(*listings("in/")))


def test_of_many_names_of_tags_those_are_looked_at_that_come_often() -> None:
    tags = [{f"own-{number}": "x", "team": "shop"} for number in range(300)]
    made = [
        event("sqs CreateQueue", {"queueName": f"q{number}", "tags": each}, id=f"{number}", time=time_of(number % 5))
        for number, each in enumerate(tags)
    ]
    proposal = proposed(*made, choice=ConditionChoice.ALL)
    assert block(proposal, "aws:RequestTag/team") == ("StringEquals", ("shop",))
    assert len([each for each in proposal.suggestions if each.condition.key.startswith("aws:RequestTag/")]) == 1


def test_encryption_contexts_and_tags() -> None:
    key = {"keyId": "1234abcd-12ab-34cd-56ef-1234567890ab"}
    encrypted = on_days("kms Encrypt", {**key, "encryptionContext": {"purpose": "card"}})
    made = on_days("sqs CreateQueue", {"queueName": "a", "tags": {"team": "shop"}})
    assert not of_key(proposed(*encrypted[:2], *made[:2]), "aws:TagKeys")
    proposal = proposed(*encrypted, *made, choice=ConditionChoice.ALL)
    assert block(proposal, "kms:EncryptionContext:purpose") == ("StringEquals", ("card",))
    assert block(proposal, "kms:EncryptionContextKeys") == ("ForAllValues:StringEquals", ("purpose",))
    assert block(proposal, "aws:RequestTag/team") == ("StringEquals", ("shop",))
    assert all(each.risk for each in proposal.suggestions)
    (creating,) = [each for each in proposal.policies if "aws:RequestTag/team" in str(each.policy)]
    context = {"aws:RequestTag/team": ("payroll",), "aws:TagKeys": ("team",)}
    asked = Request("sqs:CreateQueue", "arn:aws:sqs:eu-west-1:111122223333:a", context)
    assert authorize([creating.policy], asked).access is not Access.ALLOWED


def test_tags_of_what_ec2_makes() -> None:
    tags = [{"key": "team", "value": "shop"}]
    of_volume = {"items": [{"resourceType": "volume", "tags": tags}]}
    tagged = {"resourcesSet": {"items": [{"resourceId": "i-0123456789abcdef0"}]}, "tagSet": {"items": tags}}
    made = on_days("ec2 CreateVolume", {"size": "1", "tagSpecificationSet": of_volume})
    proposal = proposed(*made, *on_days("ec2 CreateTags", tagged), choice=ConditionChoice.ALL)
    found = {each.actions: each.condition.values for each in of_key(proposal, "aws:RequestTag/team")}
    assert found == {("ec2:CreateTags",): ("shop",), ("ec2:CreateVolume",): ("shop",)}
    assert {each.condition.values for each in of_key(proposal, "aws:TagKeys")} == {("team",)}


TLS = msgspec.Raw(b'{"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"}')


def test_tls_is_suggested_where_records_name_it() -> None:
    secure = [*calls(4, tls=TLS), *calls(2, "sqs GetQueueUrl", tls=TLS), *calls(1, "sqs ListQueues")]
    proposal = proposed(*secure, choice=ConditionChoice.ALL)
    (suggestion,) = of_key(proposal, "aws:SecureTransport")
    assert (suggestion.advice, suggestion.met, suggestion.events) == (Advice.REVIEW, 6, 7)
    assert suggestion.actions == ("s3:GetObject", "sqs:GetQueueUrl")
    bound = {
        each.action for each in proposal.permissions if any(t.key == "aws:SecureTransport" for t in each.conditions)
    }
    assert bound == {"s3:GetObject", "sqs:GetQueueUrl"}
    (offered,) = of_key(proposed(*calls(4)), "aws:SecureTransport")
    assert (offered.met, offered.events, offered.advice) == (0, 0, Advice.REVIEW)


def test_what_aws_does_without_a_name_is_bound_to_nothing() -> None:
    caller = event().identity
    internal = msgspec.structs.replace(caller, invoked_by="AWS Internal")
    both = [*calls(5, source_ip="203.0.113.7"), *calls(5, identity=internal, source_ip="AWS Internal")]
    proposal = proposed(*both, choice=ConditionChoice.ALL)
    assert not keys(proposal) & {"aws:ViaAWSService", "aws:SourceIp"}
    assert not of_key(proposal, "aws:CalledVia")


def test_a_request_through_an_endpoint_has_no_address() -> None:
    proposal = proposed(*calls(100, vpc_endpoint="vpce-1", source_ip="52.1.2.3"), choice=ConditionChoice.ALL)
    assert "aws:SourceIp" not in keys(proposal)
    assert "aws:SourceVpce" in keys(proposal)


def test_the_end_of_all_days_has_no_expiry() -> None:
    last = event(time="9999-12-30T00:00:00Z", id="last")
    assert not of_key(proposed(last), "aws:CurrentTime")


def test_what_nobody_can_see_is_offered_and_the_user_agent_never() -> None:
    proposal = proposed(*calls(3))
    advice = {each.condition.key: each.advice for each in proposal.suggestions}
    assert advice["aws:CurrentTime"] is advice["aws:SecureTransport"] is advice["aws:ResourceAccount"] is Advice.REVIEW
    assert advice["aws:ResourceOrgID"] is advice["s3:TlsVersion"] is Advice.REVIEW
    assert advice["aws:UserAgent"] is Advice.DO_NOT
    assert "aws:MultiFactorAuthAge" not in advice
    (within,) = of_key(proposal, "aws:ResourceOrgID")
    assert within.condition.values == ("${aws:PrincipalOrgID}",)
    assert of_key(proposed(*calls(3, "ec2 DescribeInstances")), "s3:TlsVersion") == []
    assert keys(proposed(*calls(3), choice=ConditionChoice.ALL)) == {REGION}


def test_the_age_of_a_second_factor_is_offered_where_there_was_one() -> None:
    attributes = msgspec.Raw(b'{"mfaAuthenticated":"true"}')
    first = calls(3)
    context = first[0].identity.session_context
    assert context is not None
    identity = msgspec.structs.replace(
        first[0].identity, session_context=msgspec.structs.replace(context, attributes=attributes)
    )
    events = [msgspec.structs.replace(each, identity=identity) for each in first]
    proposal = proposed(*events)
    (age,) = of_key(proposal, "aws:MultiFactorAuthAge")
    assert (age.condition.operator, age.condition.values, age.advice) == ("NumericLessThan", ("3600",), Advice.REVIEW)
    assert age.actions == of_key(proposal, FACTOR)[0].actions == ("s3:GetObject",)
    everything = proposed(
        *(msgspec.structs.replace(each, identity=identity) for each in first), choice=ConditionChoice.ALL
    )
    assert FACTOR in keys(everything)
    assert "aws:MultiFactorAuthAge" not in keys(everything)


def test_a_passed_role_is_always_held_to_the_service() -> None:
    request = {"functionName": "f", "role": "arn:aws:iam::111122223333:role/r", "runtime": "x"}
    proposal = proposed(event("lambda CreateFunction20150331", request), choice=ConditionChoice.NONE)
    (each,) = of_key(proposal, "iam:PassedToService")
    assert (each.is_included, each.condition.values) == (True, ("lambda.amazonaws.com",))


def test_when_it_is_at_work() -> None:
    early, late = event(id="1", time="2026-08-03T09:00:01Z"), event(id="2", time="2026-08-07T17:30:00Z")
    use = proposed(early, late).time_of_use
    assert use is not None
    assert (use.earliest, use.latest, use.weekdays) == (9 * 3600 + 1, 17 * 3600 + 1800, (0, 4))
