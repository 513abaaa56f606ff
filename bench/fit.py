"""`make fit`: what policies are on each rung of the ladder, and what the prover says of it; written to docs/fit.md.

Beside that the closest managed policies, a job function, and a shared role taken apart.

For a made-up principal of 60 services, and for the largest of the sample trail and of the recorded sets beside the
checkout. There is room for no policy at all, so that every rung is climbed. The same code and data give the same bytes.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.corpus import DEFAULT, ROLES, USERS, able, sets
from catalog.model import AccessLevel, ActionDefinition, Catalog, ServiceDefinition
from service.core.advice.closest import ClosestPolicies
from service.core.beside import Beside
from service.core.choices import DEFAULT_CHOICES, Choices, Rung, UnobservableChoice
from service.core.current import Current, GrantedPolicy
from service.core.days import WindowAsked
from service.core.fit.climbing import Wish
from service.core.fit.model import Step
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.verdict import Verdict
from service.core.principals import parse_principal
from service.core.proposal import Proposal
from service.core.quotas import MANAGED_POLICY_CHARACTERS, Room
from service.core.synthesis import Grant, service_of
from service.usecases.gather import gather
from service.usecases.grouping import Grouper
from service.usecases.managed_texts import managed_policies_of
from service.usecases.taking_apart import TakerApart
from service.wiring import file_trail, keep, parts

ROOT = Path(__file__).parents[1]
MANAGED = Path(__file__).parents[2] / "shared" / "policies" / "aws_managed_mamip.jsonl.gz"
SAMPLE = ROOT / "samples" / "trail"
REPORT = ROOT / "docs" / "fit.md"
LARGEST = 5
"""How many principals of the sample trail, and of all recorded sets together."""

_NO_ROOM = Choices(unobservable=UnobservableChoice.DROP, fit=Rung.RESOURCES, policy_quota=1, attached=1)
_HEAD = (
    "principal", "rung", "characters", "statements", "policies",
    "pairs added", "keeps all", "adds nothing", "within current",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Climbed:
    """One principal, and its policies rung by rung."""

    name: str
    steps: tuple[Step, ...]

    @property
    def size(self) -> int:
        """The characters of the exact policies."""
        return self.steps[0].characters


SERVICES, ACTIONS, ARNS = 60, 385, 280
_COMMON = 12
"""So many services are used most, as many again less, the rest once or twice."""


def made_up(catalog: Catalog, seed: int = 7) -> set[Grant]:
    """Grants of a busy principal: 60 services, 385 actions, 280 ARNs, with applications that share resources."""
    chance = random.Random(seed)  # noqa: S311 - a bench wants the same every time
    services = [each for prefix in _POPULAR if (each := catalog.service(prefix))][:SERVICES]
    weights = [8 if place < _COMMON else 3 if place < 2 * _COMMON else 1 for place in range(len(services))]
    counts = _shared_out(chance, len(services), weights, ACTIONS)
    chosen = [_chosen(chance, service, count) for service, count in zip(services, counts, strict=True)]
    places = [place for place, actions in enumerate(chosen) if any(each.resources for each in actions)]
    arns = dict(zip(places, _shared_out(chance, len(places), [weights[each] for each in places], ARNS), strict=True))
    found: set[Grant] = set()
    for place, service in enumerate(services):
        found |= _of_service(chance, service, chosen[place], arns.get(place, 0))
    return found


def _shared_out(chance: random.Random, count: int, weights: list[int], total: int) -> list[int]:
    shares = [1] * count
    for place in chance.choices(range(count), weights, k=total - count):
        shares[place] += 1
    return shares


def _chosen(chance: random.Random, service: ServiceDefinition, count: int) -> list[ActionDefinition]:
    known = [each for each in service.actions.values() if each.access_level is not AccessLevel.PERMISSIONS_MANAGEMENT]
    return chance.sample(sorted(known, key=lambda each: each.name), min(count, len(known)))


def _of_service(
    chance: random.Random, service: ServiceDefinition, actions: list[ActionDefinition], arns: int
) -> set[Grant]:
    kinds = sorted({each.type for action in actions for each in action.resources})
    pools: dict[str, list[str]] = {kind: [] for kind in kinds}
    for number in range(arns):
        kind = kinds[number % len(kinds)]
        pools[kind].append(_arn(chance, service.resource_types[kind].arn_formats[0]))
    found = {Grant(each.full_name, arn) for each in actions for arn in _used(chance, each, pools)}
    used = {each.resource for each in found}
    for kind, pool in pools.items():
        takes = [action.full_name for action in actions if kind in {each.type for each in action.resources}]
        found |= {Grant(chance.choice(takes), arn) for arn in pool if arn not in used}
    return found


def _used(chance: random.Random, action: ActionDefinition, pools: dict[str, list[str]]) -> list[str]:
    """All that there are of one type the action takes, half of them, or one."""
    pool = next((found for each in action.resources if (found := pools[each.type])), ["*"])
    middle = max(1, len(pool) // 2)
    return chance.choice([pool, pool, pool[:middle], pool[middle:] or pool, pool[:1]])


_WORDS = ("orders", "billing", "users", "ingest", "reports", "audit", "web", "api", "cache", "events", "archive")


def _arn(chance: random.Random, text: str) -> str:
    fixed = {"Partition": "aws", "Region": "eu-west-1", "Account": "111122223333"}

    def filled(variable: re.Match[str]) -> str:
        name = "-".join(chance.sample(_WORDS, 2))
        return fixed.get(variable[1], f"{name}-{chance.getrandbits(40):010x}" if "Id" in variable[1] else name)

    return re.sub(r"\$\{([^}]*)\}", filled, text)


_POPULAR = tuple(
    """
s3 ec2 lambda dynamodb sqs sns iam sts kms secretsmanager ssm logs cloudwatch cloudformation ecs ecr
eks rds elasticloadbalancing autoscaling apigateway events states kinesis firehose glue athena
redshift elasticache es cloudtrail config route53 acm cloudfront wafv2 cognito-idp batch sagemaker
bedrock codebuild codepipeline codecommit codedeploy backup organizations tag servicequotas xray
elasticfilesystem emr-serverless kafka mq aoss transfer guardduty securityhub access-analyzer
appconfig ses scheduler pipes dms
    """.split()  # noqa: SIM905 - a list of names is read more easily so
)


def granted_now(grants: Iterable[Grant]) -> Policy:
    """Broad policies as they are often found: reading by wildcards, everything else by the service."""
    services = sorted({service_of(each.action) for each in grants})
    reading = tuple(f"{each}:{verb}*" for each in services for verb in ("Describe", "Get", "List"))
    everything = tuple(f"{each}:*" for each in services)
    return Policy((Statement(Effect.ALLOW, (*reading, *everything), ("*",)),))


def climbed_by_made_up() -> Climbed:
    """The made-up principal."""
    made = parts()
    grants = made_up(made.catalog)
    levels = {each.action: action.access_level.value for each in grants if (action := made.catalog.action(each.action))}
    room = Room(0, MANAGED_POLICY_CHARACTERS, "least-privilege")
    wish = Wish("made-up", room, Rung.WILDCARDS, (granted_now(grants),))
    return Climbed("made-up", made.proposer.maker.fitter.fitted(grants, levels, wish).fit.steps)


def largest(title: str, files: Iterable[Path]) -> Iterator[Climbed]:
    """Every role and user of a trail, its steps to the last rung."""
    reading = gather(file_trail(list(files), 1), keep)
    for query in (query for _, query in able(reading, ROLES | USERS)):
        proposer = parts().proposer
        bare = proposer.propose(reading, query, WindowAsked())
        grants = [Grant(each.action, "*") for each in bare.permissions]
        if not bare.policies:
            continue
        current = Current((GrantedPolicy("broad", granted_now(grants)),))
        proposal = proposer.propose(reading, query, WindowAsked(), Beside(current, _NO_ROOM))
        yield Climbed(f"{title}{proposal.principal.name}", proposal.fit.steps)


def report() -> str:
    """The table, as Markdown."""
    sample = sorted(largest("sample: ", [SAMPLE]), key=lambda each: -each.size)[:LARGEST]
    folders = sets(DEFAULT) if DEFAULT.is_dir() else {}
    recorded = [each for title, files in folders.items() for each in largest(f"{title}: ", files)]
    rows = [climbed_by_made_up(), *sample, *sorted(recorded, key=lambda each: -each.size)[:LARGEST]]
    lines = [
        "# How policies fit: each rung, measured",
        "",
        "`make fit` writes this file. Room is taken to be none, so every rung is climbed. The made-up principal has",
        f"{SERVICES} services, {ACTIONS} actions and {ARNS} ARNs; a prototype's figures for another such one were",
        "43,000 characters in 8 policies exact, and 40,000 in 7 merged. Current policies are taken to be `Describe*`,",
        "`Get*`, `List*` and `*` of each service, on everything. *Adds nothing* is refuted where statements were",
        "joined: by a request that no service makes. Permissions whose use no event can show are left out here.",
        "",
        "| " + " | ".join(_HEAD) + " |",
        "|" + "---|" * len(_HEAD),
        *(_row(each.name, step) for each in rows for step in each.steps),
    ]
    return "\n".join([*lines, "", *_advice(), "", *_together(), "", *_apart()]) + "\n"


def _advice() -> Iterator[str]:
    """The closest managed policies of the largest principals of the sample."""
    yield "## The closest AWS managed policies"
    yield ""
    if not MANAGED.is_file():
        yield "There are no managed policies beside the checkout."
        return
    policies, _ = managed_policies_of([(MANAGED.name, MANAGED.read_bytes())])
    yield f"Of {len(policies):,} beside the checkout. Permissions are pairs of action and resource, each proved."
    yield ""
    yield "| principal | policy | covers | of | share | allows more actions |"
    yield "|---|---|---|---|---|---|"
    closest = ClosestPolicies(parts().catalog, policies)
    for proposal in _sample()[:LARGEST]:
        used = [Grant(each.action, one, each.conditions) for each in proposal.permissions for one in each.resources]
        for each in closest.of(used):
            figures = f"{each.covered} | {each.used} | {each.covered / each.used:.0%} | {each.excess:,}"
            yield f"| {proposal.principal.name} | {each.name} | {figures} |"


def _sample() -> list[Proposal]:
    """The proposals of the sample, those with the most permissions first."""
    reading = gather(file_trail([SAMPLE], 1), keep)
    queries = (query for _, query in able(reading, ROLES | USERS))
    made = [parts().proposer.propose(reading, query, WindowAsked()) for query in queries]
    return sorted(made, key=lambda each: (-len(each.permissions), each.principal))


TEAM = ("role/orders-api", "role/ecs/storefront-task", "role/ecs/storefront-execution", "role/data/lake-pipeline")
SHARED = "role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_PowerUser_4f1c9d2a7b3e8c60"
_ACCOUNT = "arn:aws:iam::111122223333:"


def _together() -> Iterator[str]:
    """A job function of four roles."""
    reading = gather(file_trail([SAMPLE], 1), keep)
    queries = [parse_principal(f"{_ACCOUNT}{each}") for each in TEAM]
    made = Grouper(parts().proposer).grouped(reading, "team", queries, WindowAsked(), DEFAULT_CHOICES, lambda _: None)
    size = sum(each.characters for each in made.policies)
    yield "## A job function of four roles"
    yield ""
    yield f"{len(made.policies)} policies of {size:,} characters together; {made.notes[0]}."
    yield ""
    yield "| role | pairs that it needs | that nobody else needs | would gain | requests allowed |"
    yield "|---|---|---|---|---|"
    for each in made.shares:
        gains = ", ".join(f"{level} {count}" for level, count in each.gains.items())
        allowed = f"{each.replay.allowed} of {each.replay.requests}"
        yield f"| {each.principal.name} | {each.needs} | {each.own} | {gains} | {allowed} |"


def _apart() -> Iterator[str]:
    """A shared role by its sessions."""
    taker = TakerApart(parts().proposer, keep)
    query = parse_principal(f"{_ACCOUNT}{SHARED}")
    found = taker.apart(file_trail([SAMPLE], 1), query, WindowAsked(), DEFAULT_CHOICES.resources)
    yield "## A shared role taken apart"
    yield ""
    spared = "nothing" if found.spared is None else f"{found.spared:.0%}"
    yield f"{query.name}: {found.pairs} pairs; with a role for each kind of session {spared} less, by events."
    yield ""
    yield "| session | tool | events | needs | only it needs | could do without |"
    yield "|---|---|---|---|---|---|"
    for each in found.clusters:
        yield f"| {each.kind.shape} | {each.kind.agent} | {each.events} | {each.needs} | {each.own} | {each.spare} |"


def _row(name: str, step: Step) -> str:
    cells = (
        name, step.rung.value, f"{step.characters:,}", f"{step.statements:,}", str(step.policies),
        f"{sum(step.added.values()):,}", *map(_word, (step.keeps, step.adds, step.within_current)),
    )  # fmt: skip
    return "| " + " | ".join(cells).replace("\n", " ") + " |"


def _word(verdict: Verdict | None) -> str:
    return "" if verdict is None else type(verdict).__name__.lower()


def main() -> None:
    """Measure, print, write."""
    text = report()
    REPORT.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
