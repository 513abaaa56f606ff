"""The policy language measured: evaluation, glob inclusion, proofs; each beside the floor that a prototype reached.

`python -m bench.semantics` prints one table. The prototype's figures are of another machine, so what can be compared
are the ratios; the plain evaluator, run here, is the measure of this machine. With z3 installed, inclusion is put to
it too. The policies are made from the bundled catalog and need no data beside the checkout.
"""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from itertools import islice

from catalog.load import load_catalog
from catalog.model import Catalog
from service.core.diff.compare import Comparer
from service.core.iam.document import characters
from service.core.iam.evaluate import Request, authorize
from service.core.iam.policy import Effect, Policy, Statement
from service.core.iam.proving.action_set import Universe
from service.core.iam.proving.budget import Budget
from service.core.iam.proving.glob import resource_glob
from service.core.iam.proving.inclusion import find_word
from service.core.iam.proving.index import PolicyIndex
from service.core.proof import no_new_access, universe_of

SERVICES = 60
"""How many services the large proposal and the broad policies are about."""


def seconds(work: Callable[[], object], at_least: float = 0.3) -> float:
    """What one run takes: the best of several rounds, each long enough to be measured."""
    best = float("inf")
    spent = 0.0
    while spent < at_least:
        start = time.perf_counter()
        work()
        took = time.perf_counter() - start
        best, spent = min(best, took), spent + took
    return best


def named_services(catalog: Catalog) -> list[str]:
    """The services with the most actions."""
    sizes = {prefix: len(found.actions) for prefix in catalog.prefixes() if (found := catalog.service(prefix))}
    return sorted(sizes, key=lambda prefix: (-sizes[prefix], prefix))[:SERVICES]


def actions_of(catalog: Catalog, prefix: str, count: int) -> tuple[str, ...]:
    """The first actions of a service."""
    service = catalog.service(prefix)
    return tuple(each.full_name for each in islice(service.actions.values(), count)) if service else ()


def arns(prefix: str, count: int) -> tuple[str, ...]:
    """Resources of a service, the last ones with wildcards."""
    exact = [f"arn:aws:{prefix}:eu-west-1:111122223333:thing/{prefix}-{number:03}" for number in range(count)]
    return (*exact[: count - count // 4], *(f"{each}/*" for each in exact[count - count // 4 :]))


def proposal(catalog: Catalog) -> Policy:
    """A proposal as Whittle makes them, of about 40,000 characters."""
    statements = []
    for number, prefix in enumerate(named_services(catalog)):
        listed, resources = actions_of(catalog, prefix, 11), arns(prefix, 8)
        statements += [
            Statement(Effect.ALLOW, listed[:3], resources[: 1 + number % 3]),
            Statement(Effect.ALLOW, listed[3:8], resources[3:6]),
            Statement(Effect.ALLOW, listed[8:], (f"arn:aws:{prefix}:eu-west-1:111122223333:thing/*",)),
        ]
    return Policy(tuple(statements))


def broad(catalog: Catalog) -> list[Policy]:
    """Sixty policies as people have them: a service each, some of it denied."""
    return [
        Policy(
            (
                Statement(Effect.ALLOW, (f"{prefix}:*",), ("*",)),
                Statement(Effect.DENY, (f"{prefix}:*",), (f"arn:aws:{prefix}:*:*:protected/*",)),
            )
        )
        for prefix in named_services(catalog)
    ]


def small() -> Policy:
    """Three statements."""
    return Policy(
        (
            Statement(Effect.ALLOW, ("s3:Get*", "s3:ListBucket"), ("arn:aws:s3:::b", "arn:aws:s3:::b/*")),
            Statement(Effect.ALLOW, ("sqs:SendMessage",), ("arn:aws:sqs:*:111122223333:jobs-*",)),
            Statement(Effect.DENY, ("s3:*",), ("arn:aws:s3:::b/secret/*",)),
        )
    )


def statements(catalog: Catalog, count: int) -> Policy:
    """A policy of so many statements, with lists, wildcards and some Deny."""
    found = []
    for number in range(count):
        prefix = named_services(catalog)[number % SERVICES]
        listed = actions_of(catalog, prefix, 40)[number // SERVICES * 9 :][:9]
        effect = Effect.DENY if number % 19 == 0 else Effect.ALLOW
        wild = (f"{prefix}:Describe*",) if number % 3 == 0 else ()
        found.append(Statement(effect, (*listed, *wild), arns(prefix, 8 + number % 5)))
    return Policy(tuple(found))


def requests(policy: Policy, count: int) -> list[Request]:
    """Distinct requests, each of which some statement is about."""
    made = (
        Request(action, resource.replace("*", f"key-{number}"), {"aws:RequestedRegion": ("eu-west-1",)})
        for number in range(count)
        for statement in policy.statements
        for action in statement.actions
        if "*" not in action
        for resource in statement.resources
        if number == 0 or "*" in resource
    )
    return list(islice(made, count))


def evaluation(name: str, policy: Policy, count: int) -> Iterator[tuple[str, float, str]]:
    """The plain and the indexed evaluator over the same requests."""
    asked = requests(policy, count)
    index = PolicyIndex([policy])
    plain = seconds(lambda: [authorize([policy], each) for each in asked[:200]]) / min(200, len(asked))
    indexed = seconds(lambda: [index.authorize(each) for each in asked]) / len(asked)
    first = seconds(lambda: list(map(PolicyIndex([policy]).authorize, asked))) / len(asked)
    yield f"evaluation, {name}, plain, a request", plain, ""
    yield f"evaluation, {name}, indexed, a request", indexed, f"{plain / indexed:.0f} times the plain one"
    yield f"evaluation, {name}, indexed, each action new", first, f"{1 / first:,.0f} requests a second"


def inclusion_problems() -> list[tuple[str, tuple[str, ...]]]:
    """ARN patterns against unions of ARN patterns; half of them are inside."""
    inside = "arn:aws:s3:::logs-*/2026/*"
    unions = [
        ("arn:aws:s3:::logs-?*/*", "arn:aws:s3:::logs-/*", "arn:aws:s3:::data-*"),
        ("arn:aws:s3:::*-prod/*", "arn:aws:s3:::logs-*/20??/*.gz", "arn:aws:s3:::logs-a*/*"),
        tuple(f"arn:aws:s3:::logs-{letter}*/*" for letter in "abcdefghij"),
        (*(f"arn:aws:s3:::logs-{letter}*" for letter in "abcdefghij"), "arn:aws:s3:::logs*"),
    ]
    return [(inside, union) for union in unions]


def inclusion() -> Iterator[tuple[str, float, str]]:
    """Our search, and z3's if it is there."""
    problems = inclusion_problems()
    globs = [
        (resource_glob(inside, variables=True), [resource_glob(each, variables=True) for each in union])
        for inside, union in problems
    ]
    ours = seconds(lambda: [find_word([inside], union, Budget(10**6)) for inside, union in globs]) / len(globs)
    yield "inclusion of ARN patterns in a union", ours, ""
    if find_spec("z3") is None:
        return
    theirs = seconds(lambda: [_by_z3(inside, union) for inside, union in problems]) / len(problems)
    yield "the same by z3", theirs, f"{theirs / ours:,.0f} times ours"


def _by_z3(inside: str, union: Sequence[str]) -> str:
    z3 = importlib.import_module("z3")
    any_letter = z3.Union(z3.Range(" ", "~"), z3.Re("\t"))

    def language(pattern: str) -> object:
        parts = {"*": z3.Star(any_letter), "?": any_letter}
        return z3.Concat(z3.Re(""), *(parts[each] if each in parts else z3.Re(each) for each in pattern))

    solver, text = z3.Solver(), z3.String("text")
    solver.set("timeout", 10_000)
    solver.add(z3.InRe(text, language(inside)), *(z3.Not(z3.InRe(text, language(each))) for each in union))
    return str(solver.check())


def proofs(catalog: Catalog, universe: Universe) -> Iterator[tuple[str, float, str]]:
    """A large proposal against itself, in the same and in another shape, and against broad policies."""
    large = proposal(catalog)
    size = f"{characters(large):,} characters"
    parts = [Policy((each,)) for each in reversed(large.statements)]
    lists = Policy(tuple(_another_shape(each) for each in large.statements))
    for name, existing in (
        ("itself", [large]),
        ("its statements", parts),
        ("itself in another shape", [lists]),
        ("60 broad policies", broad(catalog)),
    ):
        verdict = no_new_access(existing, [large], universe)
        took = seconds(partial(no_new_access, existing, [large], universe))
        yield f"proposal of {size} against {name}", took, type(verdict).__name__


def _another_shape(statement: Statement) -> Statement:
    """The same requests, written so that nothing stands verbatim."""
    shape = [f"{each[:-1]}?" if each[-1] not in "*?" else each for each in statement.resources]
    return Statement(statement.effect, statement.actions, (*statement.resources[:1], *shape))


def power_user() -> list[Policy]:
    """Everything but the administration of accounts and users, and all of S3: what AWS's PowerUserAccess is like."""
    listed = ("iam:CreateServiceLinkedRole", "iam:ListRoles", "organizations:DescribeOrganization")
    return [
        Policy(
            (
                Statement(Effect.ALLOW, (), ("*",), not_actions=("iam:*", "organizations:*", "account:*")),
                Statement(Effect.ALLOW, (*listed, "account:ListRegions"), ("*",)),
            )
        ),
        Policy((Statement(Effect.ALLOW, ("s3:*", "s3-object-lambda:*"), ("*",)),)),
    ]


def diffs(catalog: Catalog) -> Iterator[tuple[str, float, str]]:
    """Comparisons of broad policies with small and with large proposals."""
    comparer = Comparer(catalog)
    large = [proposal(catalog)]
    for name, current, proposed in (
        ("PowerUser and S3 to a small proposal", power_user(), [small()]),
        ("60 broad policies to a large proposal", broad(catalog), large),
        ("large proposal to itself", large, large),
    ):
        found = comparer.compare(current, proposed)
        took = seconds(partial(comparer.compare, current, proposed))
        actions = sum(len(each.actions) for each in found.changes)
        yield f"diff, {name}", took, f"{found.relation.value}, {actions:,} actions"


FLOOR = {
    "diff, PowerUser and S3 to a small proposal": 200e-3,
    "evaluation, small, plain, a request": 50e-6,
    "evaluation, 223 statements, plain, a request": 900e-6,
    "evaluation, 200 statements, indexed, each action new": 50e-6,
    "inclusion of ARN patterns in a union": 260e-6,
}


def main() -> None:
    """Print the table."""
    catalog = load_catalog()
    universe = universe_of(catalog)
    universe.known.bits(frozenset())
    gc.disable()
    lines = [
        *evaluation("small", small(), 2000),
        *evaluation("223 statements", statements(catalog, 223), 20_000),
        *evaluation("200 statements", statements(catalog, 200), 20_000),
        *inclusion(),
        *proofs(catalog, universe),
        *diffs(catalog),
    ]
    print("| what | here | floor | |\n|---|---|---|---|")
    for name, took, note in lines:
        floor = FLOOR.get(name, _floor_of_proof(name))
        print(f"| {name} | {_shown(took)} | {_shown(floor) if floor else ''} | {note} |")


def _floor_of_proof(name: str) -> float:
    if name.startswith("proposal") and "broad" in name:
        return 0.195
    return 0.130 if name.startswith("proposal") else 0.0


def _shown(took: float) -> str:
    return f"{took * 1e6:,.1f} us" if took < 1e-3 else f"{took * 1e3:,.1f} ms"


if __name__ == "__main__":
    main()
