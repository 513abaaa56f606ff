"""What a comparison says, in words: sentences that every rendering of it uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.core.diff.model import Change, Finding, Kind, PolicyDiff, Relation, ScopeChange, StatementCondition
from service.core.iam.condition import NULL, Quantifier, parse_operator
from service.core.iam.evaluate import Request
from service.core.iam.policy import Condition
from service.core.iam.proving.verdict import Holds, Refuted, Unknown, Verdict, words
from service.core.shown import shown

_RELATIONS = {
    Relation.EQUIVALENT: "EQUIVALENT: the proposed policies allow exactly the requests that the current ones allow",
    Relation.NARROWER: "NARROWER: the proposed policies allow less than the current ones, and nothing that is new",
    Relation.WIDER: "WIDER: the proposed policies allow all that the current ones do, and more",
    Relation.INCOMPARABLE: "INCOMPARABLE: the proposed policies take some access away and give NEW ACCESS",
}


def sentence(diff: PolicyDiff) -> str:
    """The relation of the whole in one sentence."""
    return f"{_RELATIONS.get(diff.relation) or _unknown(diff)}{_addition(diff)}."


def _addition(diff: PolicyDiff) -> str:
    if diff.relation is not Relation.EQUIVALENT:
        return ""
    return (
        "; the documents are the same but for order and Sids"
        if diff.same_text
        else "; the documents differ in shape only"
    )


def _unknown(diff: PolicyDiff) -> str:
    """What is known though the relation is not."""
    match diff.no_new_access, diff.nothing_lost:
        case Refuted(), _:
            return "UNKNOWN: the proposed policies give NEW ACCESS; whether they take any away could not be decided"
        case Holds(), _:
            return "UNKNOWN: the proposed policies give no new access; whether they take any away could not be decided"
        case _, Refuted():
            return "UNKNOWN: the proposed policies take access away; whether they give any could not be decided"
        case _:
            return "UNKNOWN: how the proposed policies compare to the current ones could not be decided"


def remarks(diff: PolicyDiff) -> Iterator[str]:
    """What has to be known about the relation: why it is not, or on which requests for future actions it fails."""
    yield from _remarks("new access", "proposed", diff.no_new_access)
    yield from _remarks("loss of access", "current", diff.nothing_lost)


def _remarks(what: str, side: str, verdict: Verdict) -> Iterator[str]:
    match verdict:
        case Unknown(reason):
            yield f"{what}: {reason}"
        case Holds(_, beyond) if beyond is not None:
            yield (
                f"only the {side} policies would allow actions that AWS may add one day, by a wildcard: "
                f"{request_words(beyond)}"
            )
        case _:
            return


def request_words(request: Request) -> str:
    """The request, fit to print."""
    return shown(words(request), 400)


def examples(finding: Finding) -> Iterator[str]:
    """The requests of a finding, as sentences, and why it is not known."""
    yield from (f"{name}: {request_words(request)}" for name, request in _requests(finding) if request is not None)
    if finding.reason:
        yield f"not known: {shown(finding.reason, 300)}"


def example(finding: Finding) -> tuple[str, Request | None]:
    """The request of a finding that matters most, under its name."""
    return next(((name, request) for name, request in _requests(finding) if request is not None), ("", None))


def _requests(finding: Finding) -> tuple[tuple[str, Request | None], ...]:
    return ("NEW", finding.gained), ("no longer", finding.lost), ("still", finding.kept)


KIND_ORDER = (Kind.REMOVED, Kind.NARROWED, Kind.SAME, Kind.CHANGED, Kind.WIDENED, Kind.ADDED, Kind.UNKNOWN)
"""The order in which people read: what goes, what stays, what is new, what is not known."""

TITLES = {
    Kind.ADDED: "NEW ACCESS: actions that are not allowed today",
    Kind.WIDENED: "NEW ACCESS: actions allowed today, and on more from now on",
    Kind.CHANGED: "NEW ACCESS, and some taken away: actions allowed on other requests than today",
    Kind.UNKNOWN: "UNKNOWN: actions for which it could not be decided",
    Kind.REMOVED: "taken away: actions that will not be allowed at all",
    Kind.NARROWED: "narrowed: actions that will be allowed on less",
    Kind.SAME: "the same: actions allowed exactly as they are today",
}
"""What the kinds mean, as headings."""


ESCALATIONS = {
    Kind.ADDED: "NEW",
    Kind.WIDENED: "WIDENED",
    Kind.CHANGED: "changed",
    Kind.UNKNOWN: "not known",
    Kind.SAME: "still there",
    Kind.NARROWED: "still there, on less",
    Kind.REMOVED: "removed",
}
"""What becomes of a known way to more permissions."""

_FEW = 3


def some_names(names: Sequence[str], few: int = _FEW) -> str:
    """The first few names, and how many others there are."""
    listed = ", ".join(shown(each) for each in names[:few])
    return listed if len(names) <= few else f"{listed} and {len(names) - few:,} more"


def largest_first(changes: Sequence[Change]) -> list[Change]:
    """In the order of their access levels, those of the most actions first."""
    levels = {level: number for number, level in enumerate(dict.fromkeys(each.level for each in changes))}
    return sorted(changes, key=lambda each: (levels[each.level], -len(each.actions), each.service, each.actions))


def services_words(changes: Sequence[Change], few: int = 5) -> str:
    """The services with the most actions, each with a few names."""
    found: dict[str, list[str]] = {}
    for each in changes:
        found.setdefault(each.service, []).extend(each.actions)
    order = sorted(found, key=lambda service: (-len(found[service]), service))
    told = [f"{shown(each)} {len(found[each]):,} ({_names(found[each])})" for each in order[:few]]
    rest = sum(len(found[each]) for each in order[few:])
    more = [f"{len(order) - few:,} more services {rest:,}"] if len(order) > few else []
    return "; ".join(told + more)


def _names(actions: Sequence[str]) -> str:
    return some_names([each.partition(":")[2] for each in sorted(actions)], 2)


def scope_words(change: ScopeChange) -> str:
    """A scope and what becomes of it, fit to print."""
    return f"{shown(str(change.scope))}: {change.finding.kind.value}"


def statement_condition_words(found: StatementCondition) -> str:
    """A condition with its effect, in words."""
    start = "allowed only if" if found.effect == "Allow" else "denied if"
    return f"{start} {condition_words(found.condition)}"


def condition_words(condition: Condition) -> str:
    """A condition in words, fit to print."""
    operator = parse_operator(condition.operator)
    key = shown(condition.key)
    if operator is None:
        return f"{shown(condition.operator)} {key} {_or(condition)}"
    if operator.comparison is NULL:
        return f"{key} is {' or '.join(_NULL.get(each.lower(), shown(each)) for each in condition.values)}"
    subject = _SUBJECTS[operator.quantifier].format(key)
    name = operator.comparison.name.removesuffix(_ANY_CASE)
    any_case = ", in upper or lower case" if operator.comparison.name.endswith(_ANY_CASE) else ""
    exists = " (or is not there)" if operator.if_exists else ""
    return f"{subject} {_VERBS[name]} {_or(condition)}{any_case}{exists}"


def _or(condition: Condition) -> str:
    values = [shown(each) or "(empty)" for each in condition.values[:_MOST_VALUES]]
    more = len(condition.values) - len(values)
    return " or ".join([*values, f"{more} more"] if more else values)


_MOST_VALUES = 8

_ANY_CASE = "IgnoreCase"

_NULL = {"true": "not there", "false": "there"}

_SUBJECTS = {
    Quantifier.ONE_VALUE: "{}",
    Quantifier.FOR_ALL: "every value of {}",
    Quantifier.FOR_ANY: "some value of {}",
}

_VERBS = {
    "StringEquals": "is",
    "StringNotEquals": "is not",
    "StringLike": "is like",
    "StringNotLike": "is not like",
    "NumericEquals": "is",
    "NumericNotEquals": "is not",
    "NumericLessThan": "is less than",
    "NumericLessThanEquals": "is at most",
    "NumericGreaterThan": "is more than",
    "NumericGreaterThanEquals": "is at least",
    "DateEquals": "is",
    "DateNotEquals": "is not",
    "DateLessThan": "is before",
    "DateLessThanEquals": "is at the latest",
    "DateGreaterThan": "is after",
    "DateGreaterThanEquals": "is at the earliest",
    "Bool": "is",
    "BinaryEquals": "is",
    "IpAddress": "is in",
    "NotIpAddress": "is not in",
    "ArnEquals": "is like",
    "ArnLike": "is like",
    "ArnNotEquals": "is not like",
    "ArnNotLike": "is not like",
}
