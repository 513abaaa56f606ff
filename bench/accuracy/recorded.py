"""Recorded trails: how many calls are decided, and whether denied messages and resource ARNs agree with the mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from msgspec.structs import replace

from bench.accuracy.report import Line, Listing, Section, share
from bench.accuracy.sources import CORPORA, calls, facts
from catalog.model import Operation, Resolved, Unresolved
from catalog.rules import API_CALL
from service.core.actions import Need
from service.core.iam.pattern import parse_pattern
from service.core.outcome import Outcome
from service.core.usage import NO_DENIAL, Call, Evidence
from service.wiring import parts

_ONCE = Evidence("", "", 1, ())


@dataclass(frozen=True, slots=True)
class Decided:
    """The API calls of a corpus: how many events, and those that no rule decides."""

    events: int
    undecided: Counter[tuple[str, str, str]]

    @property
    def decided(self) -> int:
        return self.events - self.undecided.total()


def decided(corpus: str) -> Decided:
    """Every `AwsApiCall` of a corpus; one without a permission to need is decided too."""
    resolver, events, undecided = parts().resolver, 0, Counter[tuple[str, str, str]]()
    for call, count in calls(corpus).items():
        if call.event_type != API_CALL:
            continue
        events += count
        answer = resolver.resolve(call.operation)
        if isinstance(answer, Unresolved):
            undecided[call.operation.source, call.operation.name, answer.reason] += count
    return Decided(events, undecided)


def decided_section() -> Section:
    """The three corpora; what is not decided is listed."""
    found = {corpus: decided(corpus) for corpus in CORPORA}
    return Section(
        "Recorded calls",
        "Every API call of the recorded trails (`real`), of AWS's documentation (`docs`) and of hand-edited test data "
        "of other projects (`fixtures`). Most of what is undecided there never existed: an event name under the source "
        "of another service, or a name made up for a test.",
        ("corpus", "events", "decided", "undecided"),
        tuple(
            (
                corpus,
                f"{each.events:,}",
                f"{each.decided:,} ({share(each.decided, each.events)})",
                f"{each.undecided.total():,}",
            )
            for corpus, each in found.items()
        ),
        tuple(
            Listing(f"Undecided in `{corpus}`", ("event source", "event name", "reason", "events"), _undecided(each))
            for corpus, each in found.items()
        ),
    )


def _undecided(found: Decided) -> tuple[Line, ...]:
    return tuple((*names, f"{count:,}") for names, count in sorted(found.undecided.items()))


class Fit(StrEnum):
    """Our answer against a resource that the record itself names."""

    EXACT = "exact"
    BROADER = "broader"
    ELSEWHERE = "elsewhere"
    WRONG = "wrong"


def fit(named: str, ours: Iterable[Need]) -> Fit:
    """The best fit of what we would ask for: the same ARN, a pattern that covers it, that elsewhere, or neither.

    A message may put `*` where the request has a name (`instance/*`): what lies within it is exact.
    """
    best = Fit.WRONG
    for need in ours:
        if named in (need.request, need.request.removesuffix(":*")) or need.patterns == (named,):
            return Fit.EXACT
        if named.endswith("*") and parse_pattern(named).matches(need.request):
            return Fit.EXACT
        if any(parse_pattern(pattern).matches(named) for pattern in need.patterns):
            best = Fit.BROADER
        elif best is Fit.WRONG and any(
            parse_pattern(_moved(pattern, named)).matches(named) for pattern in need.patterns
        ):
            best = Fit.ELSEWHERE
    return best


def _moved(pattern: str, named: str) -> str:
    """The pattern in the Region and account of the named resource."""
    ours, theirs = pattern.split(":", 5), named.split(":", 5)
    return ":".join((*ours[:3], *theirs[3:5], ours[5])) if len(ours) == len(theirs) == 6 else pattern


@dataclass(frozen=True, slots=True)
class Compared:
    """One action of one operation on a resource that the record names, and ours from the request alone."""

    operation: Operation
    action: str
    fit: Fit
    named: str
    ours: tuple[str, ...]


def from_parameters(corpus: str) -> Counter[Compared]:
    """Every ARN in the `resources` of a record, against what the request alone gives for the same action."""
    found: Counter[Compared] = Counter()
    for call, count in calls(corpus).items():
        listed = {arn for _, arn in call.resources}
        if not listed:
            continue
        whole = _needs(call)
        alone = _needs(replace(call, resources=(), response=()))
        for need in whole:
            arn = need.request.removesuffix(":*")
            if arn in listed:
                ours = [each for each in alone if each.action == need.action]
                patterns = tuple(sorted({pattern for each in ours for pattern in each.patterns}))
                found[Compared(call.operation, need.action, fit(arn, ours), arn, patterns)] += count
    return found


def _needs(call: Call) -> tuple[Need, ...]:
    """What the call would need if it had been allowed, whatever its record says of that."""
    allowed = replace(call, outcome=Outcome.ALLOWED, error_code="", denial=NO_DENIAL, event_type=API_CALL)
    return tuple(sorted(parts().mapper.findings({allowed: _ONCE}).needs))


def resources_section() -> Section:
    """ARNs from parameters alone, by corpus; distinct operations are listed where they are not exact."""
    found = {corpus: from_parameters(corpus) for corpus in CORPORA}
    rows = []
    for corpus, compared in found.items():
        by_fit = Counter[Fit]()
        for each, count in compared.items():
            by_fit[each.fit] += count
        total = by_fit.total()
        rows.append((corpus, f"{total:,}", *(f"{by_fit[kind]:,} ({share(by_fit[kind], total)})" for kind in Fit)))
    return Section(
        "Resources from parameters alone",
        "For every ARN that a record lists in `resources` and that an action of the call accepts: what Whittle asks "
        "for when it sees the request's parameters and nothing else. `broader` covers the ARN with a pattern; where "
        "the request does not name the resource at all (KMS has the key of a decryption only in `resources`), nothing "
        "else is possible. `elsewhere` is right but for an account or Region that is not the event's, which only "
        "`resources` shows; many of AWS's examples are put together from records of two Regions.",
        ("corpus", "ARNs", *(kind.value for kind in Fit)),
        tuple(rows),
        tuple(
            Listing(
                f"Not exact in `{corpus}`",
                ("fit", "event source", "event name", "action", "named", "ours", "events"),
                _misfits(each),
            )
            for corpus, each in found.items()
        ),
    )


def _misfits(found: Counter[Compared]) -> tuple[Line, ...]:
    """One example for each action of an operation, with the events of all like it."""
    groups: dict[tuple[str, str, str, str], list[tuple[Compared, int]]] = {}
    for each, count in found.items():
        if each.fit is not Fit.EXACT:
            key = each.fit.value, each.operation.source, each.operation.name, each.action
            groups.setdefault(key, []).append((each, count))
    lines = []
    for key, members in sorted(groups.items()):
        example = min((each for each, _ in members), key=lambda each: (each.named, each.ours))
        ours = ", ".join(example.ours) or "-"
        lines.append((*key, f"`{example.named}`", f"`{ours}`", f"{sum(count for _, count in members):,}"))
    return tuple(lines)


@dataclass(frozen=True, slots=True)
class Denied:
    """An access-denied message, and what the mapping says without it. `fit` is None where it names no resource."""

    operation: Operation
    named: str
    ours: tuple[str, ...]
    right: bool
    resource: str
    fit: Fit | None
    patterns: tuple[str, ...]


def denied(corpus: str) -> Counter[Denied]:
    """Every message of a corpus that names an action of the catalog."""
    catalog, found = parts().catalog, Counter[Denied]()
    for call, count in calls(corpus).items():
        action = catalog.action(call.denial.action) if call.denial.action else None
        if action is None:
            continue
        needs = _needs(call)
        answer = parts().resolver.resolve(call.operation)
        own = answer.actions if isinstance(answer, Resolved) else ()
        ours = [need for need in needs if need.action == action.full_name]
        named = _in_account(call.denial.resource, call.account) if call.denial.resource not in ("", "*") else ""
        found[
            Denied(
                call.operation,
                action.full_name,
                own,
                action.full_name in {*own, *(need.action for need in needs)},
                named,
                fit(named, ours) if named else None,
                tuple(sorted({pattern for each in ours for pattern in each.patterns})),
            )
        ] += count
    return found


def _in_account(arn: str, account: str) -> str:
    """The ARN in the event's account: masking gave the ids in messages other digits than those of their records."""
    parts_of = arn.split(":", 5)
    return ":".join((*parts_of[:4], account, parts_of[5])) if len(parts_of) == 6 and parts_of[4] else arn


def denied_rows() -> tuple[tuple[str, ...], ...]:
    """The rows of the table of denied messages that the mapping misses; what is redacted names no action."""
    misses = []
    for row in facts("denied_message_actions.tsv"):
        answer = parts().resolver.resolve(Operation(row["eventSource"], row["eventName"]))
        ours = answer.actions if isinstance(answer, Resolved) else ()
        if ours != (row["iam_action"],):
            misses.append((row["eventSource"], row["eventName"], row["iam_action"], ", ".join(ours) or answer.rule))
    return tuple(misses)


def denied_section() -> Section:
    """Actions and resources that AWS itself named when it refused."""
    found = {corpus: denied(corpus) for corpus in CORPORA}
    everything = [each for compared in found.values() for each in compared]
    fits = Counter(each.fit for each in everything if each.fit is not None)
    pairs = {(each.operation, each.named): each.right for each in everything}
    table, misses = facts("denied_message_actions.tsv"), denied_rows()
    return Section(
        "Denied messages",
        "AWS's own word for what it checked. The mapping answers without looking at the message: the action must be "
        "the one that the message names, and the resource equal to ours or covered by it. Account ids are not "
        "compared: masking changed them. Where it is only covered, the record of the denied call has no parameters.",
        ("measured", "right", "of"),
        (
            ("rows of denied_message_actions.tsv", f"{len(table) - len(misses):,}", f"{len(table):,}"),
            ("operation and named action, recorded", f"{sum(pairs.values()):,}", f"{len(pairs):,}"),
            ("resources named, distinct: exact", f"{fits[Fit.EXACT]:,}", f"{fits.total():,}"),
            ("resources named, distinct: covered", f"{fits[Fit.BROADER]:,}", f"{fits.total():,}"),
        ),
        (
            Listing("Rows that differ", ("event source", "event name", "named", "ours"), misses),
            Listing(
                "Recorded messages that name another action",
                ("event source", "event name", "named", "ours"),
                _others(pairs, everything),
            ),
            Listing(
                "Resources that are not exact",
                ("fit", "event source", "event name", "action", "named", "ours"),
                tuple(
                    sorted(
                        {
                            _resource_line(each)
                            for each in everything
                            if each.right and each.fit not in (None, Fit.EXACT)
                        }
                    )
                ),
            ),
        ),
    )


def _others(pairs: dict[tuple[Operation, str], bool], everything: list[Denied]) -> tuple[Line, ...]:
    wrong = {pair for pair, right in pairs.items() if not right}
    lines = {
        (each.operation.source, each.operation.name, each.named, ", ".join(each.ours) or "-")
        for each in everything
        if (each.operation, each.named) in wrong
    }
    return tuple(sorted(lines))


def _resource_line(each: Denied) -> Line:
    kind = each.fit.value if each.fit else ""
    ours = ", ".join(each.patterns) or "-"
    return kind, each.operation.source, each.operation.name, each.named, f"`{each.resource}`", f"`{ours}`"
