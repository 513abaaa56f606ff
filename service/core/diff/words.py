"""What a comparison says, in words: sentences that every rendering of it uses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.core.diff.model import Change, Finding, Kind, PolicyDiff, Relation, Test
from service.core.iam.condition import Quantifier, parse_operator
from service.core.iam.evaluate import Request
from service.core.iam.policy import Condition
from service.core.iam.verdict import Holds, Refuted, Unknown, Verdict, words
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
    return "; the documents say the same" if diff.same_text else "; the documents differ in shape only"


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
    """The requests of a finding, as sentences."""
    if finding.gained is not None:
        yield f"NEW: {request_words(finding.gained)}"
    if finding.lost is not None:
        yield f"no longer: {request_words(finding.lost)}"
    if finding.kept is not None:
        yield f"still: {request_words(finding.kept)}"
    if finding.reason:
        yield f"not known: {shown(finding.reason, 300)}"


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


_FEW = 3


def some_names(names: Sequence[str], few: int = _FEW) -> str:
    """The first few names, and how many others there are."""
    listed = ", ".join(shown(each) for each in names[:few])
    return listed if len(names) <= few else f"{listed} and {len(names) - few:,} more"


def services_words(changes: Sequence[Change], few: int = 8) -> str:
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
    return some_names([each.partition(":")[2] for each in sorted(actions)])


def test_words(test: Test) -> str:
    """A condition with its effect, in words."""
    start = "allowed only if" if test.effect == "Allow" else "denied if"
    return f"{start} {condition_words(test.condition)}"


def condition_words(condition: Condition) -> str:
    """A condition in words, fit to print."""
    operator = parse_operator(condition.operator)
    key = shown(condition.key)
    if operator is None:
        return f"{shown(condition.operator)} {key} {_or(condition)}"
    name = operator.comparison.name
    subject = _SUBJECTS[operator.quantifier].format(key)
    verb = _VERBS.get(name) or _VERBS[name.replace("IgnoreCase", "")] + " in any case"
    if name == "Null":
        return f"{key} is {' or '.join(_NULL.get(each.lower(), shown(each)) for each in condition.values)}"
    return f"{subject} {verb} {_or(condition)}{' (or is not there)' if operator.if_exists else ''}"


def _or(condition: Condition) -> str:
    values = [shown(each) or "(empty)" for each in condition.values[:_MOST_VALUES]]
    more = len(condition.values) - len(values)
    return " or ".join([*values, f"{more} more"] if more else values)


_MOST_VALUES = 8

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
