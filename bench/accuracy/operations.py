"""Operations: the resolver against AWS's own map of operations to actions, with that map and without it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from bench.accuracy.report import Line, Listing, Section, share
from bench.accuracy.sources import event_source_of, facts, models
from catalog.load import load_catalog, load_resolver
from catalog.model import Catalog, NoPermission, Operation, Resolution, Resolved, Unresolved, confidence_of
from catalog.resolve import Resolver
from catalog.tables import items


class Verdict(StrEnum):
    """An answer against the set of actions that AWS's map lists for the operation."""

    EXACT = "exact"
    WITHIN = "within"
    EXEMPT = "exempt"
    FLAGGED = "flagged"
    WRONG = "wrong"
    UNRESOLVED = "unresolved"


MEANING = {
    Verdict.EXACT: "the answer is the whole set",
    Verdict.WITHIN: "every action of the answer is in the set; the others depend on the request",
    Verdict.EXEMPT: "AWS documents that the call needs no permission, though the map names its action",
    Verdict.FLAGGED: "actions of the set, and beside them the one of the operation's own name, which the set lacks",
    Verdict.WRONG: "an action that the set lacks",
    Verdict.UNRESOLVED: "no rule has an answer",
}
IN_SET = (Verdict.EXACT, Verdict.WITHIN, Verdict.EXEMPT)
"""The verdicts that count as right: nothing outside the set is asked for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An operation with its answer and the verdict on it."""

    client: str
    operation: str
    authorised: tuple[str, ...]
    answer: Resolution
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Score:
    """Every operation of the map, judged."""

    judged: tuple[Judged, ...]

    @property
    def counts(self) -> Counter[Verdict]:
        return Counter(each.verdict for each in self.judged)

    @property
    def in_set(self) -> int:
        return sum(self.counts[verdict] for verdict in IN_SET)

    def of(self, *verdicts: Verdict) -> tuple[Judged, ...]:
        return tuple(each for each in self.judged if each.verdict in verdicts)


def score(*, operation_map: bool) -> Score:
    """The resolver on every operation of AWS's map."""
    catalog = load_catalog()
    resolver, source_of = load_resolver(catalog, operation_map=operation_map), event_source_of()
    judged = []
    for row in facts("operation_actions.tsv"):
        operation = Operation(source_of[row["boto3_service"]], row["operation"])
        authorised, answer = items(row["authorized_actions"]), resolver.resolve(operation)
        verdict = judge(answer, authorised, _same_name(catalog, resolver, operation))
        judged.append(Judged(row["boto3_service"], row["operation"], authorised, answer, verdict))
    return Score(tuple(judged))


def judge(answer: Resolution, authorised: Iterable[str], same_name: str | None) -> Verdict:
    """The verdict on an answer; `same_name` is the action with the operation's name, if there is one."""
    listed = set(authorised)
    match answer:
        case NoPermission():
            return Verdict.EXEMPT
        case Unresolved():
            return Verdict.UNRESOLVED
        case Resolved(actions=actions, conditional=conditional):
            outside = {*actions} - listed
            if not outside:
                return Verdict.EXACT if {*actions} == listed else Verdict.WITHIN
            kept_both = outside == {same_name} and bool({*actions, *conditional} & listed)
            return Verdict.FLAGGED if kept_both else Verdict.WRONG


def _same_name(catalog: Catalog, resolver: Resolver, operation: Operation) -> str | None:
    action = catalog.action(f"{resolver.prefix_of(operation.source)}:{operation.name}")
    return action.full_name if action else None


def section() -> Section:
    """With and without the map; every answer that is not in the set."""
    scores = {"without the map": score(operation_map=False), "with the map": score(operation_map=True)}
    total = len(scores["with the map"].judged)
    rows: list[Line] = [
        ("in the set", "the sum of the next three", *_cells([each.in_set for each in scores.values()], total))
    ]
    rows += [
        (verdict.value, MEANING[verdict], *_cells([each.counts[verdict] for each in scores.values()], total))
        for verdict in Verdict
    ]
    listings = [
        Listing(
            f"Not in the set, {name}",
            ("verdict", "client", "operation", "answer", "rule", "AWS's map"),
            tuple(_line(each) for each in found.of(Verdict.FLAGGED, Verdict.WRONG, Verdict.UNRESOLVED, Verdict.EXEMPT)),
        )
        for name, found in scores.items()
    ]
    listings.append(_by_rule(scores["without the map"]))
    return Section(
        "Operations",
        f"Each of the {total:,} operations of 40 clients for which AWS's service reference (August 2026) publishes the "
        "actions that a call may be authorised for. Without the map, the rules stand alone, as they do for every "
        "service that AWS has not annotated.",
        ("verdict", "meaning", *scores),
        tuple(rows),
        tuple(listings),
    )


def _cells(counts: Iterable[int], total: int) -> Line:
    return tuple(f"{count:,} ({share(count, total)})" for count in counts)


def _line(each: Judged) -> Line:
    actions = each.answer.actions if isinstance(each.answer, Resolved) else ()
    answer = ", ".join(actions) or "-"
    return each.verdict.value, each.client, each.operation, answer, each.answer.rule, ", ".join(each.authorised)


def _by_rule(found: Score) -> Listing:
    """How often each rule is right where it answers: what its confidence rests on."""
    by_rule: dict[str, list[Verdict]] = {}
    for each in found.judged:
        by_rule.setdefault(each.answer.rule, []).append(each.verdict)
    rows = tuple(
        (
            rule,
            confidence_of(rule).value,
            f"{len(verdicts):,}",
            share(sum(each in IN_SET for each in verdicts), len(verdicts)),
        )
        for rule, verdicts in sorted(by_rule.items())
        if rule != "unresolved"
    )
    return Listing("Rules, without the map", ("rule", "confidence", "answers", "in the set"), rows)


def undecided() -> Section:
    """All operations of botocore: those without an answer, by service and reason."""
    resolver, source_of = load_resolver(load_catalog()), event_source_of()
    total: Counter[str] = Counter()
    missing: dict[tuple[str, str], list[str]] = {}
    for client, operation, _ in models().operations():
        total[client] += 1
        if (reason := _reason(resolver, source_of.get(client, ""), operation)) is not None:
            missing.setdefault((client, reason), []).append(operation)
    count = sum(map(len, missing.values()))
    rows = tuple(
        (client, f"{len(names):,} of {total[client]:,}", reason, ", ".join(names))
        for (client, reason), names in sorted(missing.items())
    )
    return Section(
        "All operations of the SDKs",
        f"Every operation of every client of botocore {models().version}, with the bundled catalog. What a newer SDK "
        "calls and the catalog does not know is reported as unresolved, never guessed.",
        ("operations", "decided", "undecided", "clients with none undecided"),
        (
            (
                f"{total.total():,}",
                f"{total.total() - count:,} ({share(total.total() - count, total.total())})",
                f"{count:,}",
                f"{len(total) - len({client for client, _ in missing}):,} of {len(total):,}",
            ),
        ),
        (Listing("Undecided", ("client", "operations", "reason", "names"), rows),),
    )


def _reason(resolver: Resolver, source: str, operation: str) -> str | None:
    """Why an operation has no answer, None where it has one."""
    if not source or resolver.prefix_of(source) is None:
        return "the catalog has no such service"
    answer = resolver.resolve(Operation(source, operation))
    return "the catalog has no action of that name" if isinstance(answer, Unresolved) else None
